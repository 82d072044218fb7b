"""Refunds, credit notes and disputes of the stand-in: amounts to the cent, and Stripe's refusals."""

import pytest
import requests
import stripe


@pytest.fixture
def invoice(client, customer, prices):
    """Pro, paid: 29.00."""
    made = client.v1.subscriptions.create({"customer": customer.id, "items": [{"price": prices["month"].id}]})
    return client.v1.invoices.retrieve(made.latest_invoice)


def charge_of(client, invoice):
    (paid,) = client.v1.invoice_payments.list({"invoice": invoice.id}).data
    return client.v1.payment_intents.retrieve(
        paid.payment.payment_intent, {"expand": ["latest_charge"]}
    ).latest_charge


def test_a_paid_invoice_has_a_charge_that_can_be_given_back_bit_by_bit(client, world, invoice):
    charge = charge_of(client, invoice)
    first = client.v1.refunds.create({"payment_intent": charge.payment_intent, "amount": 900})
    assert (first.amount, first.status) == (900, "succeeded")
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        client.v1.refunds.create({"charge": charge.id, "amount": 2001})
    client.v1.refunds.create({"charge": charge.id})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"charge": charge.id})

    found = client.v1.charges.retrieve(charge.id)
    assert refused.value.code == "charge_already_refunded"
    assert (found.amount_refunded, found.refunded) == (2900, True)
    assert [each.amount for each in client.v1.refunds.list({"charge": charge.id}).data] == [2000, 900]
    assert world.told().count("charge.refunded") == 2


def test_a_credit_note_of_a_paid_invoice_refunds_it_and_is_seen_on_it(client, world, invoice):
    wanted = {
        "invoice": invoice.id,
        "amount": 1000,
        "refund_amount": 1000,
        "reason": "product_unsatisfactory",
    }
    note = client.v1.credit_notes.create(wanted)

    found = client.v1.invoices.retrieve(invoice.id)
    assert (note.type, note.post_payment_amount, note.refunds[0].amount_refunded) == (
        "post_payment",
        1000,
        1000,
    )
    assert (found.status, found.amount_paid, found.post_payment_credit_notes_amount) == ("paid", 2900, 1000)
    assert charge_of(client, invoice).amount_refunded == 1000
    with pytest.raises(stripe.InvalidRequestError, match="must equal"):
        client.v1.credit_notes.create({"invoice": invoice.id, "amount": 500})
    with pytest.raises(stripe.InvalidRequestError, match="can still be credited"):
        client.v1.credit_notes.create({"invoice": invoice.id, "amount": 2000, "refund_amount": 2000})
    assert {"credit_note.created", "refund.created", "charge.refunded"} <= set(world.told())


def test_a_credit_note_of_an_open_invoice_lowers_what_is_due(client, customer, prices):
    bad = client.v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer.id})
    wanted = {"customer": customer.id, "items": [{"price": prices["month"].id}]}
    made = client.v1.subscriptions.create({**wanted, "default_payment_method": bad.id})
    note = client.v1.credit_notes.create({"invoice": made.latest_invoice, "amount": 900})

    found = client.v1.invoices.retrieve(made.latest_invoice)
    assert (note.type, found.status, found.amount_remaining) == ("pre_payment", "open", 2000)


def test_a_dispute_is_of_the_whole_charge_and_decided_once(client, world, invoice):
    url = f"{world.url}/_sandbox/invoices/{invoice.id}/dispute"
    world.switch(drop=1000)  # no schema of ours describes a dispute
    opened = requests.post(url, json={}, timeout=60).json()["dispute"]
    assert (opened["status"], opened["amount"]) == ("needs_response", 2900)
    assert set(opened) == set(stripe.Dispute.__annotations__) - {
        "OBJECT_NAME",
        "intended_submission_method",
        "payment_method_details",
    }
    with pytest.raises(stripe.InvalidRequestError, match="charged back"):
        client.v1.refunds.create({"charge": opened["charge"]})
    assert requests.post(url, json={"outcome": "lost"}, timeout=60).json()["dispute"]["status"] == "lost"
    assert requests.post(url, json={"outcome": "won"}, timeout=60).status_code == 400
