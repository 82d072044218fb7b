"""Refunds: a charge given back, in full or in part, by itself or with a credit note of its invoice."""

from __future__ import annotations

from collections.abc import Mapping

from plg.sandbox.stripe.errors import StripeError
from plg.sandbox.stripe.lists import EXPAND, RANGE, in_range, list_fields, matches, page
from plg.sandbox.stripe.money import money
from plg.sandbox.stripe.operation import Operation
from plg.sandbox.stripe.store import Object, Work, new_id
from plg.sandbox.stripe.wire import Fields, Integer, Metadata, OneOf, Text, merged

_CREATE = Fields(
    {
        "amount": Integer(1),
        "charge": Text(),
        "expand": EXPAND,
        "metadata": Metadata(),
        "payment_intent": Text(),
        "reason": OneOf(("duplicate", "fraudulent", "requested_by_customer")),
    }
)


def _create(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    if "payment_intent" in params:
        intent = work.need("payment_intent", params["payment_intent"], "payment_intent")
        charge = work.need("charge", intent["latest_charge"])
    elif "charge" in params:
        charge = work.need("charge", params["charge"], "charge")
    else:
        raise StripeError("One of the following params should be provided: payment_intent or charge.")
    amount = params.get("amount", charge["amount"] - charge["amount_refunded"])
    return give_back(work, charge, amount, params.get("reason"), merged({}, params.get("metadata")))


def give_back(
    work: Work, charge: Object, amount: int, reason: str | None = None, metadata: dict[str, str] | None = None
) -> Object:
    """Refund so much of a charge, and announce it."""
    left = charge["amount"] - charge["amount_refunded"]
    if charge["disputed"]:
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise StripeError(message, code="charge_disputed")
    if left == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise StripeError(message, code="charge_already_refunded")
    if amount > left:
        words = money(amount, charge["currency"]), money(left, charge["currency"])
        message = "Refund amount ({}) is greater than unrefunded amount on charge ({})".format(*words)
        raise StripeError(message, param="amount")
    refund = {
        "id": new_id("re_3"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": work.now,
        "currency": charge["currency"],
        "destination_details": {"card": {"type": "pending"}, "type": "card"},
        "metadata": metadata or {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
    given = charge["amount_refunded"] + amount
    work.put(refund)
    work.emit("refund.created", refund)
    work.change(
        {**charge, "amount_refunded": given, "refunded": given == charge["amount"]}, "charge.refunded"
    )
    return refund


def fail(work: Work, refund: Object) -> Object:
    """The bank did not take it: the money is the firm's again."""
    charge = work.need("charge", refund["charge"])
    work.put({**charge, "amount_refunded": charge["amount_refunded"] - refund["amount"], "refunded": False})
    failed = {"status": "failed", "failure_reason": "expired_or_canceled_card"}
    return work.change({**refund, **failed}, "refund.failed")


def _list(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    found = [
        refund
        for refund in work.newest("refund")
        if matches(refund, params, ("charge", "payment_intent"))
        and in_range(refund["created"], params.get("created"))
    ]
    return page("refund", found, params, "/v1/refunds")


OPERATIONS = (
    Operation("POST", "/v1/refunds", _create, _CREATE),
    Operation("GET", "/v1/refunds", _list, list_fields(charge=Text(), payment_intent=Text(), created=RANGE)),
    Operation(
        "GET",
        "/v1/refunds/{refund}",
        lambda work, ids, _: work.need("refund", ids["refund"]),
        Fields({"expand": EXPAND}),
    ),
)
