"""Items of a subscription at Stripe: one is the plan's, the others are paid for by what was used."""

from __future__ import annotations

from plg.billing.gateway import Object


def of_plan(subscription: Object) -> Object:
    """The item that the plan is paid with; the first, where none is marked otherwise."""
    data: list[Object] = subscription["items"]["data"]
    return next((item for item in data if not is_use(item)), data[0])


def of_use(subscription: Object) -> list[Object]:
    """The items that are paid for by what was used."""
    return [item for item in subscription["items"]["data"] if is_use(item)]


def is_use(item: Object) -> bool:
    return bool((item["price"]["recurring"] or {}).get("usage_type") == "metered")
