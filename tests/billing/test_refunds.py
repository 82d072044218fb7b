"""Money that goes back: given once, to the cent, seen by everybody; and what a disputed payment costs."""

import datetime as dt

import pytest
import requests

from plg.billing import gateway, processing, reconciling, refunds
from plg.billing.models import BillingDispute, BillingInvoice, BillingRefund
from plg.billing.refusals import PaymentRequestRefused, PaymentsUnavailable
from plg.events import names
from plg.kit.clock import now
from plg.kit.db import db
from tests.billing.letters import make_due
from tests.support.story import in_parallel, make_account


def give(shop, amount=None, account=None, **more):
    invoice = shop.stripe.all("invoice")[-1]["id"]
    wanted = {"reason": "order_change", "note": "They asked", "by": "staff:7"} | more
    with shop.app.app_context():
        account_id = account or shop.account
        return refunds.give(invoice, account_id=account_id, amount=amount, **wanted).status


def dispute(shop, outcome=None, which=-1):
    invoice = shop.stripe.all("invoice")[which]["id"]
    answer = requests.post(
        f"{shop.stripe.url}/_sandbox/invoices/{invoice}/dispute", json={"outcome": outcome}, timeout=20
    )
    answer.raise_for_status()
    shop.stripe.settle()
    make_due(shop)
    shop.process()


def given(shop):
    with shop.app.app_context():
        rows = db.session.scalars(db.select(BillingRefund).order_by(BillingRefund.id))
        return [(row.amount, row.status, row.made_by) for row in rows]


def left(shop):
    with shop.app.app_context():
        return [
            (row.amount_paid, row.amount_refunded)
            for row in db.session.scalars(db.select(BillingInvoice).order_by(BillingInvoice.id))
        ]


def in_order(shop):
    shop.stripe.settle()
    make_due(shop)
    shop.process()
    with shop.app.app_context():
        return reconciling.reconcile(mend=False)


def test_a_payment_is_given_back_bit_by_bit_and_never_more_than_it_was(shop):
    shop.pay()
    assert give(shop, 900) == "succeeded"
    with pytest.raises(refunds.RefundTooLarge):
        give(shop, 2001)
    assert give(shop) == "succeeded"
    with pytest.raises(refunds.NothingToRefund):
        give(shop)

    assert given(shop) == [(900, "succeeded", "staff:7"), (2000, "succeeded", "staff:7")]
    assert left(shop) == [(2900, 2900)]
    assert shop.stripe.all("invoice")[0]["post_payment_credit_notes_amount"] == 2900
    assert in_order(shop) == []
    told = shop.happened(names.PAYMENT_REFUNDED)
    assert [each["amount"] for each in told] == [900, 2000]
    assert shop.plan() == ("pro", "subscription")


def test_the_same_form_sent_by_many_at_once_gives_back_once(shop):
    shop.pay()
    answers = in_parallel(shop.app, 4, lambda _: give(shop, 900, public_id="rfd_of_a_form"))

    assert all(answer == "succeeded" or isinstance(answer, PaymentsUnavailable) for answer in answers)
    assert [amount for amount, *_ in given(shop)] == [900]
    assert in_order(shop) == []


def test_two_who_give_back_at_once_do_not_give_more_than_was_paid(shop):
    shop.pay()
    answers = in_parallel(shop.app, 4, lambda _: give(shop, 2000))

    assert [answer for answer in answers if answer == "succeeded"] == ["succeeded"]
    assert left(shop) == [(2900, 2000)]


def test_what_somebody_gave_back_at_stripe_is_noted(shop):
    shop.pay()
    payment = shop.stripe.all("payment_intent")[0]["id"]
    with shop.app.app_context():
        gateway.current()._v1.refunds.create({"payment_intent": payment, "amount": 500})
    assert in_order(shop) == []

    assert (given(shop), left(shop)) == ([(500, "succeeded", "stripe")], [(2900, 500)])
    with pytest.raises(refunds.RefundTooLarge):
        give(shop, 2500)


def test_a_lost_webhook_of_a_refund_is_found(shop):
    shop.pay()
    shop.stripe.courier.adjust(drop=1000)
    payment = shop.stripe.all("payment_intent")[0]["id"]
    with shop.app.app_context():
        gateway.current()._v1.refunds.create({"payment_intent": payment, "amount": 500})
        found = {drift.kind: drift.mended for drift in reconciling.reconcile()}

    assert found.pop("refund_differs")
    assert left(shop) == [(2900, 500)]


def renew_unheard(shop):
    """The next period is paid, and nothing tells of it."""
    shop.pay()
    shop.stripe.courier.adjust(drop=1000)
    shop.stripe.advance(days=32)
    shop.stripe.courier.adjust(drop=0)


def test_news_of_a_payment_that_overtake_those_of_its_invoice_have_the_invoice_read_first(shop):
    renew_unheard(shop)
    payment = shop.stripe.all("payment_intent")[0]["id"]
    with shop.app.app_context():
        gateway.current()._v1.refunds.create({"payment_intent": payment, "amount": 500})
    dispute(shop, which=0)

    assert (given(shop), left(shop)) == ([(500, "succeeded", "stripe")], [(2900, 0), (2900, 500)])
    assert shop.count(BillingDispute) == 1
    with shop.app.app_context():
        drifts = reconciling.reconcile(mend=False)
    assert {drift.kind for drift in drifts} == {"event_missing"}


def test_while_the_invoice_of_a_payment_cannot_be_read_what_became_of_the_payment_waits(shop, monkeypatch):
    renew_unheard(shop)
    monkeypatch.setattr(processing, "LOOKS", 1)
    subscription = shop.stripe.all("subscription")[0]["id"]
    with shop.app.app_context():
        processing.inbox.ask(subscription)
        db.session.commit()
        assert processing._claim(subscription)  # and whoever reads it dies on the way
    invoice = shop.stripe.all("invoice")[0]["id"]
    requests.post(f"{shop.stripe.url}/_sandbox/invoices/{invoice}/dispute", json={}, timeout=20)
    shop.stripe.settle()
    assert shop.inbox()[-2:] == [("charge.dispute.created", "waiting"), ("plg.check", "waiting")]
    make_due(shop)
    shop.process()

    assert shop.count(BillingDispute) == 1
    assert {outcome for _, outcome in shop.inbox()} <= {"applied", "ignored"}


def test_while_stripe_is_away_a_refund_is_kept_and_made_later_once(shop, monkeypatch):
    shop.pay()
    monkeypatch.setattr(gateway, "RETRIES", 0)
    shop.app.extensions["plg.stripe"]._client = None
    shop.stripe.outage.set()
    with pytest.raises(PaymentsUnavailable):
        give(shop, 700)
    shop.stripe.outage.clear()
    with pytest.raises(refunds.RefundTooLarge):
        give(shop, 2500)  # what is under way is not left any more
    with shop.app.app_context():
        assert refunds.finish_asked(now() + dt.timedelta(minutes=2), 10) == 1
        assert refunds.finish_asked(now() + dt.timedelta(minutes=4), 10) == 0

    assert given(shop) == [(700, "succeeded", "staff:7")]


class Killed(BaseException):
    """The process is gone; nothing in it can catch that."""


@pytest.mark.parametrize("step", ["credit_notes_of", "invoice", "create_credit_note", "refund"])
def test_who_dies_on_the_way_gives_back_once(shop, monkeypatch, step):
    shop.pay()
    real = getattr(gateway.StripeGateway, step)

    def dies(*args):
        real(*args)
        raise Killed

    monkeypatch.setattr(gateway.StripeGateway, step, dies)
    with pytest.raises(Killed):
        give(shop, 900)
    monkeypatch.setattr(gateway.StripeGateway, step, real)
    shop.stripe.settle()
    make_due(shop)
    shop.process()  # the webhooks are faster than who takes over
    with shop.app.app_context():
        refunds.finish_asked(now() + dt.timedelta(minutes=5), 10)

    assert given(shop) == [(900, "succeeded", "staff:7")]
    assert [each["amount"] for each in shop.stripe.all("refund")] == [900]
    assert in_order(shop) == []


def test_what_stripe_refuses_is_told_and_gives_nothing_back(shop):
    shop.pay()
    dispute(shop)
    with pytest.raises(PaymentRequestRefused):
        give(shop, 900)

    assert given(shop) == [(900, "refused", "staff:7")]
    assert left(shop) == [(2900, 0)]


def test_a_refund_that_the_bank_does_not_take_is_told_and_counts_no_more(shop):
    from plg.sandbox.stripe.resources import refunds as at_stripe

    shop.pay()
    give(shop, 900)
    with shop.stripe.store.work() as work:
        at_stripe.fail(work, work.newest("refund")[0])
    assert in_order(shop) == []

    assert (given(shop), left(shop)) == ([(900, "failed", "staff:7")], [(2900, 0)])
    assert [each["amount"] for each in shop.happened(names.REFUND_FAILED)] == [900]


def test_an_invoice_of_another_account_is_not_found(shop):
    shop.pay()
    other = make_account(shop.app, (shop.owner, "owner"), key="other")
    with pytest.raises(refunds.InvoiceNotFound):
        give(shop, 900, account=other)


@pytest.mark.parametrize(
    ("policy", "while_open", "when_lost", "when_won"),
    [("lost", "pro", "free", "pro"), ("opened", "free", "free", "pro"), ("never", "pro", "pro", "pro")],
)
def test_a_dispute_takes_access_as_the_setting_says(shop, policy, while_open, when_lost, when_won):
    settings = shop.app.extensions["plg.settings"]
    shop.app.extensions["plg.settings"] = settings.model_copy(update={"dispute_access": policy})
    shop.pay()
    dispute(shop)
    assert shop.plan()[0] == while_open
    dispute(shop, "lost")
    assert shop.plan()[0] == when_lost
    assert in_order(shop) == []
    with shop.stripe.store.work() as work:
        (found,) = work.newest("dispute")
        work.put({**found, "status": "won"})
        work.emit("charge.dispute.closed", {**found, "status": "won"})
    assert in_order(shop) == []

    assert shop.plan()[0] == when_won
    assert [each["outcome"] for each in shop.happened(names.DISPUTE_CLOSED)] == ["lost"]
    assert len(shop.happened(names.PAYMENT_DISPUTED)) == 1


def test_who_lost_access_by_a_dispute_has_it_again_with_the_next_payment(shop):
    shop.pay()
    dispute(shop, "lost")
    assert shop.plan()[0] == "free"
    assert shop.happened(names.SUBSCRIPTION_CANCELLED)[0]["reason"] == "disputed"
    shop.stripe.advance(days=32)
    assert in_order(shop) == []

    assert shop.plan()[0] == "pro"
