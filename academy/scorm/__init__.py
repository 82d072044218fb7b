"""SCORM 1.2 at run time: content of packages in a frame, and what it tells of its learner, kept on the server.

`data_model` is what SCORM lets content say, `runs` keep it, `packages` hand out the files of a kept package, `passes`
are the signed addresses at which one learner's browser finds them for some hours. The content runs on an origin of
its own (`content_url`) or, without one, in a sandbox that has none; its API is `static/scorm-runtime.js`.
"""
