"""Prices: what the catalogue sells, made at Stripe once for each version of a plan.

A price is found again by its lookup key: `plg:<plan>:<version>:<interval>:<currency>`, with `:seat` behind it where
it is of seats beyond those that the plan's own price includes. Prices at Stripe never change their amount, just as
versions of plans never change here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select

from plg.billing import gateway
from plg.billing.gateway import Object
from plg.billing.models import BillingPrice
from plg.billing.seats import SEAT
from plg.kit.db import db, insert
from plg.kit.errors import Conflict
from plg.plans import catalogue
from plg.plans.catalogue import Plan, texts
from plg.plans.schemas import Price
from plg.usage import paywall

KEYS_A_REQUEST = 10  # of lookup keys, at most


class NotForSale(Conflict):
    """The plan has no such price."""


def choose(plan: Plan, interval: str | None = None, currency: str | None = None) -> Price:
    """The plan's first price with this interval and currency (None: any)."""
    for price in plan.prices:
        if interval in (None, price.interval) and currency in (None, price.currency):
            return price
    raise NotForSale(f"The plan {plan.key!r} cannot be bought like this.")


def for_account(account_id: int, plan: Plan, interval: str | None = None) -> Price:
    """What an account that pays nothing yet would pay for a plan: in its own currency, where the plan has a price in
    that."""
    price = plan.price(paywall.currency_of(account_id), interval)
    if price is None:
        raise NotForSale(f"The plan {plan.key!r} cannot be bought like this.")
    return price


def lookup_key(plan: Plan, price: Price) -> str:
    key = f"plg:{plan.key}:{plan.version}:{price.interval}:{price.currency}"
    return key + SEAT if price in plan.seat_prices else key


def ensure(plan: Plan, price: Price) -> str:
    """The id at Stripe of a plan's price, made there if need be, and before it that of its further seats. Talks to
    Stripe, and commits what it learns."""
    further = plan.seat_price(price)
    if further is not None and further != price:
        ensure(plan, further)
    key = lookup_key(plan, price)
    kept = db.session.get(BillingPrice, key)
    db.session.commit()
    if kept is not None:
        return kept.stripe_price_id
    told = {"plg_plan": plan.key, "plg_version": str(plan.version), **_about_seats(plan, price)}
    stripe_price_id = at_stripe(key, price, ensure_product(plan), told)
    row = {"lookup_key": key, "stripe_price_id": stripe_price_id, "plan_version_id": plan.version_id}
    row |= {"amount": price.amount, "currency": price.currency, "interval": price.interval}
    db.session.execute(insert(BillingPrice).values(row).on_conflict_do_nothing())
    db.session.commit()
    return stripe_price_id


def at_stripe(key: str, price: Price, product: str, metadata: Mapping[str, str]) -> str:
    """The id of the price with this lookup key, made at Stripe if need be."""
    stripe = gateway.current()
    for found in stripe.prices([key]):
        if is_same(found, price, product):
            return str(found["id"])
    params = {
        "product": product,
        "unit_amount": price.amount,
        "currency": price.currency,
        "recurring": {"interval": price.interval},
        "lookup_key": key,
        "transfer_lookup_key": True,
        "metadata": metadata,
    }
    return str(stripe.create_price(params, f"{key}:{price.amount}")["id"])


def _about_seats(plan: Plan, price: Price) -> dict[str, str]:
    """What tells an item of further seats from the plan's own, and there how many seats it includes."""
    further = plan.seat_price(price)
    if further is None:
        return {}
    return {"plg_seats": "further"} if further == price else {"plg_included": str(further.included)}


def _all_of(plan: Plan) -> list[Price]:
    return [*plan.prices, *plan.seat_prices]


def is_same(found: Object, price: Price, product: str) -> bool:
    """Whether a price at Stripe is the one wanted: another installation may have used its lookup key."""
    wanted = (price.amount, price.currency, price.interval, 1, product)
    rhythm = found.get("recurring") or {}
    count = rhythm.get("interval_count")
    return wanted == (
        found["unit_amount"],
        found["currency"],
        rhythm.get("interval"),
        count,
        found["product"],
    )


def ensure_product(plan: Plan) -> str:
    """The plan's product at Stripe, made if need be, named as the plan is named now."""
    return have_product(product_id(plan), texts(plan.name, "en", plan.key), {"plg_plan": plan.key})


def have_product(product: str, name: str, metadata: dict[str, str]) -> str:
    """A product at Stripe with this id and name, made or renamed if need be."""
    stripe = gateway.current()
    found = stripe.product(product)
    if found is None:
        stripe.create_product({"id": product, "name": name, "metadata": metadata})
    elif found["name"] != name or not found["active"]:
        stripe.update_product(product, {"name": name, "active": True})
    return product


def forget(stripe_price_id: str) -> None:
    """The price is gone at Stripe: who buys the plan next makes another, and one of its seats. Does not commit."""
    gone = db.session.scalar(
        select(BillingPrice.lookup_key).where(BillingPrice.stripe_price_id == stripe_price_id)
    )
    if gone is not None:
        db.session.execute(delete(BillingPrice).where(BillingPrice.lookup_key.in_([gone, gone + SEAT])))


def sync() -> int:
    """Make every price of the live catalogue at Stripe. Returns how many were new here."""
    wanted = [(plan, price) for plan in catalogue.paid_plans() for price in _all_of(plan)]
    known = set(db.session.scalars(select(BillingPrice.lookup_key)))
    db.session.commit()
    missing = {lookup_key(*each): each for each in reversed(wanted) if lookup_key(*each) not in known}
    for plan, price in missing.values():
        ensure(plan, price)
    return len(missing)


def product_id(plan: Plan) -> str:
    """The id at Stripe of a plan's product: one for all its versions."""
    return f"plg_{plan.key}"


def on_sale() -> dict[str, list[str]]:
    """The prices of the live catalogue that exist at Stripe, by product, cheapest plan first."""
    known = {row.lookup_key: row.stripe_price_id for row in db.session.scalars(select(BillingPrice))}
    found: dict[str, list[str]] = {}
    for plan in catalogue.paid_plans():
        keys = dict.fromkeys(lookup_key(plan, price) for price in plan.prices)
        if ids := [known[key] for key in keys if key in known]:
            found[product_id(plan)] = ids
    return found


def plan_version_of(price: Object) -> int | None:
    """The version of a plan that a price at Stripe stands for.

    Prices that somebody made in Stripe's dashboard name their plan in the metadata key `plg_plan`."""
    known = version_of_id(price["id"])
    if known is not None:
        return known
    plan = catalogue.published().plans.get(price.get("metadata", {}).get("plg_plan", ""))
    return plan.version_id if plan else None


def version_of_id(stripe_price_id: str) -> int | None:
    """The version of a plan that a price stands for which plg itself has made."""
    query = select(BillingPrice.plan_version_id).where(BillingPrice.stripe_price_id == stripe_price_id)
    return db.session.scalar(query)


@dataclass(frozen=True)
class PriceState:
    """How a price of the live catalogue stands at Stripe. state: same, missing, differs; why: what differs."""

    lookup_key: str
    state: str
    why: str = ""


@dataclass(frozen=True)
class Sold:
    """What is to be at Stripe: a price, and its product with its name."""

    price: Price
    product: str
    name: str


def compare() -> list[PriceState]:
    """Every price of the live catalogue against Stripe, in the catalogue's order. Changes nothing."""
    return states(
        {
            lookup_key(plan, price): Sold(price, product_id(plan), texts(plan.name, "en", plan.key))
            for plan in catalogue.paid_plans()
            for price in _all_of(plan)
        }
    )


def states(wanted: Mapping[str, Sold]) -> list[PriceState]:
    """How prices stand at Stripe, by their lookup keys. Talks to Stripe, and ends the transaction."""
    db.session.commit()
    found = by_key(gateway.current().prices, wanted)
    return [_state(key, sold, found.get(key)) for key, sold in wanted.items()]


def by_key(ask: Callable[[list[str]], Sequence[Object]], keys: Iterable[str]) -> dict[str, Object]:
    """The prices at Stripe that have these lookup keys."""
    wanted, found = list(keys), dict[str, Object]()
    for start in range(0, len(wanted), KEYS_A_REQUEST):
        found |= {each["lookup_key"]: each for each in ask(wanted[start : start + KEYS_A_REQUEST])}
    return found


def _state(key: str, sold: Sold, found: Object | None) -> PriceState:
    price = sold.price
    if found is None:
        return PriceState(key, "missing")
    if not is_same(found, price, sold.product):
        said = f"{found['unit_amount']} {found['currency']} for {found['product']}"
        return PriceState(key, "differs", f"{said}, here {price.amount} {price.currency} for {sold.product}")
    product = gateway.current().product(sold.product)
    if product is None or product["name"] != sold.name or not product["active"]:
        said = f"the product is {(product or {}).get('name')!r}, here {sold.name!r}"
        return PriceState(key, "differs", said)
    return PriceState(key, "same")
