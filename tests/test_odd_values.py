"""What no database keeps and nobody means: every door of the house answers it, and none breaks."""

from urllib.parse import quote

import pytest

from plg.kit.db import db
from tests.support.doors import UNSAFE, Door, doors, filled
from tests.support.visitors import KINDS, Visitor, a_customer, visitor

NUL = "a\0b"
HUGE = "9" * 30
LONG = "x" * 5000
NAMES = ("account", "person", "q", "before", "limit", "from", "to", "name", "feature", "next", "code", "data")
FIELDS = (
    "email",
    "password",
    "company",
    "role",
    "plan",
    "course",
    "person",
    "feature",
    "note",
    "answer",
    "kind",
)
DEEP = "[" * 100_000


@pytest.mark.parametrize("kind", KINDS)
def test_no_door_breaks_at_odd_values(app, kind):
    with app.app_context():
        ours = a_customer("ours", "Our Own Company")
        db.session.commit()
    who = visitor(app, kind, ours)

    broken = [
        f"{door} {path[:80]}: {status}"
        for door in doors(app)
        if kind in (door.kinds or {kind}) and door.endpoint != "sign_in.logout"
        for path, status in _answers(who, door)
        if status >= 500
    ]

    assert not broken


def _answers(who: Visitor, door: Door):
    """The status of each odd request, by the path that it went to."""
    for value in (NUL, HUGE, LONG):
        path = (filled(door, value) if door.variables else None) or door.path
        if door.method not in UNSAFE:
            query = "&".join(f"{name}={quote(value)}" for name in NAMES)
            yield f"{path}?{query}", who.open(door.method, f"{path}?{query}").status_code
            continue
        fields = dict.fromkeys((*NAMES, *FIELDS), value)
        yield path, who.open(door.method, path, data=fields).status_code
        yield path, who.open(door.method, path, json=fields | {"answers": [], "sequence": 10**30}).status_code
        yield path, who.open(door.method, path, data=DEEP, content_type="application/json").status_code
