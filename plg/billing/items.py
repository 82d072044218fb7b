"""Items of a subscription at Stripe: one is the plan's, one may be of further seats, the others are add-ons or paid
by what was used."""

from __future__ import annotations

from plg.billing.gateway import Object


def of_plan(subscription: Object) -> Object:
    """The item that the plan is paid with; the first, where none is marked otherwise."""
    data: list[Object] = subscription["items"]["data"]
    return next(
        (item for item in data if not is_use(item) and not add_on_of(item) and not is_seats(item)), data[0]
    )


def of_seats(subscription: Object) -> Object | None:
    """The item of the seats beyond those that the plan includes, where there are such."""
    return next((item for item in subscription["items"]["data"] if is_seats(item)), None)


def is_seats(item: Object) -> bool:
    return "plg_seats" in (item["price"].get("metadata") or {})


def of_use(subscription: Object) -> list[Object]:
    """The items that are paid for by what was used."""
    return [item for item in subscription["items"]["data"] if is_use(item)]


def is_use(item: Object) -> bool:
    return bool((item["price"]["recurring"] or {}).get("usage_type") == "metered")


def of_add_ons(subscription: Object) -> dict[str, Object]:
    """The items of add-ons, by the add-on's key."""
    return {key: item for item in subscription["items"]["data"] if (key := add_on_of(item))}


def add_on_of(item: Object) -> str:
    """The key of the add-on that an item pays for; empty where it pays for something else."""
    return str((item["price"].get("metadata") or {}).get("plg_add_on", ""))
