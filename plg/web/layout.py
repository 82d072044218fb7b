"""What every page is given: the product's name, the addresses of static files, the navigation, the reader."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Flask, Response, request, url_for
from flask_babel import gettext

from plg.kit.wing import NavItem
from plg.web.pages.reader import initials, reader
from plg.web.times import clock, day, moment

STATIC = Path(__file__).parent / "static"


@functools.lru_cache(maxsize=64)
def _digest(path: Path, _changed_ns: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """The address of a static file, with a digest of its content, so that it may be cached for good."""
    path = STATIC / name
    return url_for("static", filename=name, v=_digest(path, path.stat().st_mtime_ns))


def init_layout(app: Flask, *, product_name: str, nav: Sequence[NavItem] = ()) -> None:
    """Give the templates `product_name`, `asset(name)`, `nav(area, …)`, `reader()` and the filters `initials`,
    `day`, `clock` and `moment`."""
    app.jinja_env.globals.update(asset=asset, reader=reader)
    app.jinja_env.filters |= {"initials": initials, "day": day, "clock": clock, "moment": moment}
    app.after_request(_keep_assets)
    app.context_processor(lambda: {"product_name": product_name, "nav": functools.partial(nav_items, nav)})


def _keep_assets(response: Response) -> Response:
    if request.endpoint == "static" and "v" in request.args:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def nav_items(nav: Sequence[NavItem], area: str, **about: Any) -> list[dict[str, Any]]:
    """The links of one area (`staff`, `workspace`), the page's own marked as current. about: what the links of an
    area are about, such as `any_id` of the person in `staff_person`."""
    items = [
        {
            "url": url_for(item.endpoint, **about),
            "label": gettext(item.label),
            "icon": getattr(item, "icon", ""),
        }
        for item in nav
        if item.area == area
    ]
    inside = [item for item in items if f"{request.path}/".startswith(f"{item['url'].rstrip('/')}/")]
    current = max(inside, key=lambda item: len(item["url"]), default=None)
    return [item | {"current": item is current} for item in items]
