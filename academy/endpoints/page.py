"""How the academy's pages are drawn: in the workspace's frame for a signed-in person, else in the plain one."""

from __future__ import annotations

from typing import Any

from flask import render_template

from plg.kit.caller import current_caller


def page(template: str, **context: Any) -> str:
    """The page `templates/academy/<template>`."""
    signed_in = current_caller().kind == "person"
    return render_template(f"academy/{template}", signed_in=signed_in, **context)
