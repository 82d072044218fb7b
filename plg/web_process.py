"""The WSGI app that a server loads: `plg.web_process:app` (granian, gunicorn)."""

import os

from plg.app import create_app
from plg.kit import memory
from plg.kit.wing import installed_wings

_only = os.environ.get("PLG_ONLY_WING")
app = create_app(wings=[wing for wing in installed_wings() if _only in (None, wing.name)])

memory.settle()
