"""Changing the items of a running subscription, and what the change costs for the rest of the period.

Stripe's rule, as recorded from its test mode: with f the unused share of the period in seconds, the old
item is credited floor(-f · old · quantity) and the new one debited floor(f · new · quantity); the whole
item, not the difference; items that stay as they are make no lines.
"""

from __future__ import annotations

from plg.sandbox.stripe.errors import StripeError, no_such
from plg.sandbox.stripe.resources import invoices, metered_prices, subscriptions
from plg.sandbox.stripe.store import Object, Work

Period = tuple[int, int]


def credit(price: int, quantity: int, period: Period, at: int) -> int:
    """What the unused rest of an item gives back (zero or negative)."""
    start, end = period
    return -(end - at) * price * quantity // (end - start)


def debit(price: int, quantity: int, period: Period, at: int) -> int:
    """What the rest of the period costs with an item."""
    start, end = period
    return (end - at) * price * quantity // (end - start)


def change_items(work: Work, subscription: Object, changes: list[Object], behavior: str, at: int) -> Object:
    """Apply item changes; `behavior` is Stripe's `proration_behavior`. Keeps and announces the result."""
    old = {item["id"]: item for item in subscription["items"]["data"]}
    new = _changed(work, subscription, old, changes)
    if not new:
        raise StripeError("A subscription must have at least one active plan.", param="items")
    if len({_rhythm(item) for item in new.values() if _ahead(item)}) > 1:
        raise StripeError("The sandbox bills all items that are paid ahead in one interval.", param="items")
    before = list(old.values())
    subscription["items"]["data"] = list(new.values())
    if subscription["status"] == "trialing":
        return work.change(subscription, "customer.subscription.updated")
    used = _used_of_gone(work, subscription, old, new)
    if _rhythm(before[0]) != _rhythm(next(filter(_ahead, new.values()), before[0])):
        waiting = work.note(subscription["id"]).get("pending_lines", [])
        work.annotate(subscription["id"], pending_lines=waiting + used)
        return _new_rhythm(work, subscription, before, behavior, at)
    lines = [] if behavior == "none" else _lines(work, old, new, at)
    lines += used
    if behavior == "always_invoice" and lines:
        return subscriptions.charge(work, subscription, lines, "subscription_update")
    waiting = work.note(subscription["id"]).get("pending_lines", [])
    work.annotate(subscription["id"], pending_lines=waiting + lines)
    return work.change(subscription, "customer.subscription.updated")


def _changed(
    work: Work, subscription: Object, old: dict[str, Object], changes: list[Object]
) -> dict[str, Object]:
    new = {key: dict(item) for key, item in old.items()}
    first = next(iter(old.values()))
    period = (first["current_period_start"], first["current_period_end"])
    for number, change in enumerate(changes):
        where = f"items[{number}]"
        if "id" not in change:
            price = recurring_price(work, change.get("price"), f"{where}[price]")
            own = period
            if _rhythm({"price": price}) != _rhythm(first):
                own = (work.now, subscriptions.boundary_after(subscription, price, work.now))
            item = subscriptions.new_item(work, subscription["id"], price, change.get("quantity", 1), own)
        elif change["id"] not in new:
            raise no_such("subscription_item", change["id"], f"{where}[id]")
        else:
            item = new[change["id"]]
        if change.get("deleted"):
            new.pop(item["id"])
            continue
        if "price" in change:
            item["price"] = recurring_price(work, change["price"], f"{where}[price]")
        if not metered_prices.is_metered(item):
            item["quantity"] = change.get("quantity", item.get("quantity", 1))
        new[item["id"]] = item
    return new


def recurring_price(work: Work, price_id: str | None, param: str) -> Object:
    """The active recurring price of an item, or Stripe's refusal."""
    if price_id is None:
        raise StripeError(f"Missing required param: {param}.", code="parameter_missing", param=param)
    price = work.need("price", price_id, param)
    if not price["active"]:
        message = f"The price specified is inactive. This field only accepts active prices. ({price_id})"
        raise StripeError(message, param=param)
    if price["recurring"] is None:
        message = "The price is set to `type=one_time` but this field only accepts `type=recurring`."
        raise StripeError(message, param=param)
    return price


def _rhythm(item: Object) -> tuple[str, int]:
    recurring = item["price"]["recurring"]
    return recurring["interval"], recurring["interval_count"]


def _lines(work: Work, old: dict[str, Object], new: dict[str, Object], at: int) -> list[Object]:
    lines = []
    for key in {**old, **new}:
        gone, come = _ahead(old.get(key)), _ahead(new.get(key))
        if gone and come and _same(gone, come):
            continue
        if gone:
            lines.append(_line(work, gone, at, back=True))
        if come:
            lines.append(_line(work, come, at, back=False))
    return lines


def _ahead(item: Object | None) -> Object | None:
    """The item, if it is paid ahead and so can be prorated."""
    return None if item is None or metered_prices.is_metered(item) else item


def _used_of_gone(
    work: Work, subscription: Object, old: dict[str, Object], new: dict[str, Object]
) -> list[Object]:
    """What was used until now of metered items that are taken away; paid with the invoice of the change."""
    gone = [item for key, item in old.items() if key not in new and metered_prices.is_metered(item)]
    return [metered_prices.line_of(work, subscription, item, work.now) for item in gone]


def _same(one: Object, other: Object) -> bool:
    return (one["price"]["id"], one["quantity"]) == (other["price"]["id"], other["quantity"])


def _line(work: Work, item: Object, at: int, *, back: bool) -> Object:
    period = (item["current_period_start"], item["current_period_end"])
    at = min(max(at, period[0]), period[1])
    price = item["price"]
    amount = (credit if back else debit)(price["unit_amount"], item["quantity"], period, at)
    name = work.need("product", price["product"])["name"]
    words = ("Unused time on " if back else "Remaining time on ") + f"{item['quantity']} × {name}"
    return invoices.line(item, amount, words, (at, period[1]), proration=True)


def _new_rhythm(work: Work, subscription: Object, before: list[Object], behavior: str, at: int) -> Object:
    """From months to years or back: the period starts anew now, and is billed at once."""
    ahead = [] if behavior == "none" else [item for item in before if _ahead(item)]
    credits = [_line(work, item, at, back=True) for item in ahead]
    waiting = work.note(subscription["id"]).get("pending_lines", [])
    work.annotate(subscription["id"], pending_lines=waiting + credits)
    subscription["billing_cycle_anchor"] = work.now
    return subscriptions.bill_period(work, subscription, "subscription_update", work.now)
