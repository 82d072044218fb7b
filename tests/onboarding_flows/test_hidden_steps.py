"""Steps that are there for some, and steps that do not stay done."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from onboarding_flows import analytics, event_names, lapsing, trying
from plg.kit.clock import now
from plg.kit.db import db
from tests.onboarding_flows.conftest import ANA, Call, State, done, flow, publish, step
from tests.onboarding_flows.samples import DEVELOPERS
from tests.onboarding_flows.test_by_rule import give
from tests.onboarding_flows.test_concurrency import good
from tests.onboarding_flows.test_explain import explained
from tests.onboarding_flows.test_migrating import moved, previewed
from tests.onboarding_flows.test_progress import recorded
from tests.onboarding_flows.test_steps import faults
from tests.support.story import happened, in_parallel


def keys(checklist: dict[str, Any]) -> list[str]:
    return [each["key"] for each in checklist["steps"]]


def for_developers(key: str = "api", event: str = "Key Created", **more: Any) -> dict[str, Any]:
    return step(key, event, visible_when=DEVELOPERS, **more)


def test_a_step_is_there_once_its_condition_held_and_does_not_go_away(
    app: Flask, worker, ana: int, acme: int, shown: State
) -> None:
    publish(app, flow("start", step("a", "A"), for_developers(), step("b", "B", requires=["api"])))
    (mine,) = shown(ana, acme)
    assert (keys(mine), mine["progress"]["total"]) == (["a", "b"], 2)
    assert mine["steps"][1]["locked"] is False, "nobody waits for what is not there"
    give(app, ana, job="dev")
    worker(now=now())
    (mine,) = shown(ana, acme)
    assert (keys(mine), mine["steps"][2]["locked_by"]) == (["a", "api", "b"], ["api"])
    give(app, ana, job="ops")
    worker(now=now() + dt.timedelta(minutes=2))
    assert keys(shown(ana, acme)[0]) == ["a", "api", "b"]


def test_it_is_there_from_the_beginning_for_whom_it_is_and_when_they_act(
    app: Flask, worker, ana: int, luis: int, acme: int, shown: State
) -> None:
    seen = {"event": "Plan Looked At"}
    flow_ = flow(
        "start", step("a", "A"), for_developers(), step("plan", "P", visible_when=seen), scope="person"
    )
    publish(app, flow_)
    give(app, ana, job="dev")
    assert [keys(shown(each, acme)[0]) for each in (ana, luis)] == [["a", "api"], ["a"]]
    happened(app, "Plan Looked At", account_id=acme, person_id=luis)
    happened(app, "A", account_id=acme, person_id=luis)
    worker()
    (his,) = shown(luis, acme)
    assert (keys(his), done(his), his["completed"]) == (["a", "plan"], ["a"], False)


def test_a_flow_is_complete_when_what_is_there_is_done_and_does_not_grow_then(
    app: Flask, worker, ana: int, acme: int, shown: State
) -> None:
    publish(app, flow("start", step("a", "A"), for_developers()))
    happened(app, "A", account_id=acme, person_id=ana)
    worker()
    assert [each.properties["steps"] for each in recorded(app, event_names.COMPLETED)] == [1]
    give(app, ana, job="dev")
    worker(now=now())
    (mine,) = shown(ana, acme)
    assert (keys(mine), mine["completed"], mine["progress"]) == (
        ["a"],
        True,
        {"done": 1, "skipped": 0, "total": 1},
    )


def test_what_was_done_is_there_whatever_its_condition(
    app: Flask, client: FlaskClient, worker, ana: int, acme: int, headers, shown: State
) -> None:
    publish(app, flow("start", step("a", "A"), for_developers(), step("hand", visible_when=DEVELOPERS)))
    complete = "/v1/widget/flows/start/steps/hand/complete"
    assert client.post(complete, json={}, headers=headers(ana, acme)).json["code"] == "step_not_found"
    happened(app, "Key Created", account_id=acme, person_id=ana)
    worker()
    (mine,) = shown(ana, acme)
    assert (keys(mine), done(mine), mine["completed"]) == (["a", "api"], ["api"], False)
    give(app, ana, job="dev")
    worker(now=now())
    assert client.post(complete, json={}, headers=headers(ana, acme)).status_code == 200


def test_why_a_step_is_not_there_is_explained(
    app: Flask, client: FlaskClient, secret_key: str, ana: int, acme: int, shown: State
) -> None:
    publish(app, flow("start", step("a", "A"), for_developers()))
    shown(ana, acme)
    give(app, ana, job="ops")
    told = explained(client, secret_key, **ANA)["steps"][1]
    assert (told["state"], told["visible_when"]["holds"], told["visible_when"]["found"]) == (
        "hidden",
        False,
        "ops",
    )


def test_trying_counts_only_what_would_be_there(app: Flask, ana: int, luis: int, acme: int) -> None:
    give(app, ana, job="dev")
    for person in (ana, luis):
        happened(app, "A", account_id=acme, person_id=person)
    definition = flow("start", step("a", "A"), for_developers(), scope="person")
    with app.app_context():
        told = trying.replay(trying.candidate("start", definition=definition), 30)
    assert (told["enrolled"], told["completed"]) == (2, 1)
    assert [each["stuck"]["count"] for each in told["steps"]] == [0, 1]


def test_who_is_moved_sees_what_is_there_for_them(
    app: Flask, worker, ana: int, luis: int, acme: int, shown: State
) -> None:
    publish(app, flow("start", step("a", "A"), for_developers(), step("c", "C"), scope="person"))
    give(app, ana, job="dev")
    for person in (ana, luis):
        happened(app, "A", account_id=acme, person_id=person)
    worker()
    new = flow(
        "start",
        step("a", "A"),
        for_developers("keys"),
        step("more", "More", visible_when=DEVELOPERS),
        scope="person",
    )
    publish(app, new)
    told = previewed(app, {"api": "keys"})
    assert (told["completed"], told["would_be_completed"]) == (0, 0), "steps that are gained count as open"
    moved(app, {"api": "keys"})
    assert keys(shown(ana, acme)[0]) == ["a", "keys", "more"]
    assert (keys(shown(luis, acme)[0]), shown(luis, acme)[0]["completed"]) == (["a"], True)


def test_figures_and_the_preview_of_a_move_know_what_is_not_there(
    app: Flask, worker, ana: int, luis: int, acme: int, shown: State
) -> None:
    publish(app, flow("start", step("a", "A"), for_developers(), step("c", "C"), scope="person"))
    give(app, ana, job="dev")
    for person in (ana, luis):
        happened(app, "A", account_id=acme, person_id=person)
    worker()
    with app.app_context():
        figures = analytics.funnel("start").steps
        assert [(each.step.key, each.enrolled, each.done) for each in figures][:2] == [
            ("a", 2, 2),
            ("api", 1, 0),
        ]
        db.session.rollback()
    publish(app, flow("start", step("a", "A"), for_developers(), scope="person"))
    assert previewed(app)["would_be_completed"] == 1
    moved(app)
    assert [shown(each, acme)[0]["completed"] for each in (ana, luis)] == [False, True]


LAPSES = {"completes_when": DEVELOPERS, "manual": False, "stays_done": False}
STAYS = {"completes_when": DEVELOPERS, "manual": False}


def test_only_a_step_that_says_so_is_open_again_when_its_rule_holds_no_more(
    app: Flask, worker, ana: int, acme: int, shown: State, call: Call
) -> None:
    steps = (step("lapses", **LAPSES), step("stays", **STAYS), step("said", **LAPSES))
    publish(app, flow("start", *steps))
    call("start/steps/said/complete", ANA)
    give(app, ana, job="dev")
    worker(now=now())
    assert shown(ana, acme)[0]["completed"] is True
    give(app, ana, job="ops")
    worker(now=now() + dt.timedelta(minutes=2))
    (mine,) = shown(ana, acme)
    assert (done(mine), mine["completed"]) == (["stays", "said"], False), "what a server said stays"
    assert [each.properties["step"] for each in recorded(app, event_names.STEP_UNDONE)] == ["lapses"]
    give(app, ana, job="dev")
    worker(now=now() + dt.timedelta(minutes=4))
    assert shown(ana, acme)[0]["completed"] is True
    assert len(recorded(app, event_names.COMPLETED)) == 2


def test_it_is_taken_back_once_by_many_at_once(app: Flask, worker, ana: int, acme: int) -> None:
    publish(app, flow("start", step("lapses", **LAPSES), step("b", "B")))
    happened(app, "B", account_id=acme, person_id=ana)
    give(app, ana, job="dev")
    worker(now=now())
    give(app, ana, job="ops")
    results = good(in_parallel(app, 6, lambda _: lapsing.take_back(now())))
    assert sum(map(int, results)) == 1  # type: ignore[call-overload]
    assert len(recorded(app, event_names.STEP_UNDONE)) == 1
    with app.app_context():
        assert lapsing.take_back(now()) == 0
        db.session.rollback()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_conditions_that_make_no_sense_are_refused(app: Flask) -> None:
    with app.app_context():
        assert "there for everybody" in faults(flow("x", for_developers()))["steps.0.visible_when"]
        odd = flow(
            "x", step("a", "A", stays_done=False), step("b", "B", visible_when={"field": "shoe", "eq": 1})
        )
        found = faults(odd)
    assert "only with completes_when" in found["steps.0"]
    assert "steps.1.visible_when" in found
