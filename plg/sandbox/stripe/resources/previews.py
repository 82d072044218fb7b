"""Previews: the invoice that a change would make, found by making the change on the side and dropping it."""

from __future__ import annotations

import copy
from collections.abc import Mapping

from plg.sandbox.stripe.errors import StripeError
from plg.sandbox.stripe.lists import EXPAND
from plg.sandbox.stripe.operation import Operation
from plg.sandbox.stripe.resources import invoices, proration, subscriptions
from plg.sandbox.stripe.resources.subscription_requests import ITEM, PRORATION
from plg.sandbox.stripe.store import Object, Work, new_id
from plg.sandbox.stripe.wire import Fields, Integer, Many, Text

_CREATE = Fields(
    {
        "expand": EXPAND,
        "subscription": Text(),
        "subscription_details": Fields(
            {"items": Many(ITEM, 20), "proration_behavior": PRORATION, "proration_date": Integer()}
        ),
    },
    ("subscription",),
)


def _create(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    subscription = subscriptions.still_running(work, params["subscription"])
    details = params.get("subscription_details", {})
    if not details.get("items") or details.get("proration_behavior") != "always_invoice":
        raise StripeError("The sandbox previews changes that are invoiced at once.", param="subscription")
    kept, told = copy.deepcopy(work.changes), list(work.events)
    try:
        invoice = _made(work, subscription, details)
    finally:
        work.changes, work.events = kept, told
    return _as_preview(invoice)


def _made(work: Work, subscription: Object, details: Object) -> Object:
    before = subscription["latest_invoice"]
    at = details.get("proration_date", work.now)
    changed = proration.change_items(work, subscription, details["items"], "always_invoice", at)
    if changed["latest_invoice"] == before:
        return invoices.make(work, changed, [], "subscription_update")
    return work.need("invoice", changed["latest_invoice"])


def _as_preview(invoice: Object) -> Object:
    draft: Object = {
        "id": new_id("upcoming_in_1"),
        "status": "draft",
        "number": None,
        "hosted_invoice_url": None,
    }
    draft |= {"attempted": False, "attempt_count": 0, "amount_paid": 0, "next_payment_attempt": None}
    draft |= {"amount_remaining": invoice["amount_due"], "effective_at": None, "ending_balance": None}
    draft |= {"status_transitions": dict.fromkeys(invoice["status_transitions"])}
    return {**invoice, **draft}


OPERATIONS = (Operation("POST", "/v1/invoices/create_preview", _create, _CREATE),)
