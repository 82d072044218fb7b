"""Prices of add-ons, made at Stripe once for each amount and for what is given for it.

A price is found again by its lookup key: `plg:add-on:<add-on>:<interval>:<currency>:<digest>`, whose digest is of the
amount and of what one of the add-on gives. So another version of the catalogue that leaves an add-on as it is makes
no new price, and who bought one keeps what it gave."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from plg.billing import prices
from plg.billing.add_ons.models import AddOnPrice
from plg.billing.prices import NotForSale, PriceState
from plg.kit import versions
from plg.kit.db import db, insert
from plg.plans import catalogue
from plg.plans.catalogue import texts
from plg.plans.schemas import AddOn, Price

DIGITS = 12  # of the digest


@dataclass(frozen=True)
class Wanted:
    """A price of an add-on that a version of the catalogue asks for."""

    key: str
    add_on: AddOn
    price: Price
    catalogue_version_id: int

    @property
    def lookup_key(self) -> str:
        gives: dict[str, Any] = {"amount": self.price.amount, "features": dict(self.add_on.features)}
        place = f"plg:add-on:{self.key}:{self.price.interval}:{self.price.currency}"
        return f"{place}:{versions.digest(gives)[:DIGITS]}"

    @property
    def product_id(self) -> str:
        return f"plg-add-on-{self.key}"

    @property
    def name(self) -> str:
        return texts(self.add_on.name, "en", self.key)


def on_sale(interval: str | None = None, currency: str | None = None) -> list[Wanted]:
    """The prices of the live catalogue's add-ons, of one interval and currency or of all."""
    live = catalogue.published()
    return [
        Wanted(key, add_on, price, live.version_id)
        for key, add_on in live.catalogue.add_ons.items()
        for price in add_on.prices
        if interval in (None, price.interval) and currency in (None, price.currency)
    ]


def choose(key: str, interval: str, currency: str) -> Wanted:
    """The live price of an add-on, in the rhythm and the currency of a subscription. Refusals: `PlanNotFound`,
    `NotForSale`."""
    catalogue.add_on(catalogue.published().version_id, key)
    found = [each for each in on_sale(interval, currency) if each.key == key]
    if not found:
        raise NotForSale(f"The add-on {key!r} has no price in {currency} by the {interval}.")
    return found[0]


def ensure(wanted: Wanted) -> str:
    """The id at Stripe of a price, made there if need be. Talks to Stripe, and commits what it learns."""
    kept = db.session.get(AddOnPrice, wanted.lookup_key)
    db.session.commit()
    if kept is not None:
        return kept.stripe_price_id
    told = {"plg_add_on": wanted.key}
    product = prices.have_product(wanted.product_id, wanted.name, told)
    stripe_price_id = prices.at_stripe(wanted.lookup_key, wanted.price, product, told)
    row: dict[str, Any] = {"lookup_key": wanted.lookup_key, "stripe_price_id": stripe_price_id}
    row |= {"add_on": wanted.key, "catalogue_version_id": wanted.catalogue_version_id}
    db.session.execute(insert(AddOnPrice).values(row).on_conflict_do_nothing())
    db.session.commit()
    return stripe_price_id


def sync() -> int:
    """Make every price of the live add-ons at Stripe. Returns how many were new here."""
    known = set(db.session.scalars(select(AddOnPrice.lookup_key)))
    missing = [each for each in on_sale() if each.lookup_key not in known]
    db.session.commit()
    for each in missing:
        ensure(each)
    return len(missing)


def compare() -> list[PriceState]:
    """Every price of the live add-ons against Stripe. Changes nothing."""
    return prices.states(
        {each.lookup_key: prices.Sold(each.price, each.product_id, each.name) for each in on_sale()}
    )


def of_ids(stripe_price_ids: Iterable[str]) -> dict[str, AddOnPrice]:
    """The prices that plg itself has made among these, by their id at Stripe."""
    mine = select(AddOnPrice).where(AddOnPrice.stripe_price_id.in_(list(stripe_price_ids)))
    return {row.stripe_price_id: row for row in db.session.scalars(mine)}
