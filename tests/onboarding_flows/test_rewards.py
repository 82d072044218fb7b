"""What steps earn: points, and days of the trial, once each, as long as they are done."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from onboarding_flows import event_names, subscribers
from onboarding_flows.models import FlowReward
from plg.events import names
from plg.kit.db import db
from plg.people import identities
from plg.trials import trials
from tests.onboarding_flows.conftest import ANA, Call, State, flow, publish, step
from tests.onboarding_flows.test_concurrency import all_events, good
from tests.onboarding_flows.test_explain import explained
from tests.onboarding_flows.test_migrating import moved
from tests.onboarding_flows.test_progress import count, recorded
from tests.onboarding_flows.test_steps import faults
from tests.support.queries import count_queries
from tests.support.story import (
    at,
    happened,
    in_parallel,
    make_account,
    make_person,
    new_event,
    store_events,
)
from tests.trials.wording import publish as publish_trial
from tests.trials.wording import start as start_trial

REWARD = {"trial_days": 2, "points": 50}


def extra_days(app: Flask, account_id: int) -> int:
    with app.app_context():
        trial = trials.of_account(account_id)
        found = (trial.ends_at - trial.started_at).days - 14
        db.session.rollback()
        return found


def in_force(app: Flask) -> list[tuple[str, int, int, str | None]]:
    with app.app_context():
        rows = db.session.query(FlowReward).filter(FlowReward.reversed_at.is_(None)).order_by(FlowReward.id)
        found = [(row.step_key, row.points, row.trial_days, row.no_days) for row in rows]
        db.session.rollback()
        return found


@pytest.fixture
def on_trial(app: Flask, acme: int) -> int:
    publish_trial(app)
    start_trial(app, acme)
    return acme


def get(client: FlaskClient, secret_key: str, **asked: str) -> dict[str, Any]:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    answer = client.get(f"/v1/flows/points?{query}", headers={"Authorization": f"Bearer {secret_key}"})
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    return answer.json


def test_a_step_earns_points_and_days_which_a_reset_takes_back(
    app: Flask,
    client: FlaskClient,
    secret_key: str,
    worker,
    ana: int,
    on_trial: int,
    shown: State,
    call: Call,
) -> None:
    publish(
        app, flow("start", step("a", "A", reward=REWARD), step("b", "B", reward={"points": 5}), step("c"))
    )
    assert [each["reward"] for each in shown(ana, on_trial)[0]["steps"]] == [
        REWARD,
        {"trial_days": 0, "points": 5},
        None,
    ]
    for name in ("A", "A", "B"):
        happened(app, name, account_id=on_trial, person_id=ana)
    worker()
    assert (shown(ana, on_trial)[0]["points"], extra_days(app, on_trial)) == (55, 2)
    told = [each.properties for each in recorded(app, event_names.POINTS_EARNED)]
    assert sorted((each["step"], each["points"]) for each in told) == [("a", 50), ("b", 5)]
    assert get(client, secret_key, person="ana@acme.example")["points"] == 55
    assert get(client, secret_key, account="acme")["trial_days"] == 2
    why = explained(client, secret_key, **ANA)["steps"][0]["reward"]
    assert (why["given_points"], why["given_days"], why["no_days"]) == (50, 2, None)

    call("start/steps/a/reset", ANA)
    worker()
    assert (shown(ana, on_trial)[0]["points"], extra_days(app, on_trial)) == (5, 0)
    assert [e.properties["total"] for e in recorded(app, event_names.POINTS_TAKEN_BACK)] == [5]
    happened(app, "A", account_id=on_trial, person_id=ana)
    worker()
    assert (shown(ana, on_trial)[0]["points"], extra_days(app, on_trial)) == (55, 2), (
        "done again, earned again"
    )
    last = get(client, secret_key, **ANA)["data"]
    assert [(each["step"], each["reversed_at"] is None) for each in last] == [
        ("a", True),
        ("b", True),
        ("a", False),
    ]


def test_each_is_given_once_by_many_at_once_and_when_the_log_is_read_again(
    app: Flask, worker, ana: int, on_trial: int, call: Call
) -> None:
    publish(app, flow("start", step("a", "A", reward=REWARD), step("b", "B", reward=REWARD), step("c")))
    for name in ("A", "B"):
        happened(app, name, account_id=on_trial, person_id=ana)
    with app.app_context():
        subscribers.on_events(all_events(["A", "B"]))
        db.session.commit()
    settled = [event_names.STEP_COMPLETED, event_names.STEP_RESET]
    good(in_parallel(app, 6, lambda _: subscribers.on_steps_settled(all_events(settled))))
    assert (in_force(app), extra_days(app, on_trial)) == ([("a", 50, 2, None), ("b", 50, 2, None)], 4)
    call("start/steps/a/reset", ANA)
    good(in_parallel(app, 6, lambda _: subscribers.on_steps_settled(all_events(settled))))
    assert (in_force(app), extra_days(app, on_trial)) == ([("b", 50, 2, None)], 2)
    assert (
        len(recorded(app, names.TRIAL_DAYS_REVERSED))
        == len(recorded(app, event_names.POINTS_TAKEN_BACK))
        == 1
    )
    assert count(app, FlowReward) == 2


def test_days_end_at_the_cap_and_are_not_for_what_was_before_or_what_a_browser_says(
    app: Flask, worker, ana: int, acme: int, client: FlaskClient, secret_key: str
) -> None:
    quiz = {"event": "Quiz Passed", "days": 1, "name": {"en": "Quiz"}}
    publish_trial(app, earn=[quiz], earn_cap=3)
    start_trial(app, acme)
    kinds = ("before", "heard", "first", "second", "third")
    publish(app, flow("start", *(step(key, key, reward=REWARD) for key in kinds)))
    happened(app, "Quiz Passed", account_id=acme, person_id=ana)
    worker()
    rows = [new_event(key, account_id=acme, person_id=ana) for key in kinds]
    rows[0]["occurred_at"], rows[1]["context"] = at("2026-03-01 09:00"), {"plg_heard_only": True}
    for row in rows:
        store_events(app, [row])
        worker()
    assert sorted(in_force(app)) == [
        ("before", 50, 0, "before_trial"),
        ("first", 50, 2, None),
        ("heard", 50, 0, "not_believed"),
        ("second", 50, 0, "cap"),
        ("third", 50, 0, "cap"),
    ]
    assert extra_days(app, acme) == 3
    told = {each["step"]: each["reward"]["no_days"] for each in explained(client, secret_key, **ANA)["steps"]}
    assert told["second"] == "cap"


def test_a_persons_flow_earns_for_the_account_in_which_it_was_done(
    app: Flask, worker, ana: int, luis: int, on_trial: int
) -> None:
    publish(app, flow("mine", step("a", "A", reward={"trial_days": 1}), step("b", "B"), scope="person"))
    for person in (ana, luis):
        happened(app, "A", account_id=on_trial, person_id=person)
    worker()
    assert extra_days(app, on_trial) == 2
    assert recorded(app, event_names.POINTS_EARNED) == []


def test_without_a_trial_there_are_points_and_no_days(app: Flask, worker, ana: int, acme: int) -> None:
    publish(app, flow("start", step("a", "A", reward=REWARD)))
    happened(app, "A", account_id=acme, person_id=ana)
    worker()
    assert in_force(app) == [("a", 50, 0, "no_trial")]


def test_who_is_two_records_earned_it_once(app: Flask, worker, ana: int, on_trial: int) -> None:
    other = make_person(app, "other@acme.example")
    steps = (step("a", "A", reward=REWARD), step("b", "B", reward=REWARD), step("c"))
    publish(app, flow("mine", *steps, scope="person"))
    for person, name in ((ana, "A"), (other, "A"), (other, "B")):
        happened(app, name, account_id=on_trial, person_id=person)
    worker()
    assert extra_days(app, on_trial) == 6
    with app.app_context():
        identities.merge(ana, other, reason="tests", by="tests", force=True)
        db.session.commit()
    worker()
    assert sorted(in_force(app)) == [("a", 50, 2, None), ("b", 50, 2, None)]
    assert extra_days(app, on_trial) == 4


def test_what_was_earned_goes_with_a_step_that_is_moved(
    app: Flask, worker, ana: int, on_trial: int, shown: State, call: Call
) -> None:
    publish(app, flow("start", step("a", "A", reward=REWARD), step("gone", "G", reward=REWARD), step("c")))
    for name in ("A", "G"):
        happened(app, name, account_id=on_trial, person_id=ana)
    worker()
    publish(app, flow("start", step("new", "A", reward=REWARD), step("c")))
    moved(app, {"a": "new", "gone": None})
    worker()
    assert (in_force(app), extra_days(app, on_trial)) == ([("new", 50, 2, None)], 2)
    assert shown(ana, on_trial)[0]["points"] == 50
    call("start/reset", ANA)
    worker()
    assert (in_force(app), extra_days(app, on_trial)) == ([], 0)


def test_many_rewards_take_as_many_statements_as_few(app: Flask) -> None:
    publish_trial(app)
    publish(app, flow("start", step("a", "A", reward=REWARD), step("b", "B")))

    def statements(number: int, first: int) -> int:
        for n in range(first, first + number):
            person = make_person(app, f"p{n}@acme.example")
            account = make_account(app, (person, "owner"), key=f"acme-{n}")
            start_trial(app, account)
            happened(app, "A", account_id=account, person_id=person)
        with app.app_context():
            subscribers.on_events(all_events(["A"]))
            db.session.commit()
            batch = all_events([event_names.STEP_COMPLETED])
            with count_queries(db.engine) as counted:
                subscribers.on_steps_settled(batch)
                db.session.commit()
        return counted.count

    few = statements(2, first=0)
    assert statements(20, first=2) <= few + 2
    assert {days for _, _, days, _ in in_force(app)} == {2}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("how", "where"),
    [
        ({"reward": {}}, "steps.0.reward"),
        ({"reward": {"points": -1}}, "steps.0.reward.points"),
        ({"reward": {"trial_days": 61}}, "steps.0.reward.trial_days"),
        ({"reward": {"trial_days": 1}}, "steps.0"),
    ],
)
def test_a_reward_that_cannot_be_is_refused(app: Flask, how: dict[str, Any], where: str) -> None:
    assert list(faults(flow("x", step("by-hand", **how)))) == [where]
