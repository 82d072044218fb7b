"""How the academy's pages are drawn: in the workspace's frame for a signed-in person, else in the plain one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import render_template
from markupsafe import Markup
from sqlalchemy import select

from plg.access.models import StaffMember
from plg.kit.caller import current_caller
from plg.kit.db import db


def page(template: str, **context: Any) -> str:
    """The page `templates/academy/<template>`."""
    signed_in = current_caller().kind == "person"
    return render_template(f"academy/{template}", signed_in=signed_in, **context)


def marked(value: Any, name: str = "") -> Any:
    """What `shown` tells, with its HTML as such for templates: it was made safe when it was published."""
    if isinstance(value, dict):
        return {key: marked(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [marked(inner, name) for inner in value]
    return Markup(value) if isinstance(value, str) and name.endswith("html") else value


def named_actors(actors: Iterable[str]) -> dict[str, str]:
    """How pages call those who did something: staff by their names, all others as the record has them."""
    wanted = set(actors)
    ids = [int(actor.removeprefix("staff:")) for actor in wanted if actor.startswith("staff:")]
    names = db.session.execute(select(StaffMember.id, StaffMember.name).where(StaffMember.id.in_(ids)))
    return {actor: actor for actor in wanted} | {f"staff:{staff}": name for staff, name in names}
