"""`expand[]`: ids in an answer replaced by the objects that they name, up to four levels deep."""

from __future__ import annotations

from typing import Any

from plg.sandbox.stripe.errors import StripeError
from plg.sandbox.stripe.lists import whole
from plg.sandbox.stripe.store import Object, Work, copied

MAX_DEPTH = 4
#: Fields that hold an id and may be expanded, and the kind of object each names.
KINDS = {
    "customer": "customer",
    "product": "product",
    "price": "price",
    "subscription": "subscription",
    "invoice": "invoice",
    "latest_invoice": "invoice",
    "default_payment_method": "payment_method",
    "payment_method": "payment_method",
    "payment_intent": "payment_intent",
    "latest_charge": "charge",
    "charge": "charge",
    "refund": "refund",
    "setup_intent": "setup_intent",
    "schedule": "subscription_schedule",
    "configuration": "billing_portal.configuration",
}


def expand(work: Work, answer: Object, paths: list[str]) -> Object:
    """The answer, or a copy of it with each path (`data.customer`, `latest_invoice`) expanded."""
    answer = copied(answer) if paths else answer
    for path in paths:
        keys = path.split(".")
        if len(keys) > MAX_DEPTH:
            message = f"You cannot expand more than {MAX_DEPTH} levels of a property: {path}"
            raise StripeError(message, param="expand")
        _walk(work, answer, keys, path)
    return answer


def _walk(work: Work, thing: Object, keys: list[str], path: str) -> None:
    if thing.get("object") in ("list", "search_result"):
        if keys[0] != "data":
            raise _cannot(path)
        for item in thing["data"]:
            if keys[1:]:
                _walk(work, item, keys[1:], path)
        return
    inner = _opened(work, thing, keys[0], path)
    if keys[1:] and inner is not None:
        _walk(work, inner, keys[1:], path)


def _opened(work: Work, thing: Object, key: str, path: str) -> Object | None:
    if key not in thing:
        found = _included(work, thing, key)
        if found is None:
            raise _cannot(path)
        thing[key] = found
    value = thing[key]
    if isinstance(value, str) and key in KINDS:
        thing[key] = value = work.find(KINDS[key], value)
    if isinstance(value, list) and key == "tiers":
        return None
    if value is not None and not isinstance(value, dict):
        raise _cannot(path)
    return value


def _included(work: Work, thing: Object, key: str) -> Any:
    """Lists that an object carries only when asked."""
    if (thing.get("object"), key) == ("checkout.session", "line_items"):
        return whole(work.note(thing["id"])["line_items"], f"/v1/checkout/sessions/{thing['id']}/line_items")
    if (thing.get("object"), key) == ("price", "tiers"):
        return work.note(thing["id"]).get("tiers", [])
    if (thing.get("object"), key) == ("customer", "subscriptions"):
        owned = [
            found
            for found in work.newest("subscription")
            if found["customer"] == thing["id"] and found["status"] != "canceled"
        ]
        return whole(owned, f"/v1/customers/{thing['id']}/subscriptions")
    return None


def _cannot(path: str) -> StripeError:
    message = f"This property cannot be expanded ({path})."
    return StripeError(message, code="property_cannot_be_expanded", param="expand")
