"""A trial that several people and the clock lay hands on at the same moment."""

import datetime as dt

import pytest
from sqlalchemy import select

from plg.events import log, names
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from plg.plans import assignments
from plg.trials import jobs, trials
from tests.support.story import in_parallel, make_account, make_person, publish_plans


@pytest.fixture
def trial(app):
    publish_plans(app)
    account = make_account(app, (make_person(app), "owner"))
    with app.app_context():
        started = trials.start(account, by="tests")
        db.session.commit()
    return started


def test_days_that_several_give_at_once_are_all_given(app, trial):
    in_parallel(app, 8, lambda i: trials.extend(trial.account_id, i + 1, reason="kind", by="staff:1"))

    with app.app_context():
        assert trials.of_account(trial.account_id).ends_at == trial.started_at + dt.timedelta(days=14 + 36)


@pytest.mark.parametrize("attempt", range(3))
def test_days_given_while_the_clock_runs_out_are_given_or_refused(app, trial, attempt):
    def act(index):
        if index:
            return jobs.expire_trials(trial.ends_at)
        return trials.extend(trial.account_id, 7, reason="kind", by="staff:1")

    extended, expired = in_parallel(app, 2, act)

    with app.app_context():
        kept = trials.of_account(trial.account_id)
        plan = assignments.current(trial.account_id).plan.key
    if isinstance(extended, trials.NoActiveTrial):
        assert (expired, kept.status, plan) == (1, "ended", "free")
    else:
        assert (expired, kept.status, plan) == (0, "active", "trial")
        assert kept.ends_at > now() + dt.timedelta(days=20)


def test_who_pays_when_the_clock_runs_out_is_told_as_converted_once(app, trial, worker):
    """The clock may come before the reader of `Subscription Started`."""
    with app.app_context():
        assignments.assign(trial.account_id, "pro", source="subscription", by="tests")
        log.record(names.SUBSCRIPTION_STARTED, account_id=trial.account_id)
        jobs.expire_trials(trial.ends_at)
        db.session.commit()
    worker()
    with app.app_context():
        told = select(Event.name).where(Event.name.in_({names.TRIAL_CONVERTED, names.TRIAL_ENDED}))
        assert db.session.scalars(told).all() == [names.TRIAL_CONVERTED]
