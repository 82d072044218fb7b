"""What comes before a trial and after it: cards, first use, grace, pause, lock, credits, another trial."""

import datetime as dt

import pytest
import time_machine

from plg.events import names
from plg.kit.clock import now
from plg.kit.db import db
from plg.plans import assignments
from plg.trials import trials
from plg.usage import entitlements, paywall
from tests.support.story import happened, make_account, make_person, publish_plans
from tests.trials.wording import (
    billed,
    carded,
    do,
    ends_at,
    later,
    paid,
    plans_with,
    publish,
    start,
    state,
    told,
)


@pytest.fixture
def account(app):
    return make_account(app, (make_person(app), "owner"))


def test_a_reverse_trial_gives_the_paid_plan_for_a_while_and_then_the_free_one(app, account, worker):
    publish(app, plan="pro")
    trial = start(app, account)
    assert state(app, account) == ("active", "pro", "full")
    worker(now=trial.ends_at)
    assert state(app, account) == ("ended", "free", "full")


def test_a_plan_with_a_trial_of_its_own_is_tried_for_its_own_time(app, account):
    plans = plans_with()
    plans["plans"]["pro"]["trial"] = {"days": 30, "at_end": "free"}
    publish_plans(app, plans)
    trial = start(app, account, plan="pro")
    assert (trial.plan_key, (trial.ends_at - trial.started_at).days) == ("pro", 30)


@pytest.mark.parametrize("plan", ["free", "gone"])
def test_a_plan_without_a_trial_starts_none(app, account, plan):
    publish(app)
    with pytest.raises(Exception, match=plan):
        start(app, account, plan=plan)


def test_who_is_in_a_trial_keeps_its_rule_when_another_is_published(app, account, worker):
    publish(app)
    trial = start(app, account)
    publish(app, days=3, at_end=None, end="lock")
    worker(now=trial.ends_at - dt.timedelta(minutes=1))
    assert state(app, account)[0] == "active"
    worker(now=trial.ends_at)
    assert state(app, account) == ("ended", "free", "full")


def test_in_its_grace_the_plan_stays_and_then_it_ends(app, account, worker):
    publish(app, grace=3)
    trial = start(app, account)
    worker(now=trial.ends_at)
    assert state(app, account) == ("grace", "trial", "full")
    worker(now=trial.ends_at + dt.timedelta(days=3, minutes=-1))
    assert state(app, account)[0] == "grace"
    worker(now=trial.ends_at + dt.timedelta(days=3))
    assert state(app, account) == ("ended", "free", "full")
    assert [one["reason"] for one in told(app, names.TRIAL_ENDED)] == ["time"]


def test_days_given_in_grace_let_it_run_again(app, account, worker):
    publish(app, grace=3)
    trial = start(app, account)
    worker(now=trial.ends_at)
    do(app, "extend", account, 7, reason="asked", by="staff:1")
    assert state(app, account) == ("active", "trial", "full")
    assert ends_at(app, account) == trial.ends_at + dt.timedelta(days=7)


@pytest.mark.parametrize(("end", "access"), [("pause", "read_only"), ("lock", "locked")])
def test_after_a_trial_that_pauses_or_locks_features_are_refused_but_the_export(
    app, account, worker, end, access
):
    publish(app, at_end=None, end=end)
    worker(now=start(app, account).ends_at)
    assert state(app, account) == ("ended", "trial", access)
    with app.app_context():
        found = entitlements.of_account(account)
        refused = paywall.check(account, "invoices")
    assert found.access == access
    assert found.by_feature["export"].allowed
    assert (refused["allowed"], refused["reason"], refused["paywall"]["reason"]) == (False, access, access)
    assert [plan["key"] for plan in refused["paywall"]["plans"]] == ["pro"]
    paid(app, account)
    assert state(app, account)[1:] == ("pro", "full")


def test_a_paused_trial_lets_look_and_its_clock_stands_still(app, account, worker):
    publish(app)
    trial = start(app, account)
    do(app, "pause", account, reason="holiday", by="staff:1")
    assert state(app, account) == ("paused", "trial", "read_only")
    worker(now=trial.ends_at + dt.timedelta(days=100))
    with later(days=50):
        do(app, "resume", account, by="staff:1")
    assert state(app, account) == ("active", "trial", "full")
    assert 64 <= (ends_at(app, account) - trial.started_at).days <= 65


def test_what_cannot_happen_is_refused(app, account):
    publish(app)
    with pytest.raises(trials.NoActiveTrial):
        do(app, "pause", account, reason="x", by="tests")
    start(app, account)
    for verb in ("release", "resume"):
        with pytest.raises(trials.NotInThisState):
            do(app, verb, account, by="tests")


# --- credits ----------------------------------------------------------------------------------------


def test_a_trial_by_credits_is_over_when_they_are_used_however_often_the_log_is_read(app, account, worker):
    publish(app, credits={"feature": "invoices", "amount": 3})
    happened(app, "Invoice Sent", 5, account_id=account, occurred_at=now() - dt.timedelta(days=1))
    start(app, account)
    happened(app, "Invoice Sent", 5, account_id=account, source="import")
    happened(app, "Invoice Sent", 2, account_id=account)
    worker()
    from plg.events import subscribers

    with app.app_context():
        subscribers.replay("trials.deeds")
        db.session.commit()
    worker()
    assert state(app, account)[0] == "active"
    happened(app, "Invoice Sent", account_id=account)
    worker()
    assert state(app, account) == ("ended", "free", "full")
    assert [one["reason"] for one in told(app, names.TRIAL_ENDED)] == ["credits"]


# --- another one, and the account's own end -----------------------------------------------------------


def test_a_second_trial_is_given_by_policy_only(app, account, worker):
    publish(app, again_after=90)
    first = start(app, account)
    moment = first.ends_at + dt.timedelta(seconds=1)
    worker(now=moment)
    with time_machine.travel(moment + dt.timedelta(days=89)), pytest.raises(trials.TrialUsed):
        start(app, account)
    with time_machine.travel(moment + dt.timedelta(days=91)):
        second = start(app, account)
    assert second.id != first.id
    assert state(app, account) == ("active", "trial", "full")


def test_without_a_policy_only_staff_starts_it_again(app, account, worker):
    publish(app)
    worker(now=start(app, account).ends_at)
    with pytest.raises(trials.TrialUsed):
        start(app, account)
    do(app, "start", account, again=True, reason="they asked", by="staff:1")
    assert state(app, account) == ("active", "trial", "full")


def test_who_pays_needs_no_trial(app, account):
    publish(app)
    paid(app, account)
    with pytest.raises(trials.AlreadyPaying):
        start(app, account)
    assert state_of_plan(app, account) == "pro"


def state_of_plan(app, account):
    with app.app_context():
        return assignments.current(account).plan.key


def test_a_workspace_that_is_to_be_deleted_is_not_charged_and_one_that_was_has_no_trial(app, account, worker):
    carded(app, account, worker)
    billed(app, account, names.ACCOUNT_DELETION_REQUESTED)
    worker()
    with app.app_context():
        assert not trials.of_account(account).stays
    billed(app, account, names.ACCOUNT_DELETED)
    worker()
    assert state(app, account)[0] == "ended"


def test_a_payment_of_before_converts_no_later_trial(app, account, worker):
    publish(app)
    billed(app, account, names.SUBSCRIPTION_STARTED, plan="pro")
    start(app, account)
    worker()
    assert state(app, account) == ("active", "trial", "full")


def test_a_host_product_that_bills_itself_converts_by_its_own_event(app, account, worker):
    publish(app)
    start(app, account)
    happened(
        app, names.SUBSCRIPTION_STARTED, account_id=account, properties={"plan": "pro"}, source="segment"
    )
    worker()
    assert state(app, account) == ("converted", "pro", "full")


# --- started by an event -----------------------------------------------------------------------------


def test_the_host_products_own_event_starts_the_trial_once(app, account, worker):
    publish(app, starts_on="Signed Up")
    happened(app, "Signed Up", 3, account_id=account, source="segment")
    worker()
    happened(app, "Signed Up", account_id=account, source="segment")
    worker()
    assert state(app, account)[0] == "active"
    assert len(told(app, names.TRIAL_STARTED)) == 1


@pytest.mark.parametrize(
    "values",
    [{"source": "import"}, {"source": "plg"}, {"context": {"plg_heard_only": True}}, {"account_id": None}],
)
def test_history_browsers_and_our_own_events_start_none(app, account, worker, values):
    publish(app, starts_on="Signed Up")
    happened(app, "Signed Up", **{"account_id": account, "source": "segment"} | values)
    worker()
    assert told(app, names.TRIAL_STARTED) == []
