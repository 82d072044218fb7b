"""What a trial may wait for before its clock runs: a review, a card, the first use; and what a card leads to."""

import datetime as dt

import pytest
import time_machine

from plg.events import names
from plg.kit.clock import now
from plg.kit.db import db
from plg.trials import trials
from tests.support.story import happened, make_account, make_person
from tests.trials.wording import CARD, billed, carded, do, ends_at, paid, publish, start, state, told


@pytest.fixture
def account(app):
    return make_account(app, (make_person(app), "owner"))


# --- the clock waits --------------------------------------------------------------------------------


def test_a_held_trial_gives_nothing_until_it_is_released(app, account, worker):
    publish(app)
    start(app, account, held=True)
    assert state(app, account) == ("held", "free", "full")
    worker(now=now() + dt.timedelta(days=400))
    assert state(app, account)[0] == "held"
    released = do(app, "release", account, by="staff:1")
    assert state(app, account) == ("active", "trial", "full")
    assert (released.ends_at - released.started_at).days == 14
    assert [one["waits_for"] for one in told(app, names.TRIAL_REQUESTED)] == ["review"]


def test_a_clock_that_starts_with_the_first_use(app, account, worker):
    publish(app, clock="activation")
    start(app, account)
    assert state(app, account) == ("awaiting_activation", "trial", "full")
    moment = now() + dt.timedelta(days=5)
    with time_machine.travel(moment):
        happened(app, "Invoice Sent", account_id=account)
        worker()
    assert state(app, account)[0] == "active"
    assert ends_at(app, account) == moment + dt.timedelta(days=14)


def test_a_first_use_that_does_not_come_lets_it_lapse(app, account, worker):
    publish(app, clock="activation", activate_within=10)
    trial = start(app, account)
    assert trial.due_at - trial.requested_at == dt.timedelta(days=10)
    worker(now=trial.due_at)
    assert state(app, account) == ("ended", "free", "full")


def test_who_was_active_before_does_not_wait_for_it_again(app, account, worker):
    publish(app, clock="activation")
    happened(app, "Invoice Sent", account_id=account)
    worker()
    start(app, account)
    assert state(app, account)[0] == "active"


# --- card first -------------------------------------------------------------------------------------


def test_a_card_starts_the_clock_and_is_charged_for_at_the_end(app, account, worker):
    trial = carded(app, account, worker)
    assert trial.card == "visa 4242"
    worker(now=trial.ends_at)
    assert state(app, account) == ("converting", "trial", "full")
    due = {"trial_plan_name": "trial", "plan": "pro", "interval": "month"}
    assert told(app, names.TRIAL_PAYMENT_DUE) == [due]
    paid(app, account)
    billed(app, account, names.SUBSCRIPTION_STARTED, plan="pro")
    worker()
    assert state(app, account) == ("converted", "pro", "full")


@pytest.mark.parametrize("grace", [0, 3])
def test_a_charge_that_is_never_answered_ends_it(app, account, worker, grace):
    trial = carded(app, account, worker, grace=grace)
    worker(now=trial.ends_at)
    worker(now=trial.ends_at + dt.timedelta(days=max(grace, 1), minutes=-1))
    assert state(app, account)[0] == "converting"
    worker(now=trial.ends_at + dt.timedelta(days=max(grace, 1)))
    assert state(app, account) == ("ended", "free", "full")


@pytest.mark.parametrize(("grace", "status"), [(0, "ended"), (3, "converting")])
def test_a_failed_charge_ends_it_or_leaves_the_grace_to_try_again(app, account, worker, grace, status):
    trial = carded(app, account, worker, grace=grace)
    worker(now=trial.ends_at)
    billed(app, account, names.PAYMENT_FAILED)
    worker()
    assert state(app, account)[0] == status


def test_who_calls_it_off_keeps_the_days_and_is_not_charged(app, account, worker):
    trial = carded(app, account, worker)
    for _ in range(2):
        do(app, "cancel", account, reason="too dear", by="person:1")
    assert state(app, account)[0] == "active"
    worker(now=trial.ends_at)
    assert state(app, account) == ("ended", "free", "full")
    assert told(app, names.TRIAL_PAYMENT_DUE) == []
    assert [one["reason"] for one in told(app, names.TRIAL_CANCELLED)] == ["too dear"]


def test_who_takes_that_back_is_charged_at_the_end(app, account, worker):
    trial = carded(app, account, worker)
    do(app, "cancel", account, by="person:1")
    for _ in range(2):
        do(app, "reactivate", account, by="person:1")
    assert len(told(app, names.TRIAL_REACTIVATED)) == 1
    worker(now=trial.ends_at)
    assert state(app, account)[0] == "converting"
    assert len(told(app, names.TRIAL_PAYMENT_DUE)) == 1


def test_who_calls_it_off_before_it_began_or_while_it_is_charged_is_done_at_once(app, account, worker):
    publish(app, **CARD)
    start(app, account)
    do(app, "cancel", account, by="person:1")
    assert state(app, account) == ("cancelled", "free", "full")
    with app.app_context():
        trials.start(account, again=True, by="staff:1")
        trials.add_card(account, "visa 1", by="tests")
        db.session.commit()
    worker(now=ends_at(app, account))
    do(app, "cancel", account, by="person:1")
    assert state(app, account) == ("ended", "free", "full")


def test_a_card_that_somebody_else_tells_of_starts_no_clock(app, account, worker):
    publish(app, **CARD)
    start(app, account)
    happened(app, names.CARD_ADDED, account_id=account, source="segment")
    worker()
    assert state(app, account)[0] == "awaiting_card"
