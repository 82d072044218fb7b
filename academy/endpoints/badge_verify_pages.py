"""The page that checks a badge: a picture or a JSON file, in the hands of somebody who need not be signed in."""

from __future__ import annotations

from flask import Blueprint, request

from academy.badges import parsing, verdict
from academy.endpoints.page import page
from plg.kit.caller import requires
from plg.kit.rate_limits import limiter

bp = Blueprint("academy_badge_verify", __name__)


@bp.get("/verify/badge")
@requires("anonymous", "person", "staff")
@limiter.limit("120/minute")
def ask() -> str:
    """A form for the file, or for the text that it holds."""
    return page("verify_badge.html", verdict=None, missing=False)


@bp.post("/verify/badge")
@requires("anonymous", "person", "staff")
@limiter.limit("30/minute")
def check() -> str | tuple[str, int]:
    """What the badge is worth now. It is not kept."""
    file = request.files.get("file")
    content = file.read(parsing.LARGEST_FILE + 1) if file else b""
    content = content or request.form.get("credential", "").strip().encode()
    if not content:
        return page("verify_badge.html", verdict=None, missing=True), 422
    return page("verify_badge.html", verdict=verdict.judge(content), missing=False)
