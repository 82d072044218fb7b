"""What a workspace pays for ends when the workspace is deleted, and goes on where it is kept."""

import pytest
from sqlalchemy import update

from plg.accounts import accounts, deletion
from plg.billing import cards, gateway, subscriptions
from plg.events import names
from plg.events.models import Cursor
from plg.kit.clock import now
from plg.kit.db import db
from tests.billing.test_subscriptions import press_portal
from tests.support.story import happened


@pytest.fixture
def closing(shop, worker_of):
    """A shop whose account pays; `closing.ask()`, `.keep()` and `.delete()` as its owner or the day does."""
    turns = worker_of(shop.app)

    def act(verb, *arguments, **more):
        def run(may_fail=False):
            with shop.app.app_context():
                verb(shop.account, *arguments, **more)
                db.session.commit()
            turns(may_fail=may_fail)
            shop.stripe.settle()
            shop.process()

        return run

    shop.ask = act(deletion.request, "Acme", by=shop.owner)
    shop.keep = act(deletion.cancel, by=shop.owner)
    shop.delete = act(delete)
    shop.turns = turns
    shop.store_card()
    shop.pay()
    return shop


def delete(account_id):
    deletion.delete_for_good([accounts.get(account_id)], now())


def ends(shop):
    (made,) = shop.stripe.all("subscription")
    return made["status"], made["cancel_at_period_end"]


def test_a_workspace_that_is_to_be_deleted_pays_to_the_end_of_its_period(closing):
    closing.ask()

    assert ends(closing) == ("active", True)
    assert closing.plan() == ("pro", "subscription")
    with closing.app.app_context():
        assert subscriptions.live_of(closing.account).cancel_at is not None


def test_a_workspace_that_is_kept_goes_on_paying(closing):
    closing.ask()
    closing.keep()

    assert ends(closing) == ("active", False)
    assert closing.stripe.all("subscription")[0]["metadata"].get("plg_ends") is None


def test_what_the_customer_had_cancelled_stays_cancelled(closing):
    press_portal(closing, "cancel_later", closing.stripe.all("subscription")[0]["id"])
    closing.ask()
    closing.keep()

    assert ends(closing) == ("active", True)


def test_a_workspace_that_is_gone_pays_no_more_and_its_card_is_removed(closing):
    closing.delete()

    assert ends(closing)[0] == "canceled"
    assert len(closing.happened(names.SUBSCRIPTION_CANCELLED)) == 1
    assert closing.happened(names.CARD_REMOVED)[0]["last4"] == "4242"
    with closing.app.app_context():
        assert cards.current_of(closing.account) is None


def test_a_payment_that_plg_was_not_told_of_ends_with_the_workspace_too(shop, worker_of):
    shop.stripe.courier.adjust(drop=1000)
    shop.stripe.press(shop.checkout(), "pay")
    with shop.app.app_context():
        delete(shop.account)
        db.session.commit()
    worker_of(shop.app)()

    assert ends(shop)[0] == "canceled"


def test_the_checkout_of_a_workspace_that_is_to_be_deleted_is_closed(shop, worker_of):
    shop.checkout()
    with shop.app.app_context():
        deletion.request(shop.account, "Acme", by=shop.owner)
        db.session.commit()
    worker_of(shop.app)()

    assert [each["status"] for each in shop.stripe.all("checkout.session")] == ["expired"]


def test_while_stripe_is_away_the_end_waits(closing, monkeypatch):
    monkeypatch.setattr(gateway, "RETRIES", 0)
    closing.app.extensions["plg.stripe"] = gateway.connect(closing.app.extensions["plg.settings"])
    closing.stripe.outage.set()
    closing.ask(may_fail=True)
    in_between = ends(closing)
    closing.stripe.outage.clear()
    let_it_try_again(closing)

    assert in_between == ("active", False)
    assert ends(closing) == ("active", True)


def let_it_try_again(shop):
    with shop.app.app_context():
        db.session.execute(update(Cursor).values(retry_at=None))
        db.session.commit()
    shop.turns()
    shop.stripe.settle()


def test_an_event_of_this_name_that_somebody_else_tells_ends_nothing(closing):
    happened(closing.app, names.ACCOUNT_DELETED, account_id=closing.account, source="api")
    closing.turns()

    assert ends(closing) == ("active", False)
