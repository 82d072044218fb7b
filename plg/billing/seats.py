"""Seats: how many a subscription pays for, and as which items.

Where a plan has a price of its own and one for each seat beyond those that this includes, they are two items at
Stripe: the plan's, once, and the further seats'. Elsewhere the plan's item is there once for each seat. How many are
included stands on the plan's price at Stripe (`plg_included`), so that an item tells how many seats it stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from plg.billing.gateway import Object
from plg.billing.items import of_plan, of_seats
from plg.billing.models import BillingPrice
from plg.kit.db import db
from plg.plans import catalogue
from plg.plans.catalogue import Plan
from plg.plans.schemas import Price

SEAT = ":seat"
"""Ends the lookup key of what each further seat costs; before it stands that of the plan's price."""
Items = list[dict[str, Any]]


@dataclass(frozen=True)
class Further:
    """included: seats that a plan's price covers. stripe_price_id: what each further one costs."""

    included: int
    stripe_price_id: str


def beside(stripe_price_id: str) -> Further | None:
    """What is sold of seats beside a price of a plan that plg has made; None where nothing is."""
    own, seat = aliased(BillingPrice), aliased(BillingPrice)
    columns = (own.plan_version_id, own.currency, own.interval, seat.stripe_price_id)
    query = select(*columns).join(seat, seat.lookup_key == own.lookup_key + SEAT)
    row = db.session.execute(query.where(own.stripe_price_id == stripe_price_id)).first()
    if row is None:
        return None
    offered = catalogue.plan_version(row[0]).seat_prices
    included = next((price.included for price in offered if price.rhythm == (row[1], row[2])), 0)
    return Further(included, row[3])


def cost(plan: Plan, price: Price, seats: int) -> int:
    """What so many seats cost a period, in the minor unit. A price that speaks of no seats is paid for each, too."""
    return plan.fixed_cost(price, seats) if plan.seat_price(price) else price.amount * seats


def to_go_on_with(plan: Plan, price: Price, asked: int | None, *, before: Plan, has: int) -> int:
    """How many seats are bought of a plan by who `has` so many of the one `before` and asks for so many (None: as
    now): not fewer than it includes. A plan without seats is there once for who comes from one that has them."""
    further = plan.seat_price(price)
    if further is not None:
        return max(asked or has, further.included)
    if asked is None and before.seat_prices and not price.seat:
        return 1
    return asked or has


def lines(stripe_price_id: str, seats: int) -> Items:
    """What so many seats are, as prices with quantities: the plan's first."""
    further = beside(stripe_price_id)
    if further is None:
        return [{"price": stripe_price_id, "quantity": seats}]
    left = seats - further.included
    return [
        {"price": stripe_price_id, "quantity": 1},
        *([{"price": further.stripe_price_id, "quantity": left}] if left > 0 else []),
    ]


def changed(subscription: Object, stripe_price_id: str, seats: int) -> Items:
    """The changes of a subscription's items that make it so many seats of a plan's price."""
    plan, *further = lines(stripe_price_id, seats)
    has = of_seats(subscription)
    if has is not None:
        further = [each | {"id": has["id"]} for each in further] or [{"id": has["id"], "deleted": True}]
    return [plan | {"id": of_plan(subscription)["id"]}, *further]


def as_paid(subscription: Object) -> Items:
    """The items of a subscription that pay for its plan and its seats, as prices with quantities."""
    both = [of_plan(subscription), of_seats(subscription)]
    return [{"price": each["price"]["id"], "quantity": each["quantity"]} for each in both if each]


def paid(subscription: Object) -> int:
    """How many seats a subscription pays for."""
    item, further = of_plan(subscription), of_seats(subscription)
    more = further["quantity"] if further else 0
    included = (item["price"].get("metadata") or {}).get("plg_included")
    return int(included) + more if included is not None else item.get("quantity", 1) + more


def amount(subscription: Object) -> int:
    """What plan and seats cost a period, in the minor unit."""
    both = [of_plan(subscription), of_seats(subscription)]
    return sum(each["price"]["unit_amount"] * each.get("quantity", 1) for each in both if each)


def planned(items: Items) -> tuple[str, int]:
    """The plan's price in a coming phase, whose items these are, and how many seats there are then."""
    plan = items[0]
    further = beside(plan["price"])
    if further is None:
        return plan["price"], plan.get("quantity", 1)
    more = sum(each.get("quantity", 1) for each in items if each["price"] == further.stripe_price_id)
    return plan["price"], further.included + more
