"""Invoices: made, finalised and paid (or not) in one go; a failed one is tried again later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from plg.sandbox.stripe.lists import EXPAND, RANGE, in_range, list_fields, matches, page, whole
from plg.sandbox.stripe.operation import Operation
from plg.sandbox.stripe.resources import discounts, payment_methods, payments, tax_ids
from plg.sandbox.stripe.store import Object, Work, new_id
from plg.sandbox.stripe.wire import Fields, OneOf, Text

STATUSES = ("draft", "open", "paid", "uncollectible", "void")
DAY = 86400
#: Days after a failed attempt until the next one; after the last, the subscription is cancelled.
RETRY_DAYS = (3, 5, 7)


def line(item: Object, amount: int, words: str, period: tuple[int, int], proration: bool = False) -> Object:
    """One line about a subscription item; the amount may be negative (a credit)."""
    price = item["price"]
    return {
        "id": new_id("il_1"),
        "object": "line_item",
        "amount": amount,
        "currency": price["currency"],
        "description": words,
        "discount_amounts": [],
        "discountable": not proration,
        "discounts": [],
        "livemode": False,
        "metadata": {},
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": proration,
                "proration_details": {"credited_items": None},
                "subscription": item["subscription"],
                "subscription_item": item["id"],
            },
            "type": "subscription_item_details",
        },
        "period": {"start": period[0], "end": period[1]},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        "quantity": item["quantity"],
        "quantity_decimal": str(item["quantity"]),
        "subtotal": amount,
        "taxes": [],
    }


def make(work: Work, subscription: Object, lines: Sequence[Object], reason: str) -> Object:
    """A finalised invoice, kept but not yet paid nor announced. `reason` is Stripe's `billing_reason`."""
    customer = work.need("customer", subscription["customer"])
    subtotal = sum(each["amount"] for each in lines)
    discount, shares = discounts.of_invoice(work, subscription, list(lines))
    lines = [_discounted(each, discount, share) for each, share in zip(lines, shares, strict=True)]
    total = subtotal - sum(shares)
    balance = total + customer["balance"]  # a credit of the customer is a negative balance
    invoice_id = new_id("in_1")
    url = f"/v1/invoices/{invoice_id}/lines"
    invoice = {
        **_constants(work.now),
        "id": invoice_id,
        "amount_due": max(balance, 0),
        "amount_remaining": max(balance, 0),
        "billing_reason": reason,
        "currency": subscription["currency"],
        "customer": customer["id"],
        "customer_email": customer["email"],
        "customer_tax_ids": [
            {"type": each["type"], "value": each["value"]}
            for each in tax_ids.of_customer(work, customer["id"])
        ],
        "automatic_tax": _tax(subscription),
        "customer_name": customer["name"],
        "ending_balance": min(balance, 0),
        "hosted_invoice_url": f"{work.public_url}/invoice/{invoice_id}",
        "lines": whole([{**each, "invoice": invoice_id} for each in lines], url),
        "number": f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04}",
        "starting_balance": customer["balance"],
        "parent": {
            "quote_details": None,
            "subscription_details": {
                "metadata": subscription["metadata"],
                "subscription": subscription["id"],
            },
            "type": "subscription_details",
        },
        "discounts": [discount] if discount else [],
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal,
        "total": total,
        "total_discount_amounts": [{"amount": sum(shares), "discount": discount}] if discount else [],
        "total_excluding_tax": total,
    }
    customer["next_invoice_sequence"] += 1
    work.put({**customer, "balance": min(balance, 0), "currency": subscription["currency"]})
    return work.put(invoice)


def _tax(subscription: Object) -> Object:
    """Reckoned where it was asked for; the stand-in is registered nowhere, so that it is nothing."""
    nothing: Object = dict.fromkeys(("disabled_reason", "liability", "provider", "status")) | {
        "enabled": False
    }
    if not subscription["automatic_tax"]["enabled"]:
        return nothing
    asked = {"enabled": True, "liability": {"type": "self"}, "provider": "stripe", "status": "complete"}
    return nothing | asked


def _discounted(line: Object, discount: str | None, share: int) -> Object:
    amounts = [{"amount": share, "discount": discount}] if discount else []
    return {**line, "discount_amounts": amounts}


def _constants(now: int) -> Object:
    zeros = (
        "amount_overpaid amount_paid amount_paid_off_stripe amount_shipping attempt_count "
        "post_payment_credit_notes_amount pre_payment_credit_notes_amount"
    )
    nothing = (
        "account_name account_tax_ids application automatically_finalizes_at confirmation_secret "
        "custom_fields customer_account customer_address customer_phone customer_shipping "
        "default_payment_method default_source description due_date footer from_invoice invoice_pdf "
        "last_finalization_error latest_revision next_payment_attempt on_behalf_of receipt_number rendering "
        "shipping_cost shipping_details statement_descriptor test_clock"
    )
    empty = (
        "customer_tax_ids default_tax_rates discounts total_discount_amounts "
        "total_pretax_credit_amounts total_taxes"
    )
    moments = dict.fromkeys(("created", "period_end", "period_start", "effective_at"), now)
    return {
        **dict.fromkeys(zeros.split(), 0),
        **dict.fromkeys(nothing.split()),
        **{name: [] for name in empty.split()},
        **moments,
        "object": "invoice",
        "account_country": "US",
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": dict.fromkeys(("disabled_reason", "liability", "provider", "status"))
        | {"enabled": False},
        "collection_method": "charge_automatically",
        "customer_tax_exempt": "none",
        "issuer": {"type": "self"},
        "livemode": False,
        "metadata": {},
        "payment_settings": dict.fromkeys(
            ("default_mandate", "payment_method_options", "payment_method_types")
        ),
        "status": "open",
        "status_transitions": dict.fromkeys(("marked_uncollectible_at", "paid_at", "voided_at"))
        | {"finalized_at": now},
        "webhooks_delivered_at": now,
    }


def attempt(work: Work, invoice: Object, card: str | None, *, retry: bool = False) -> Object:
    """Try to collect: paid when nothing is due or the card works. Keeps the invoice, announces nothing.

    `retry` says that the attempt is one of the automatic ones, which plan the next.
    """
    if invoice["amount_due"] == 0 or (card and not payment_methods.refusal(work, card)):
        paid = work.put(_paid(invoice, work.now))
        payments.record(work, paid, card)
        return paid
    tries = invoice["attempt_count"] + bool(card)
    failed = {**invoice, "attempted": bool(card), "attempt_count": tries}
    if retry:
        more = card and tries <= len(RETRY_DAYS)
        failed["next_payment_attempt"] = work.now + RETRY_DAYS[tries - 1] * DAY if more else None
    return work.put(failed)


def _paid(invoice: Object, now: int) -> Object:
    return {
        **invoice,
        "amount_paid": invoice["amount_due"],
        "amount_remaining": 0,
        "attempt_count": invoice["attempt_count"] + (invoice["amount_due"] > 0),
        "attempted": True,
        "auto_advance": False,
        "next_payment_attempt": None,
        "status": "paid",
        "status_transitions": {**invoice["status_transitions"], "paid_at": now},
    }


def announce(work: Work, invoice: Object) -> None:
    """The events of a new invoice, in Stripe's order: created (as a draft), finalised, then the outcome."""
    draft = {**invoice, "status": "draft", "number": None, "attempted": False, "attempt_count": 0}
    draft |= {"amount_paid": 0, "amount_remaining": invoice["amount_due"], "hosted_invoice_url": None}
    draft |= {"effective_at": None, "status_transitions": dict.fromkeys(invoice["status_transitions"])}
    work.emit("invoice.created", draft)
    unpaid = {**invoice, "status": "open", "amount_paid": 0, "amount_remaining": invoice["amount_due"]}
    work.emit("invoice.finalized", unpaid)
    announce_outcome(work, invoice)


def announce_outcome(work: Work, invoice: Object) -> None:
    """The events of a collection: paid, or failed if a card was tried."""
    if invoice["status"] == "paid":
        work.emit("invoice.paid", invoice)
        work.emit("invoice.payment_succeeded", invoice)
    elif invoice["attempted"]:
        work.emit("invoice.payment_failed", invoice)


def forgo(work: Work, invoice: Object) -> None:
    """Void a new invoice instead of collecting it."""
    transitions = {**invoice["status_transitions"], "voided_at": work.now}
    void = work.put({**invoice, "status": "void", "auto_advance": False, "status_transitions": transitions})
    work.emit("invoice.voided", void)


def subscription_of(invoice: Object) -> str:
    """The id of the subscription that an invoice bills."""
    return str(invoice["parent"]["subscription_details"]["subscription"])


def close_open(work: Work, subscription_id: str, *, void: bool = False) -> None:
    """Stop collecting what is still open of a subscription that ended; void it where it never began."""
    for invoice in list(work.newest("invoice")):
        if invoice["status"] != "open" or subscription_of(invoice) != subscription_id:
            continue
        changes: Object = {"next_payment_attempt": None, "auto_advance": False}
        if void:
            transitions = {**invoice["status_transitions"], "voided_at": work.now}
            changes |= {"status": "void", "status_transitions": transitions}
        work.change({**invoice, **changes}, "invoice.voided" if void else "invoice.updated")


def _list(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    asked = params.get("subscription")
    found = [
        invoice
        for invoice in work.newest("invoice")
        if matches(invoice, params, ("customer", "status"))
        and asked in (None, subscription_of(invoice))
        and in_range(invoice["created"], params.get("created"))
    ]
    return page("invoice", found, params, "/v1/invoices")


def _lines(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    invoice = work.need("invoice", ids["invoice"])
    return page("invoice", invoice["lines"]["data"], params, invoice["lines"]["url"])


_LIST = list_fields(customer=Text(), subscription=Text(), status=OneOf(STATUSES), created=RANGE)
_ONE = Fields({"expand": EXPAND})
OPERATIONS = (
    Operation("GET", "/v1/invoices", _list, _LIST),
    Operation(
        "GET", "/v1/invoices/{invoice}", lambda work, ids, _: work.need("invoice", ids["invoice"]), _ONE
    ),
    Operation("GET", "/v1/invoices/{invoice}/lines", _lines, list_fields()),
)
