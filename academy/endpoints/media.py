"""Files of courses on their way out: in parts where a player asks for them, never opened as pages of ours."""

from __future__ import annotations

from flask import Response, request
from werkzeug.wsgi import wrap_file

from academy import course_media
from academy.courses import PublishedCourse
from academy.schemas import CourseFile
from plg.kit.db import db
from plg.kit.errors import NotFound

POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""What a drawing may do that is opened by itself: draw."""


class CourseFileNotFound(NotFound):
    pass


def file_of(published: PublishedCourse, name: str, digest: str | None = None) -> CourseFile:
    """The file of this name, and of this beginning of its SHA-256 where one is given."""
    about = published.course.files.get(name)
    if about is None or (digest is not None and about.digest[:16] != digest):
        raise CourseFileNotFound(f"This course has no such file as {name!r}.")
    return about


def send(about: CourseFile, name: str, *, to_keep: bool = False) -> Response:
    """The file, or the part that was asked for. to_keep: to be saved, even where a page could show it."""
    kind = course_media.media_type(name)
    answer = Response(
        wrap_file(request.environ, course_media.Reader(about, db.engine)),  # type: ignore[arg-type]
        mimetype=kind or "application/octet-stream",
        direct_passthrough=True,
    )
    disposition = "attachment" if kind is None or to_keep else "inline"
    answer.headers.set("Content-Disposition", disposition, filename=name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    answer.content_length = about.size
    answer.set_etag(about.digest)
    answer.make_conditional(request.environ, accept_ranges=True, complete_length=about.size)
    return answer
