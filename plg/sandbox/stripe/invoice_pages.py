"""The page of an invoice: what it bills, and the way to pay it, which the bank may want to be confirmed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Response

from plg.sandbox.stripe.errors import StripeError
from plg.sandbox.stripe.resources import invoices, payment_methods
from plg.sandbox.stripe.resources.subscription_requests import pay_again
from plg.sandbox.stripe.store import Object, Work

Show = Callable[..., Response]


def show(invoice: Object | None, page: Show, *, fault: str = "") -> Response:
    """page: renders a template by name."""
    return page("invoice", invoice=invoice, fault=fault) if invoice else page("unknown", 404)


def pay(work: Work, invoice: Object | None, form: Mapping[str, str], page: Show) -> Response:
    """Pay with the card that is stored. The bank asks first where the card wants that."""
    if invoice is None or invoice["status"] != "open":
        return show(invoice, page)
    action = form.get("action")
    if action not in ("pay", "yes_it_is_me"):
        return show(invoice, page, fault="not_confirmed")
    card = payment_methods.card_for(work, work.need("subscription", invoices.subscription_of(invoice)))
    refused = payment_methods.refusal(work, card) if card else None
    if action == "pay" and _asks(refused):
        return page("confirm_payment")
    with payment_methods.shown_to_the_bank(work, card):
        paid = pay_again(work, invoice, retry=False)
    return show(paid, page, fault="" if paid["status"] == "paid" else "declined")


def _asks(refused: StripeError | None) -> bool:
    return refused is not None and refused.error.get("code") == "authentication_required"
