"""Add-ons are billed in the rhythm of the plan: from months to years, they go on at the price there."""

from __future__ import annotations

from collections.abc import Mapping

from plg.billing.add_ons import prices
from plg.billing.gateway import Object


def prices_in(items: Mapping[str, Object], interval: str) -> dict[str, str]:
    """The price at Stripe at which each add-on goes on in a rhythm, by the add-on's key: as now, where the rhythm
    stays, else the live one. items: those of the subscription. Talks to Stripe then, and commits. Refusals:
    `NotForSale`, `PlanNotFound`, where an add-on cannot be had in that rhythm: it is to be removed first."""
    found = {}
    for key, item in items.items():
        price = item["price"]
        if price["recurring"]["interval"] == interval:
            found[key] = str(price["id"])
        else:
            found[key] = prices.ensure(prices.choose(key, interval, price["currency"]))
    return found
