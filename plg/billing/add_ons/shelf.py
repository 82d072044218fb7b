"""The shelf: each add-on, what one costs in the rhythm that an account pays in, and how many it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plg.billing.add_ons import prices
from plg.billing.models import BillingSubscription
from plg.plans import catalogue
from plg.plans.schemas import AddOn


@dataclass(frozen=True)
class Offered:
    """An add-on, for one account. quantity: how many it has; next_quantity: once the period is over. amount: what one
    costs a period, in the currency's minor unit; None where it is not for sale as the account pays."""

    key: str
    name: Mapping[Any, str]
    features: Mapping[str, int]
    quantity: int
    next_quantity: int
    amount: int | None
    currency: str | None
    interval: str | None


def of(running: BillingSubscription | None) -> list[Offered]:
    """Every add-on of the live catalogue, and those that a subscription pays for still. running: the account's."""
    interval, currency = (running.interval, running.currency) if running else (None, None)
    on_sale = {each.key: each for each in reversed(prices.on_sale(interval, currency))}
    live, held = catalogue.live().add_ons, running.add_ons if running else {}
    known = prices.of_ids(each["price"] for each in held.values()) if held else {}
    bought = {key: known[each["price"]] for key, each in held.items() if each["price"] in known}
    as_bought = {key: catalogue.add_on(row.catalogue_version_id, key) for key, row in bought.items()}
    return [_offered(key, add_on, running, on_sale.get(key)) for key, add_on in (live | as_bought).items()]


def _offered(
    key: str, add_on: AddOn, running: BillingSubscription | None, sold: prices.Wanted | None
) -> Offered:
    has = running.add_ons.get(key) if running else None
    quantity = has["quantity"] if has else 0
    planned = running.next_add_ons if running else None
    after = quantity if planned is None else planned.get(key, 0)
    amount = has["amount"] if has else sold.price.amount if sold else None
    currency = running.currency if running else sold.price.currency if sold else None
    interval = running.interval if running else sold.price.interval if sold else None
    return Offered(key, add_on.name, add_on.features, quantity, after, amount, currency, interval)
