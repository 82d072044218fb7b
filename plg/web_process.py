"""The WSGI app that a server loads: `plg.web_process:app` (granian, gunicorn)."""

import os
from typing import TYPE_CHECKING

from plg.kit import memory

if TYPE_CHECKING:
    from plg.app import Plg


def _app() -> "Plg":
    from plg.app import create_app
    from plg.kit.wing import installed_wings

    only = os.environ.get("PLG_ONLY_WING")
    return create_app(wings=[wing for wing in installed_wings() if only in (None, wing.name)])


memory.begin()
app = _app()
memory.settle()
