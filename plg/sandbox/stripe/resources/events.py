"""Events: what happened, kept for 30 days, whether or not a webhook told of it."""

from __future__ import annotations

from collections.abc import Mapping

from plg.sandbox.stripe.lists import EXPAND, RANGE, in_range, list_fields, page
from plg.sandbox.stripe.operation import Operation
from plg.sandbox.stripe.store import Object, Work
from plg.sandbox.stripe.wire import Boolean, Fields, Many, Text

KEPT = 30 * 86400  # seconds


def _list(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    names = params.get("types", [params["type"]] if "type" in params else None)
    found = [
        event
        for event in work.newest("event")
        if event["created"] > work.now - KEPT
        and (names is None or event["type"] in names)
        and params.get("delivery_success") in (None, event["pending_webhooks"] == 0)
        and in_range(event["created"], params.get("created"))
    ]
    return page("event", found, params, "/v1/events")


_LIST = list_fields(type=Text(), types=Many(Text(), 20), delivery_success=Boolean(), created=RANGE)
OPERATIONS = (
    Operation("GET", "/v1/events", _list, _LIST),
    Operation(
        "GET",
        "/v1/events/{id}",
        lambda work, ids, params: work.need("event", ids["id"]),
        Fields({"expand": EXPAND}),
    ),
)
