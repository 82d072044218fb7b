"""What an account has of add-ons follows from the subscription that it pays, as it was last read at Stripe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from plg.billing.add_ons import prices
from plg.plans import add_ons
from plg.plans.catalogue import PlanNotFound

log = structlog.get_logger()


def follow(account_id: int, paid: Mapping[str, Any]) -> None:
    """Give the account so many of each add-on as are paid for, and take the others. Does not commit. paid: the
    `add_ons` of its subscription's row; empty where it pays for nothing."""
    held = add_ons.of_account(account_id)
    wanted = {key: int(each["quantity"]) for key, each in paid.items()}
    changed = [key for key in sorted({*held, *wanted}) if held.get(key, 0) != wanted.get(key, 0)]
    if not changed:
        return
    known = prices.of_ids(each["price"] for each in paid.values())
    for key in changed:
        price = known.get(paid[key]["price"]) if key in paid else None
        version_id = price.catalogue_version_id if price is not None else None
        try:
            add_ons.set_quantity(
                account_id, key, wanted.get(key, 0), by="stripe", catalogue_version_id=version_id
            )
        except PlanNotFound:
            log.error("an add-on is paid that is in no catalogue", add_on=key)
