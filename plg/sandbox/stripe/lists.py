"""Lists: newest first, paged by the id of the last one seen, filtered by `created` and the like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plg.sandbox.stripe.errors import no_such
from plg.sandbox.stripe.store import Object
from plg.sandbox.stripe.wire import Either, Fields, Integer, Many, Shape, Text

EXPAND = Many(Text())
RANGE = Either(Integer(), Fields({bound: Integer() for bound in ("gt", "gte", "lt", "lte")}))
_TESTS: dict[str, Callable[[int, int], bool]] = {
    "gt": int.__gt__,
    "gte": int.__ge__,
    "lt": int.__lt__,
    "lte": int.__le__,
}


def list_fields(**filters: Shape) -> Fields:
    """The parameters of a list: the four of every list, and filters of its own."""
    pages: dict[str, Shape] = {
        "limit": Integer(1, 100),
        "starting_after": Text(),
        "ending_before": Text(),
        "expand": EXPAND,
    }
    return Fields({**pages, **filters})


def in_range(moment: int, wanted: Any) -> bool:
    """Whether a time meets `created=…` or `created[gte]=…`; None means any."""
    if wanted is None:
        return True
    if isinstance(wanted, int):
        return moment == wanted
    return all(_TESTS[bound](moment, limit) for bound, limit in wanted.items())


def matches(thing: Object, params: Object, names: tuple[str, ...]) -> bool:
    """Whether the object has the asked value in each of these fields (fields not asked for pass)."""
    return all(name not in params or thing[name] == params[name] for name in names)


def page(kind: str, things: list[Object], params: Object, url: str) -> Object:
    """One page of things (given newest first), as Stripe's list object; 404 for a foreign cursor."""
    limit = params.get("limit", 10)
    if "starting_after" in params:
        start = _place(kind, things, params["starting_after"], "starting_after") + 1
        chosen, more = things[start : start + limit], len(things) > start + limit
    elif "ending_before" in params:
        end = _place(kind, things, params["ending_before"], "ending_before")
        chosen, more = things[max(0, end - limit) : end], end > limit
    else:
        chosen, more = things[:limit], len(things) > limit
    return {"object": "list", "data": chosen, "has_more": more, "url": url}


def _place(kind: str, things: list[Object], object_id: str, param: str) -> int:
    for place, thing in enumerate(things):
        if thing["id"] == object_id:
            return place
    raise no_such(kind, object_id, param)


def whole(things: list[Object], url: str) -> Object:
    """A list inside an object, with everything on one page."""
    return {"object": "list", "data": things, "has_more": False, "url": url}
