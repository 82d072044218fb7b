"""Subscribers of a plan's older version are moved to the new one with its price, paid from the next period on; what
each pays before and after is shown first."""

import pytest
from click.testing import CliRunner

from plg.billing import changes, jobs, leaving, moving, quotes
from plg.billing.models import PlanChange
from plg.cli import billing as command
from plg.events import names
from plg.kit.clock import now
from plg.kit.db import db
from plg.plans import assignments
from tests.billing.shop import TWO_PLANS
from tests.support.story import make_account, publish_plans

DEARER = [
    {"amount": 3900, "currency": "usd", "interval": "month"},
    {"amount": 1500, "currency": "usd", "interval": "year"},
]


def publish(shop, prices=DEARER, **features):
    plans = TWO_PLANS["plans"]
    pro = plans["pro"] | {"prices": prices, "features": plans["pro"]["features"] | features}
    publish_plans(shop.app, TWO_PLANS | {"plans": plans | {"pro": pro}})


def preview(shop):
    with shop.app.app_context():
        return {each.account_id: (each.before, each.after, each.stays) for each in moving.preview("pro")}


def move(shop):
    with shop.app.app_context():
        found = moving.move("pro", by="tests")
        return found.done, found.at_stripe


def work(shop):
    with shop.app.app_context():
        jobs.finish_changes(now())
    shop.stripe.settle()


def version(shop):
    with shop.app.app_context():
        return assignments.current(shop.account).plan.version


def paid(shop):
    return [each["amount_paid"] for each in reversed(shop.stripe.all("invoice"))]


@pytest.fixture
def payer(shop):
    shop.pay("pro")
    publish(shop)
    return shop


def test_who_pays_gets_the_new_version_now_and_its_price_with_the_next_period(payer):
    assert preview(payer)[payer.account] == (2900, 3900, False)

    assert move(payer) == (0, 1)
    assert (version(payer), move(payer)) == (1, (0, 0)), "it is being made, and is not asked twice"
    work(payer)

    assert (version(payer), paid(payer), preview(payer)) == (2, [2900], {})
    (told,) = payer.happened(names.SUBSCRIPTION_CHANGED)
    assert (told["from_amount"], told["amount"]) == (2900, 3900)
    payer.stripe.resend_all(newest_first=True)
    payer.stripe.advance(days=32)
    assert (version(payer), paid(payer)) == (2, [2900, 3900])


def test_the_command_line_shows_and_moves(payer, monkeypatch):
    monkeypatch.setattr(command, "transaction", payer.app.app_context)
    shown = CliRunner().invoke(command.move, ["pro", "--dry-run"])
    assert "version 1: 2900 -> 3900 usd" in shown.output
    assert payer.count(PlanChange) == 0

    told = CliRunner().invoke(command.move, ["pro"])
    assert told.output.endswith("0 moved; 1 that pay move as soon as Stripe has their new price.\n")


def test_who_pays_nothing_is_moved_at_once(payer):
    given = make_account(payer.app, (payer.owner, "owner"), name="Given")
    with payer.app.app_context():
        old = assignments.current(payer.account).plan.version_id
        assignments.assign(given, "pro", source="staff", by="tests", version_id=old)
        db.session.commit()

    assert set(preview(payer)) == {payer.account, given}
    assert move(payer) == (1, 1)
    with payer.app.app_context():
        assert assignments.current(given).plan.version == 2


def test_what_is_about_to_change_or_not_sold_so_any_more_stays(payer):
    with payer.app.app_context():
        leaving.cancel(payer.account, reason="missing_features", comment="", by=payer.owner)
    payer.stripe.settle()
    assert preview(payer)[payer.account] == (2900, 3900, True)
    assert move(payer) == (0, 0)
    with payer.app.app_context():
        leaving.stay(payer.account)
    payer.stripe.settle()
    publish(payer, DEARER[1:])
    assert preview(payer)[payer.account] == (2900, None, True)
    assert move(payer) == (0, 0)


def test_what_was_planned_meanwhile_is_not_undone(payer):
    with payer.app.app_context():
        made = quotes.make(payer.account, "team", by=payer.owner)
        assert move(payer) == (0, 1)
        with pytest.raises(changes.ChangeUnderWay):
            changes.confirm(made.public_id, account_id=payer.account, by=payer.owner)
        db.session.rollback()
        leaving.cancel(payer.account, reason="missing_features", comment="", by=payer.owner)
    work(payer)

    assert version(payer) == 1
    assert payer.count(PlanChange, status="failed", reason="outdated") == 1
