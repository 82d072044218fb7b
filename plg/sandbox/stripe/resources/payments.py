"""Payments: the charge, the payment intent around it, and which invoice it paid. Made when an invoice is paid."""

from __future__ import annotations

from collections.abc import Mapping

from plg.sandbox.stripe.lists import EXPAND, RANGE, in_range, list_fields, matches, page
from plg.sandbox.stripe.operation import Operation
from plg.sandbox.stripe.store import Object, Work, new_id
from plg.sandbox.stripe.wire import Fields, OneOf, Text


def record(work: Work, invoice: Object, card: str | None) -> None:
    """Note with which card a paid invoice was paid; nothing where nothing was due."""
    if invoice["amount_paid"] == 0:
        return
    charge_id, intent_id = new_id("ch_3"), new_id("pi_3")
    work.put(
        {**_charge(work.now, invoice), "id": charge_id, "payment_intent": intent_id, "payment_method": card}
    )
    work.put(
        {**_intent(work.now, invoice), "id": intent_id, "latest_charge": charge_id, "payment_method": card}
    )
    work.put(
        {
            "id": new_id("inpay_1"),
            "object": "invoice_payment",
            "amount_paid": invoice["amount_paid"],
            "amount_requested": invoice["amount_paid"],
            "created": work.now,
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": True,
            "livemode": False,
            "payment": {"payment_intent": intent_id, "type": "payment_intent"},
            "status": "paid",
            "status_transitions": {"canceled_at": None, "paid_at": work.now},
        }
    )


def _charge(now: int, invoice: Object) -> Object:
    nothing = (
        "application application_fee application_fee_amount balance_transaction description "
        "calculated_statement_descriptor failure_balance_transaction failure_code failure_message "
        "on_behalf_of outcome payment_method_details receipt_email receipt_number receipt_url review shipping "
        "source_transfer statement_descriptor statement_descriptor_suffix transfer_data transfer_group"
    )
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    return {
        **dict.fromkeys(nothing.split()),
        "object": "charge",
        "amount": invoice["amount_paid"],
        "amount_captured": invoice["amount_paid"],
        "amount_refunded": 0,
        "billing_details": {"address": address, **dict.fromkeys(("email", "name", "phone", "tax_id"))},
        "captured": True,
        "created": now,
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": {},
        "paid": True,
        "refunded": False,
        "status": "succeeded",
    }


def _intent(now: int, invoice: Object) -> Object:
    nothing = (
        "application application_fee_amount automatic_payment_methods canceled_at cancellation_reason "
        "customer_account last_payment_error next_action on_behalf_of processing receipt_email review "
        "setup_future_usage shipping statement_descriptor statement_descriptor_suffix transfer_data "
        "transfer_group client_secret payment_method_options"
    )
    return {
        **dict.fromkeys(nothing.split()),
        "object": "payment_intent",
        "amount": invoice["amount_paid"],
        "amount_capturable": 0,
        "amount_received": invoice["amount_paid"],
        "capture_method": "automatic",
        "confirmation_method": "automatic",
        "created": now,
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "description": "Subscription update",
        "livemode": False,
        "metadata": {},
        "payment_method_types": ["card"],
        "status": "succeeded",
    }


def charge_of(work: Work, invoice_id: str) -> Object | None:
    """The charge that paid an invoice; None where nothing was charged."""
    for paid in work.newest("invoice_payment"):
        if paid["invoice"] == invoice_id:
            intent = work.need("payment_intent", paid["payment"]["payment_intent"])
            return work.need("charge", intent["latest_charge"])
    return None


def _list_payments(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    wanted = params.get("payment", {}).get("payment_intent")
    found = [
        paid
        for paid in work.newest("invoice_payment")
        if matches(paid, params, ("invoice", "status"))
        and wanted in (None, paid["payment"]["payment_intent"])
    ]
    return page("invoice_payment", found, params, "/v1/invoice_payments")


def _list_charges(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    found = [
        charge
        for charge in work.newest("charge")
        if matches(charge, params, ("customer", "payment_intent"))
        and in_range(charge["created"], params.get("created"))
    ]
    return page("charge", found, params, "/v1/charges")


_PAYMENT = Fields({"type": OneOf(("payment_intent",)), "payment_intent": Text()}, ("type",))
_ONE = Fields({"expand": EXPAND})
OPERATIONS = (
    Operation(
        "GET",
        "/v1/invoice_payments",
        _list_payments,
        list_fields(invoice=Text(), status=OneOf(("canceled", "open", "paid")), payment=_PAYMENT),
    ),
    Operation(
        "GET",
        "/v1/charges",
        _list_charges,
        list_fields(customer=Text(), payment_intent=Text(), created=RANGE),
    ),
    Operation("GET", "/v1/charges/{charge}", lambda work, ids, _: work.need("charge", ids["charge"]), _ONE),
    Operation(
        "GET",
        "/v1/payment_intents/{intent}",
        lambda work, ids, _: work.need("payment_intent", ids["intent"]),
        _ONE,
    ),
)
