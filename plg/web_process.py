"""The WSGI app that a server loads: `plg.web_process:app` (granian, gunicorn)."""

import gc
import os

from plg.app import create_app
from plg.kit.wing import installed_wings

_only = os.environ.get("PLG_ONLY_WING")
app = create_app(wings=[wing for wing in installed_wings() if _only in (None, wing.name)])

# The app lives as long as the process: a full collection that looked at all of it again took a tenth of a second.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)
