"""Credit notes: what an invoice is lowered by. Of an open invoice less is due; of a paid one, what it is lowered by
is refunded, or kept for the customer, or was given back elsewhere: to the cent one of the three."""

from __future__ import annotations

from collections.abc import Mapping

from plg.sandbox.stripe.errors import StripeError
from plg.sandbox.stripe.lists import EXPAND, list_fields, matches, page, whole
from plg.sandbox.stripe.operation import Operation
from plg.sandbox.stripe.resources import payments, refunds
from plg.sandbox.stripe.store import Object, Work, new_id
from plg.sandbox.stripe.wire import Fields, Integer, Metadata, OneOf, Text, merged

_CREATE = Fields(
    {
        "amount": Integer(1),
        "credit_amount": Integer(0),
        "email_type": OneOf(("credit_note", "none")),
        "expand": EXPAND,
        "invoice": Text(),
        "memo": Text(),
        "metadata": Metadata(),
        "out_of_band_amount": Integer(0),
        "reason": OneOf(("duplicate", "fraudulent", "order_change", "product_unsatisfactory")),
        "refund_amount": Integer(0),
    },
    ("invoice",),
)
_BACK = ("refund_amount", "credit_amount", "out_of_band_amount")


def _create(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    invoice = work.need("invoice", params["invoice"], "invoice")
    if "amount" not in params:
        raise InvalidNote("You must specify one of `amount`, `lines` or `shipping_cost`.", param="amount")
    if invoice["status"] not in ("open", "paid"):
        message = f"You cannot create a credit note for an invoice that is {invoice['status']}."
        raise InvalidNote(message, param="invoice")
    fill = _after_payment if invoice["status"] == "paid" else _before_payment
    note = work.put({**_blank(work, invoice, params), **fill(work, invoice, params)})
    work.emit("credit_note.created", note)
    return note


class InvalidNote(StripeError):  # noqa: N818 - named as what it refuses
    """Amounts of a credit note that do not fit its invoice."""


def _after_payment(work: Work, invoice: Object, params: Object) -> Object:
    amount, told = params["amount"], sum(params.get(name, 0) for name in _BACK)
    if told != amount:
        message = (
            "The sum of credit amount, refund amount and out of band amount ({}) must equal the credit note "
            "amount ({})."
        )
        raise InvalidNote(message.format(told, amount), param="amount")
    if amount > invoice["amount_paid"] - invoice["post_payment_credit_notes_amount"]:
        message = "The credit note amount is more than the amount that can still be credited."
        raise InvalidNote(message, param="amount")
    given = []
    if back := params.get("refund_amount", 0):
        charge = payments.charge_of(work, invoice["id"])
        if charge is None:
            raise InvalidNote("This invoice has no payment to refund.", param="refund_amount")
        refund = refunds.give_back(work, charge, back)
        given = [
            {"amount_refunded": back, "payment_record_refund": None, "refund": refund["id"], "type": "refund"}
        ]
    if kept := params.get("credit_amount", 0):
        customer = work.need("customer", invoice["customer"])
        work.change({**customer, "balance": customer["balance"] - kept}, "customer.updated")
    credited = invoice["post_payment_credit_notes_amount"] + amount
    work.change({**invoice, "post_payment_credit_notes_amount": credited}, "invoice.updated")
    return {"type": "post_payment", "post_payment_amount": amount, "refunds": given}


def _before_payment(work: Work, invoice: Object, params: Object) -> Object:
    amount = params["amount"]
    if any(params.get(name) for name in _BACK):
        message = "There is nothing to give back: the invoice is not paid yet."
        raise InvalidNote(message, param="refund_amount")
    if amount > invoice["amount_remaining"]:
        message = f"The credit note amount is more than what is due ({invoice['amount_remaining']})."
        raise InvalidNote(message, param="amount")
    left = invoice["amount_remaining"] - amount
    changed = {"amount_due": invoice["amount_due"] - amount, "amount_remaining": left}
    changed["pre_payment_credit_notes_amount"] = invoice["pre_payment_credit_notes_amount"] + amount
    work.change({**invoice, **changed}, "invoice.updated")
    return {"type": "pre_payment", "pre_payment_amount": amount}


def _blank(work: Work, invoice: Object, params: Object) -> Object:
    note_id, amount = new_id("cn_1"), params["amount"]
    taken = sum(note["invoice"] == invoice["id"] for note in work.newest("credit_note"))
    nothing = ("customer_account", "customer_balance_transaction", "shipping_cost", "voided_at")
    zeros = ("amount_shipping", "discount_amount", "post_payment_amount", "pre_payment_amount")
    return {
        **dict.fromkeys(nothing),
        **dict.fromkeys(zeros, 0),
        "id": note_id,
        "object": "credit_note",
        "amount": amount,
        "created": work.now,
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "discount_amounts": [],
        "effective_at": work.now,
        "invoice": invoice["id"],
        "lines": whole([], f"/v1/credit_notes/{note_id}/lines"),
        "livemode": False,
        "memo": params.get("memo"),
        "metadata": merged({}, params.get("metadata")),
        "number": f"{invoice['number']}-CN-{taken + 1:02}",
        "out_of_band_amount": params.get("out_of_band_amount"),
        "pdf": f"{work.public_url}/invoice/{invoice['id']}",
        "pretax_credit_amounts": [],
        "reason": params.get("reason"),
        "refunds": [],
        "status": "issued",
        "subtotal": amount,
        "subtotal_excluding_tax": amount,
        "total": amount,
        "total_excluding_tax": amount,
        "total_taxes": [],
    }


def _list(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    found = [note for note in work.newest("credit_note") if matches(note, params, ("customer", "invoice"))]
    return page("credit_note", found, params, "/v1/credit_notes")


OPERATIONS = (
    Operation("POST", "/v1/credit_notes", _create, _CREATE),
    Operation("GET", "/v1/credit_notes", _list, list_fields(customer=Text(), invoice=Text())),
    Operation(
        "GET",
        "/v1/credit_notes/{id}",
        lambda work, ids, _: work.need("credit_note", ids["id"]),
        Fields({"expand": EXPAND}),
    ),
)
