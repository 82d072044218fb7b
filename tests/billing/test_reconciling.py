"""Stripe, the inbox and our rows are held against each other; what is safe to mend is mended, the rest is told."""

import json

import pytest
from sqlalchemy import delete, update

from plg.billing import reconciling
from plg.billing.models import BillingDispute, BillingInvoice, BillingSubscription, StripeEvent
from plg.kit.db import db
from plg.plans.models import AccountPlan
from tests.billing.test_changes import confirm, quote
from tests.billing.test_refunds import dispute


def reconcile(shop, **how):
    with shop.app.app_context():
        return reconciling.reconcile(**how)


def kinds(found):
    return {drift.kind for drift in found}


def test_where_all_agree_nothing_is_reported(shop):
    shop.pay("pro")
    confirm(shop, quote(shop)[0])
    confirm(shop, quote(shop, "pro")[0])
    shop.stripe.settle()
    shop.process()

    assert reconcile(shop) == []


def test_lost_webhooks_are_found_and_mended(shop):
    shop.stripe.courier.adjust(drop=1000)
    shop.stripe.press(shop.checkout(), "pay")
    told = reconcile(shop, mend=False)
    unchanged = shop.plan()
    mended = reconcile(shop)

    assert kinds(told) == {"subscription_missing", "event_missing"}
    assert unchanged == ("free", "default")
    assert mended and all(drift.mended for drift in mended)
    assert shop.plan() == ("pro", "subscription")
    assert reconcile(shop) == []


def damage_mirror():
    db.session.execute(update(BillingSubscription).values(status="past_due", quantity=9))


def damage_money():
    db.session.execute(update(BillingInvoice).values(amount_paid=1))


def damage_plan():
    db.session.execute(delete(AccountPlan))


def damage_inbox():
    db.session.execute(update(StripeEvent).values(outcome="failed"))


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (damage_mirror, "subscription_differs"),
        (damage_money, "invoices_differ"),
        (damage_plan, "plan_differs"),
        (damage_inbox, "event_stuck"),
    ],
)
def test_each_damage_is_named_and_mended(shop, damage, kind):
    shop.pay()
    before = shop.state()
    with shop.app.app_context():
        damage()
        db.session.commit()
    found = reconcile(shop)

    assert kind in kinds(found)
    assert [drift for drift in found if not drift.mended] == []
    assert reconcile(shop) == []
    assert shop.state()["mirror"] == before["mirror"]
    assert shop.plan() == ("pro", "subscription")


def test_what_shows_only_when_something_else_is_mended_is_mended_with_it(shop):
    shop.pay()
    dispute(shop)
    with shop.app.app_context():
        db.session.execute(delete(BillingDispute))
        db.session.execute(delete(BillingInvoice))
        db.session.commit()
    first = reconcile(shop, mend=False)
    found = reconcile(shop)

    assert kinds(first) == {"invoices_differ"}
    assert [(drift.kind, drift.mended) for drift in found] == [
        ("invoices_differ", True),
        ("dispute_differs", True),
    ]
    assert shop.count(BillingDispute) == 1
    assert reconcile(shop) == []


def test_what_needs_a_person_is_left_to_one(shop):
    shop.pay("pro")
    with shop.stripe.store.work() as work:
        (made,) = work.newest("subscription")
        work.put({**made, "id": "sub_second", "metadata": {}})
    found = reconcile(shop)
    again = reconcile(shop)

    assert kinds(found) == {"subscription_missing", "paid_twice"}
    assert [drift.kind for drift in found if drift.mended] == ["subscription_missing"]
    assert kinds(again) == {"paid_twice"} and not any(drift.mended for drift in again)
    with shop.stripe.store.work() as work:
        work.put_as("subscription", "sub_second", None)
    gone = reconcile(shop)
    assert "subscription_unknown" in kinds(gone)
    assert reconcile(shop) == []


def test_the_command_reports_in_words_and_in_json(shop, monkeypatch):
    from contextlib import contextmanager

    from click.testing import CliRunner

    from plg.cli import billing as command

    @contextmanager
    def transaction():
        with shop.app.app_context():
            yield
            db.session.commit()

    monkeypatch.setattr(command, "transaction", transaction)
    run = CliRunner().invoke
    shop.pay()
    fine = run(command.billing_command, ["reconcile"])
    with shop.app.app_context():
        damage_mirror()
        db.session.commit()
    told = run(command.billing_command, ["reconcile", "--dry-run", "--json"])
    mended = run(command.billing_command, ["reconcile"])

    assert (fine.exit_code, fine.output) == (0, "Stripe and plg agree.\n")
    (drift,) = json.loads(told.output)["drift"]
    assert (told.exit_code, drift["kind"], drift["mended"]) == (1, "subscription_differs", False)
    assert drift["ours"].startswith("past_due") and drift["theirs"].startswith("active")
    assert mended.exit_code == 0 and "mended" in mended.output
    dry = run(command.billing_command, ["prices", "--dry-run"])
    pushed = run(command.billing_command, ["prices"])
    again = run(command.billing_command, ["prices", "--dry-run"])
    assert dry.exit_code == pushed.exit_code == again.exit_code == 0
    assert (dry.output.count("is new"), pushed.output.count("was made"), again.output.count("is there")) == (
        2,
        2,
        3,
    )
    with shop.stripe.store.work() as work:
        price = work.newest("price")[0]
        work.put({**price, "unit_amount": 1})
    differs = run(command.billing_command, ["prices", "--dry-run"])
    assert differs.exit_code == 1 and "differs at Stripe: 1 usd" in differs.output
    assert set(reconciling.KINDS) >= kinds(reconcile(shop))
