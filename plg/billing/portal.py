"""The billing portal: Stripe's own pages to cancel, to change the card, and to see invoices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app

from plg.billing import customers, gateway, prices
from plg.billing.models import BillingSubscription
from plg.kit import versions
from plg.kit.db import db
from plg.kit.errors import Conflict
from plg.people import people

MOST = 10  # products that Stripe lets a portal offer
MARK = "plg_digest"


class NoCustomer(Conflict):
    """The account has never paid, so there is nothing to look after."""


def open_for(account_id: int, *, by: int | None, return_url: str) -> str:
    """The address of the account's billing portal, good for a few minutes. Ends the transaction.

    by: the person who asks, whose language it speaks. Refusals: `NoCustomer`, `PaymentsNotSetUp`,
    `PaymentsUnavailable`."""
    customer = customers.of_account(account_id)
    if customer is None:
        raise NoCustomer("This account has no billing to look after yet.")
    return _open({"customer": customer, "locale": _locale(by), "return_url": return_url})


def confirm_change(
    running: BillingSubscription, stripe_price_id: str, *, return_url: str, by: int | None, quantity: int = 1
) -> str:
    """The address where a paying account confirms another price, with what it costs. Ends the transaction."""
    change = {
        "subscription": running.stripe_subscription_id,
        "items": [{"id": running.stripe_item_id, "price": stripe_price_id, "quantity": quantity}],
    }
    flow = {
        "type": "subscription_update_confirm",
        "subscription_update_confirm": change,
        "after_completion": {"type": "redirect", "redirect": {"return_url": return_url}},
    }
    params = {"customer": running.stripe_customer_id, "locale": _locale(by), "return_url": return_url}
    return _open(params | {"flow_data": flow})


def _locale(person_id: int | None) -> str:
    chosen = people.get(person_id).locale if person_id is not None else None
    return chosen or str(current_app.extensions["plg.settings"].default_locale)


def _open(params: dict[str, Any]) -> str:
    features = _features(prices.on_sale())
    db.session.commit()
    return str(gateway.current().create_portal(params | {"configuration": _configuration(features)})["url"])


def _features(on_sale: Mapping[str, list[str]]) -> dict[str, Any]:
    """What customers may do there. A plan ends with the period that was paid; a change is paid at once."""
    on = {"enabled": True}
    features: dict[str, Any] = {"invoice_history": on, "payment_method_update": on}
    features["subscription_cancel"] = on | {"mode": "at_period_end"}
    if on_sale:
        features["subscription_update"] = on | {
            "default_allowed_updates": ["price"],
            "products": [{"product": product, "prices": ids} for product, ids in on_sale.items()][:MOST],
            "proration_behavior": "always_invoice",
        }
    return features


def _configuration(features: dict[str, Any]) -> str:
    """The id at Stripe of the portal configuration with these features, made there if need be."""
    mark = versions.digest(features)
    known: dict[str, str] = current_app.extensions.setdefault("plg.portal_configurations", {})
    if mark not in known:
        stripe = gateway.current()
        found = [each for each in stripe.portal_configurations() if each["metadata"].get(MARK) == mark]
        if not found:
            params = {"features": features, "metadata": {MARK: mark}}
            found = [stripe.create_portal_configuration(params, f"plg:portal:{mark}")]
        known[mark] = str(found[0]["id"])
    return known[mark]
