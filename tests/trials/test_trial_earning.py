"""Days for what somebody did: once for each thing, up to a cap, taken back where it is undone, never for hearsay."""

import datetime as dt

import pytest

from plg.events import names, subscribers
from plg.kit.clock import now
from plg.kit.db import db
from plg.trials import trials
from tests.support.story import happened, in_parallel, make_account, make_person
from tests.trials.wording import do, ends_at, publish, start, state, told

STEP = {
    "event": "Onboarding Step Completed",
    "days": 1,
    "name": {"en": "Finish a step", "es": "Termina un paso"},
    "where": {"flow": "getting-started"},
    "each": "step",
    "most": 3,
}
QUIZ = {"event": "Quiz Passed", "days": 2, "name": {"en": "Pass the quiz"}}
COLLEAGUE = {
    "event": "Invoice Sent",
    "days": 3,
    "name": {"en": "A colleague who sends an invoice"},
    "only": "invited",
    "each": "person",
    "most": 2,
    "reversed_by": "Account Removed User",
}


@pytest.fixture
def account(app):
    publish(app, earn=[STEP, QUIZ, COLLEAGUE], earn_cap=8)
    account = make_account(app, (make_person(app), "owner"))
    start(app, account)
    return account


def step(app, account, key, flow="getting-started", **values):
    properties = {"flow": flow, "step": key}
    happened(app, STEP["event"], account_id=account, properties=properties, **values)


def extra_days(app, account):
    with app.app_context():
        trial = trials.of_account(account)
        return (trial.ends_at - trial.started_at).days - 14


def test_each_step_gives_its_day_once_and_only_as_often_as_the_rule_says(app, account, worker):
    for key in ("company", "company", "customer"):
        step(app, account, key)
    worker()
    assert extra_days(app, account) == 2
    for key in ("invoice", "colleague", "company"):
        step(app, account, key)
    worker()
    assert extra_days(app, account) == 3
    earned = told(app, names.TRIAL_DAYS_EARNED)
    assert [one["days"] for one in earned] == [1, 1, 1]
    assert earned[-1]["trial_end_date"] == ends_at(app, account).isoformat()


def test_read_again_the_log_gives_nothing_more(app, account, worker):
    step(app, account, "company")
    happened(app, "Quiz Passed", account_id=account)
    worker()
    for _ in range(2):
        with app.app_context():
            subscribers.replay("trials.deeds")
            db.session.commit()
        worker()
    assert extra_days(app, account) == 3
    assert len(told(app, names.TRIAL_DAYS_EARNED)) == 2


@pytest.mark.parametrize(
    "values",
    [
        {"flow": "another-flow"},
        {"source": "import"},
        {"context": {"plg_heard_only": True}},
        {"occurred_at": now() - dt.timedelta(days=30)},
    ],
    ids=["another flow", "history", "a browser", "before the trial"],
)
def test_what_the_rule_does_not_mean_or_nobody_believes_gives_nothing(app, account, worker, values):
    step(app, account, "company", **values)
    worker()
    assert extra_days(app, account) == 0


def test_the_browsers_key_earns_nothing_and_the_servers_does(
    app, account, worker, client, publishable_key, secret_key
):
    with app.app_context():
        from plg.accounts import accounts

        public_id = accounts.get(account).public_id
    for key, extra in ((publishable_key, 0), (secret_key, 2)):
        event = {"event": "Quiz Passed", "userId": "u1", "context": {"groupId": public_id}}
        sent = client.post(
            "/v1/track", json=event, headers={"Authorization": f"Bearer {key}"}, auth=(key, "")
        )
        assert sent.status_code == 200
        worker()
        assert extra_days(app, account) == extra


def colleague(app, account, email, *, invited=True):
    person = make_person(app, email)
    if invited:
        happened(app, names.INVITE_ACCEPTED, account_id=account, person_id=person, source="plg")
    return person


def test_an_invited_colleague_who_does_it_gives_days_until_they_are_taken_out(app, account, worker):
    bea, own = (
        colleague(app, account, "bea@acme.example"),
        colleague(app, account, "o@acme.example", invited=False),
    )
    for person in (bea, bea, own):
        happened(app, "Invoice Sent", account_id=account, person_id=person)
    worker()
    assert extra_days(app, account) == 3
    for _ in range(2):
        happened(app, names.ACCOUNT_REMOVED_USER, account_id=account, person_id=bea, source="plg")
        worker()
    assert extra_days(app, account) == 0
    assert [one["days"] for one in told(app, names.TRIAL_DAYS_REVERSED)] == [-3]


def test_in_and_out_again_is_no_way_to_more_days(app, account, worker):
    bea = colleague(app, account, "bea@acme.example")
    for _ in range(3):
        happened(app, "Invoice Sent", account_id=account, person_id=bea)
        happened(app, names.ACCOUNT_REMOVED_USER, account_id=account, person_id=bea, source="plg")
        worker()
    assert extra_days(app, account) == 0


def test_taken_out_in_the_same_breath_leaves_nothing(app, account, worker):
    bea = colleague(app, account, "bea@acme.example")
    worker()
    happened(app, "Invoice Sent", account_id=account, person_id=bea)
    happened(app, names.ACCOUNT_REMOVED_USER, account_id=account, person_id=bea, source="plg")
    worker()
    assert extra_days(app, account) == 0


def test_what_is_earned_ends_at_the_cap_and_what_is_taken_back_makes_room(app, account, worker):
    people = [colleague(app, account, f"c{i}@acme.example") for i in range(3)]
    for key in ("a", "b", "c"):
        step(app, account, key)
    for person in people[:2]:
        happened(app, "Invoice Sent", account_id=account, person_id=person)
    worker()
    assert extra_days(app, account) == 8, "3 + 3 + the 2 that are left of 8"
    happened(app, names.ACCOUNT_REMOVED_USER, account_id=account, person_id=people[0], source="plg")
    happened(app, "Invoice Sent", account_id=account, person_id=people[2])
    worker()
    assert extra_days(app, account) == 8


def test_nothing_is_earned_after_the_end(app, account, worker):
    worker(now=ends_at(app, account))
    happened(app, "Quiz Passed", account_id=account)
    worker()
    assert state(app, account)[0] == "ended"
    assert told(app, names.TRIAL_DAYS_EARNED) == []


def test_days_earned_while_paused_count_when_it_goes_on(app, account, worker):
    do(app, "pause", account, reason="x", by="staff:1")
    happened(app, "Quiz Passed", account_id=account)
    worker()
    assert state(app, account)[0] == "paused"
    do(app, "resume", account, by="staff:1")
    assert extra_days(app, account) == 2


def test_a_batch_of_many_accounts_takes_as_few_statements_as_one(app, account, worker):
    from plg.events.stream import Batch, history
    from plg.trials.subscribers import on_deeds
    from tests.support.queries import count_queries

    def statements(count):
        for number in range(count):
            other = make_account(app, name=f"Other {count} {number}")
            start(app, other)
            happened(app, "Quiz Passed", account_id=other)
        with app.app_context():
            events = history(names=["Quiz Passed"])[-count:]
            with count_queries(db.engine) as seen:
                on_deeds(Batch(events))
            db.session.commit()
            return seen.count

    assert statements(30) <= statements(2) + 1


def test_heard_by_several_workers_at_once_it_counts_once(app, account):
    from plg.events.stream import history
    from plg.trials import earning

    for key in ("a", "b", "c", "d"):
        step(app, account, key)
    with app.app_context():
        events = history(names=[STEP["event"]])
    in_parallel(app, 6, lambda i: earning.hear(events))
    assert extra_days(app, account) == 3
