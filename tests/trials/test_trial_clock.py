"""A trial starts once, ends once, and never takes away what was paid for."""

import datetime as dt
import re

import pytest
import time_machine
from sqlalchemy import func, select, text, update

from plg.accounts import accounts
from plg.events import log, names
from plg.events.models import Event
from plg.kit.caller import Caller
from plg.kit.clock import now, zone
from plg.kit.db import db, is_postgres
from plg.plans import assignments
from plg.trials import jobs, trials
from plg.trials.models import Trial
from plg.upgrades.widget import widget_state
from tests.support.queries import with_plan
from tests.support.story import at, happened, in_parallel, make_account, make_person, publish_plans


@pytest.fixture
def account(app):
    publish_plans(app)
    return make_account(app, (make_person(app), "owner"))


def start(app, account):
    with app.app_context():
        trial = trials.start(account, by="tests")
        db.session.commit()
        return trial


def state(app, account):
    with app.app_context():
        return trials.of_account(account).status, assignments.current(account).plan.key


def count(app, name):
    with app.app_context():
        return db.session.scalar(select(func.count()).where(Event.name == name))


def test_a_trial_gives_its_plan_at_once_for_its_days(app, account):
    trial = start(app, account)
    assert state(app, account) == ("active", "trial")
    assert trial.ends_at - trial.started_at == dt.timedelta(days=14)
    assert trial.days_left(trial.started_at, dt.UTC) == 14


@pytest.mark.parametrize(
    ("moment", "in_auckland", "in_utc", "in_honolulu"),
    [
        ("2026-06-01 09:30", 14, 14, 14),
        ("2026-06-02 09:29", 13, 13, 13),
        ("2026-06-14 09:59", 1, 1, 1),
        ("2026-06-14 10:01", 1, 1, 0),
        ("2026-06-14 12:01", 0, 1, 0),
        ("2026-06-15 09:29", 0, 0, 0),
    ],
)
def test_the_days_left_are_counted_in_the_accounts_own_calendar(moment, in_auckland, in_utc, in_honolulu):
    """It ends on the 15th at 21:30 in Auckland, on the 14th at 23:30 in Honolulu."""
    trial = Trial(status="active", ends_at=at("2026-06-15 09:30"))
    zones = [zone("Pacific/Auckland"), dt.UTC, zone("Pacific/Honolulu")]
    assert [trial.days_left(at(moment), each) for each in zones] == [in_auckland, in_utc, in_honolulu]


def test_a_trial_that_is_over_has_no_days_left():
    ended = Trial(status="ended", ends_at=at("2026-06-15 09:30"))
    assert ended.days_left(at("2026-06-01 09:30"), dt.UTC) == 0


def test_the_widget_and_the_sign_up_door_count_in_the_accounts_calendar(app, client, secret_key):
    publish_plans(app)
    form = {
        "email": "ana@acme.example",
        "password": "correct horse battery",
        "name": "Ana",
        "company": "Acme",
    }
    headers = {"Authorization": f"Bearer {secret_key}"}
    signed_up = client.post("/v1/signups", json=form | {"timezone": "Pacific/Kiritimati"}, headers=headers)
    refused = client.post("/v1/signups", json=form | {"timezone": "Mars/Olympus"}, headers=headers)

    assert (signed_up.status_code, signed_up.json["trial"]["days_left"]) == (201, 14)
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "timezone")
    with app.app_context():
        account = accounts.find(signed_up.json["account"])
        assert account.timezone == "Pacific/Kiritimati"
        caller = Caller("user", account_id=account.id)
        db.session.execute(update(Trial).values(ends_at=_midnight_after(now(), account.timezone)))
        assert widget_state(caller, "en")["trial"]["days_left"] == 1


def _midnight_after(moment, timezone):
    """The first second of tomorrow there."""
    today = moment.astimezone(zone(timezone)).date()
    start = dt.datetime.combine(today + dt.timedelta(days=1), dt.time(), zone(timezone))
    return start.astimezone(dt.UTC)


@pytest.mark.parametrize("said", ["on the page", "by an event"])
def test_in_another_zone_it_ends_at_its_time_of_day_there(app, account, worker, said):
    with time_machine.travel(at("2026-03-20 17:30"), tick=False):
        start(app, account)
        with app.app_context():
            row = accounts.get(account)
            if said == "on the page":
                accounts.change(row, name=row.name, timezone="Europe/Madrid", locale=None, by="tests")
            else:
                accounts.describe(row, {"timezone": "Europe/Madrid"})
            db.session.commit()
        worker()

    with app.app_context():
        trial = trials.of_account(account)
        assert trial.ends_at == trial.due_at == trials.explain(account)[-1].ends_at == at("2026-04-03 16:30")


def test_started_in_parallel_there_is_one_trial(app, account):
    results = in_parallel(app, 8, lambda i: trials.start(account, by="tests").id)
    assert len(set(results)) == 1
    assert count(app, names.TRIAL_STARTED) == 1


def test_at_its_end_the_account_falls_to_the_plan_that_the_catalogue_says(app, account, worker):
    trial = start(app, account)
    worker(now=trial.ends_at - dt.timedelta(seconds=1))
    assert state(app, account) == ("active", "trial")
    worker(now=trial.ends_at)
    assert state(app, account) == ("ended", "free")
    worker(now=trial.ends_at + dt.timedelta(days=1))
    assert count(app, names.TRIAL_ENDED) == 1


def test_days_given_and_taken_back_move_the_end(app, account):
    trial = start(app, account)
    with app.app_context():
        trials.extend(account, 7, reason="asked kindly", by="staff:1")
        longer = trials.extend(account, -2, reason="counted twice", by="staff:1")
        assert longer.ends_at == trial.started_at + dt.timedelta(days=19)


@pytest.mark.parametrize("days", [0, 366, -366])
def test_an_extension_of_an_impossible_length_is_refused(app, account, days):
    start(app, account)
    with app.app_context(), pytest.raises(trials.BadExtension):
        trials.extend(account, days, reason="x", by="tests")


def test_who_paid_in_the_last_second_keeps_what_they_paid_for(app, account, worker):
    trial = start(app, account)
    with app.app_context():
        assignments.assign(account, "pro", source="subscription", by="tests")
        db.session.commit()
    worker(now=trial.ends_at)
    assert state(app, account) == ("converted", "pro")
    assert count(app, names.TRIAL_ENDED) == 0


def test_a_started_subscription_converts_the_trial_once(app, account, worker):
    start(app, account)
    with app.app_context():
        assignments.assign(account, "pro", source="subscription", by="tests")
        for _ in range(2):
            log.record(names.SUBSCRIPTION_STARTED, account_id=account)
        db.session.commit()
    worker()
    assert state(app, account) == ("converted", "pro")
    assert count(app, names.TRIAL_CONVERTED) == 1


def test_payment_and_expiry_at_the_same_moment_end_in_the_paid_plan(app, account):
    trial = start(app, account)

    def act(index):
        if index:
            return jobs.expire_trials(trial.ends_at)
        return assignments.assign(account, "pro", source="subscription", by="tests")

    for _ in range(5):
        in_parallel(app, 2, act)
        assert state(app, account)[1] == "pro"
        with app.app_context():
            again = {"status": "active", "due_at": trial.ends_at, "closed_at": None}
            db.session.execute(update(Trial).values(again))
            assignments.assign(account, "trial", source="trial", by="tests")
            db.session.commit()


def test_parallel_workers_end_each_trial_once(app):
    publish_plans(app)
    for i in range(30):
        start(app, make_account(app, name=f"a{i}"))
    later = now() + dt.timedelta(days=15)
    handled = in_parallel(app, 4, lambda i: jobs.expire_trials(later))
    assert sum(handled) == 30
    assert count(app, names.TRIAL_ENDED) == 30


def test_of_all_trials_only_those_that_are_due_are_read(app):
    publish_plans(app)
    for number in range(20):
        start(app, make_account(app, key=f"company-{number}"))
    with app.app_context():
        if is_postgres():
            db.session.execute(text("ANALYZE trials"))
            db.session.execute(text("SET LOCAL enable_seqscan = off"))
        ended, plan = with_plan(lambda: jobs.expire_trials(now() + dt.timedelta(days=15)))

    assert ended == 20
    assert "ix_trials_due_at" in plan
    assert not re.search(r"SCAN trials(?! USING INDEX ix_trials_due_at)|Seq Scan|TEMP B-TREE|Sort", plan)


def test_an_account_is_activated_by_its_first_moment_of_value_only(app, account, worker):
    person = make_person(app, "eva@acme.example")
    happened(app, "Customer Created", account_id=account)
    worker()
    assert count(app, names.ACTIVATED) == 0
    for _ in range(3):
        happened(app, "Invoice Sent", times=2, account_id=account, person_id=person)
        worker()
    assert count(app, names.ACTIVATED) == 1
