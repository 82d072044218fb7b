"""A flow is tried on the past: what it says is what publishing it brings, and nothing is written."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from onboarding_flows import drafts, trying
from onboarding_flows.definition import Flow
from onboarding_flows.flows import PublishedFlow
from onboarding_flows.models import FlowEnrolment, StepCompletion
from onboarding_flows.tally import Tally, Today, Tried
from onboarding_flows.trying import TooManyToTry
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.strict_yaml import write_yaml
from plg.people import identities
from tests.onboarding_flows.conftest import flow, publish, step
from tests.onboarding_flows.test_audience import put_on
from tests.onboarding_flows.test_cli import Run, run  # noqa: F401 - a fixture
from tests.onboarding_flows.test_drafts import kept
from tests.onboarding_flows.test_lifecycle_doors import Ask, ask  # noqa: F401 - a fixture
from tests.support.queries import count_queries
from tests.support.story import (
    at,
    happened,
    make_account,
    make_person,
    new_event,
    publish_plans,
    store_events,
)


def tried(app: Flask, definition: dict[str, Any], last_days: int = 30, **more: Any) -> dict[str, Any]:
    with app.app_context():
        return trying.replay(trying.candidate("start", definition=definition), last_days, **more)


def counting(key: str, event: str, count: int = 1, **where: Any) -> dict[str, Any]:
    return {**step(key, event), "completes_on": {"event": event, "count": count, "where": where}}


def history(app: Flask, ana: int) -> int:
    """Twelve firms of two people each, on three plans; they did more or less, partly by a phone that turned out to be
    theirs. Returns the last account."""
    publish_plans(app)
    events = []
    for number in range(12):
        theirs = make_person(app, f"p{number}@acme.example")
        account = make_account(app, (ana, "owner"), (theirs, "member"), name=f"Firm {number}")
        put_on(app, account, ("free", "trial", "pro")[number % 3])
        phone = kept(app, identities.resolve, [f"phone-{number}"])[f"phone-{number}"]
        for turn in range(number):
            who = {"account_id": account, "person_id": (ana, theirs, phone)[turn % 3]}
            when = now() - dt.timedelta(days=turn % 4, hours=number)
            properties = {"amount": 40 * turn, "currency": "eur" if turn % 2 else "usd"}
            events.append(new_event("Invoice Sent", properties=properties, occurred_at=when, **who))
            if turn % 2:
                events.append(new_event("X", occurred_at=when, **who))
            if turn > 8:
                events.append(new_event("Invited", occurred_at=when, person_id=theirs))
        kept(app, identities.merge, theirs, phone, reason="tests", by="tests")
    store_events(app, events)
    return account


def really(app: Flask) -> dict[str, Any]:
    """The same figures, of the tables that the engine keeps."""
    with app.app_context():
        begun = select(func.count(), func.count(FlowEnrolment.completed_at))
        enrolled, completed = db.session.execute(begun.where(FlowEnrolment.flow_key == "start")).one()
        steps = select(StepCompletion.step_key, func.count()).group_by(StepCompletion.step_key)
        done = dict(db.session.execute(steps).all())
        db.session.rollback()
    return {"enrolled": enrolled, "completed": completed, "done": done}


STEPS = (
    step("invoice", "Invoice Sent"),
    counting("three", "X", 3),
    counting("big", "Invoice Sent", 2, amount={"gte": 100}, currency=["eur"]),
    step("invited", "Invited", requires=["three"]),
)


@pytest.mark.parametrize(
    "more",
    [
        {"scope": "account", "audience": {"plans": ["trial", "pro"]}},
        {"scope": "person"},
        {"scope": "person", "audience": {"roles": ["member"], "plans": ["free", "pro"]}},
    ],
    ids=["accounts on plans", "people", "people in roles"],
)
def test_what_is_tried_is_what_publishing_brings(
    app: Flask, worker, monkeypatch, ana: int, more: dict[str, Any]
) -> None:
    monkeypatch.setattr(trying, "OWNERS_A_BATCH", 5)
    account = history(app, ana)
    worker()
    steps = STEPS[:3] if more["scope"] == "account" else STEPS
    definition = flow("start", *steps, **more)
    before = rows(app)
    told = tried(app, definition)
    assert rows(app) == before, "nothing is written"

    publish(app, definition)
    worker(now=now() + dt.timedelta(days=1))
    found = really(app)
    assert figures(told) == found
    assert min(found["done"].get(each["key"], 0) for each in steps[:3]) > 0, "a history that tells something"
    assert 0 < found["completed"] < found["enrolled"]
    assert sum(each["stuck"]["count"] for each in told["steps"]) == found["enrolled"] - found["completed"]

    stranger = make_person(app, "stranger@example.com")
    happened(app, "Invoice Sent", account_id=account, person_id=stranger)
    expected = figures(tried(app, definition))
    worker()
    assert really(app) == expected, "somebody who is no member may begin it, too"
    again = tried(app, definition)["live"]
    assert again["would_be_completed"]["count"] == again["would_be_uncompleted"]["count"] == 0
    assert all(each["now"] == each["then"] for each in again["steps"])
    assert (again["enrolled"], again["completed"]) == (expected["enrolled"], expected["completed"])


def figures(told: dict[str, Any]) -> dict[str, Any]:
    done = {each["step"]: each["done"] for each in told["steps"] if each["done"]}
    return {"enrolled": told["enrolled"], "completed": told["completed"], "done": done}


def rows(app: Flask) -> Counter[str]:
    with app.app_context():
        found = {
            name: db.session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in db.metadata.tables.items()
        }
        db.session.rollback()
    return Counter(found)


def test_only_who_acted_in_that_time_begins_and_all_that_they_ever_did_counts(app: Flask, ana: int) -> None:
    """Accounts are opened in the past here, so that the window tells them apart."""
    late, silent = (make_account(app, name=name) for name in ("Late", "Silent"))
    long_ago = now() - dt.timedelta(days=100)
    for account in (late, silent):
        happened(app, "A", account_id=account, person_id=ana, occurred_at=long_ago)
    visitor = make_person(app, "visitor@example.com")
    happened(app, "B", person_id=visitor)
    age(app, long_ago)
    happened(app, "Page Viewed", account_id=late, person_id=ana)
    definition = flow("start", step("a", "A"), step("b", "B"))
    told = tried(app, definition)
    assert (told["enrolled"], told["steps"][0]["done"], told["steps"][0]["median_seconds"]) == (1, 1, None)
    assert told["steps"][0]["share"] is None, "too few for a share"
    assert tried(app, definition, last_days=200)["enrolled"] == 2
    assert tried(app, definition | {"scope": "person"})["enrolled"] == 1
    with pytest.raises(TooManyToTry):
        tried(app, definition, last_days=200, at_most=1)


def age(app: Flask, moment: dt.datetime) -> None:
    """Let all that is in the log have happened then."""
    with app.app_context():
        db.session.execute(Event.__table__.update().values(occurred_at=moment))
        db.session.commit()


def test_a_batch_needs_the_same_number_of_queries_whatever_its_size(app: Flask, ana: int) -> None:
    publish_plans(app)
    audience = {"plans": ["free"], "roles": ["owner", "member"]}
    definition = flow("start", step("a", "A"), counting("b", "B", 2, x=1), scope="person", audience=audience)
    publish(app, definition)

    def cost() -> int:
        with app.app_context():
            candidate = trying.candidate("start", definition=definition)
            with count_queries(db.engine) as queries:
                trying.replay(candidate, 30)
        return queries.count

    for number in range(3):
        person = make_person(app, f"p{number}@acme.example")
        account = make_account(app, (person, "owner"))
        happened(app, "A", account_id=account, person_id=person)
    cost()
    few = cost()
    for number in range(3, 30):
        person = make_person(app, f"p{number}@acme.example")
        account = make_account(app, (person, "owner"))
        happened(app, "B", times=2, account_id=account, person_id=person, properties={"x": 1})
    assert cost() == few <= 14


def test_the_tally_says_where_people_are_stuck_how_long_it_takes_and_what_differs() -> None:
    steps = (step("c", "C", requires=["a"]), step("a", "A"), step("b", "B"), step("tour"))
    new = PublishedFlow(0, "start", 0, Flow.model_validate(flow("start", *steps[:3])), {})
    by_hand = PublishedFlow(0, "start", 0, Flow.model_validate(flow("start", *steps)), {})
    began, all_three = at("2026-03-01 00:00"), {"a": 1, "b": 2, "c": 3}
    tally, manual = Tally(new, by_hand), Tally(by_hand, None)
    for number, done in enumerate([{}, {"b": 1}, {"a": 1}, *[all_three] * 12]):
        times = {key: began + dt.timedelta(hours=hours) for key, hours in done.items()}
        today = Today(number == 0, {"a", "tour"}) if number < 4 else None
        tally.add(Tried(f"acct_{number}", began, times, today))
        manual.add(Tried(f"acct_{number}", began, times, None))
    tally.add(Tried("acct_other", began, None, Today(True, set())))
    told = tally.answer()
    assert [(each["step"], each["done"], each["stuck"]["ids"]) for each in told["steps"]] == [
        ("c", 12, ["acct_2"]),
        ("a", 13, ["acct_0", "acct_1"]),
        ("b", 13, []),
    ]
    assert (told["completed"], told["completed_share"], told["median_seconds"]) == (12, 0.8, 3 * 3600)
    live = told["live"]
    assert (live["enrolled"], live["completed"]) == (5, 2)
    assert live["steps"][1] == {"step": "a", "now": 4, "then": 13}
    assert (live["would_be_completed"]["count"], len(live["would_be_completed"]["ids"])) == (12, 10)
    assert live["would_be_uncompleted"] == {"count": 2, "ids": ["acct_0", "acct_other"]}
    assert (manual.answer()["completed"], manual.answer()["only_manual_left"]) == (0, 12)


def test_a_draft_a_version_or_a_definition_is_tried_by_the_api(
    app: Flask,
    worker,
    ana: int,
    acme: int,
    ask: Ask,  # noqa: F811
) -> None:
    publish(app, flow("start", step("a", "A")))
    happened(app, "A", account_id=acme, person_id=ana)
    happened(app, "B", account_id=acme, person_id=ana)
    worker()
    live = ask("POST", "/start/try", {})
    assert (live["tried"], live["version"], live["completed"]) == ("version", 1, 1)
    kept(app, drafts.save, "start", flow("start", step("b", "B"), step("c", "C")), by="tests")
    draft = ask("POST", "/start/try", {"last_days": 7})
    assert (draft["tried"], draft["enrolled"], draft["completed"]) == ("draft", 1, 0)
    (stuck,) = draft["steps"][1]["stuck"]["ids"]
    assert stuck.startswith("acct_")
    assert draft["live"]["would_be_uncompleted"] == {"count": 1, "ids": [stuck]}
    given = flow("start", step("b", "B"), scope="person")
    assert ask("POST", "/start/try", {"definition": given})["live"] is None, "another kind of owner"
    assert ask("POST", "/start/try", {"version": 1})["tried"] == "version"
    assert ask("POST", "/start/try", {"version": 2}, expect=404)["code"] == "version_not_found"
    faulty = ask("POST", "/start/try", {"definition": flow("other")}, expect=422)
    assert (faulty["code"], faulty["errors"][0]["field"]) == ("flow_faulty", "key")
    ask("POST", "/start/try", {"version": 1, "definition": given}, expect=422)
    ask("POST", "/nothing/try", {}, expect=404)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_command_line_tries_a_draft_or_a_file(
    app: Flask,
    worker,
    run: Run,  # noqa: F811
    tmp_path: Path,
    ana: int,
    acme: int,
) -> None:
    publish(app, flow("start", step("a", "A")))
    happened(app, "A", account_id=acme, person_id=ana)
    worker()
    file = tmp_path / "start.yaml"
    file.write_text(write_yaml(flow("start", step("a", "A"), step("b", "B"))), encoding="utf-8")
    told = run("flows", "try", str(file), "--last", "30d")
    assert "1 would have begun it, 0 completed it (too few for a share" in told
    assert "1 completed today would not be: acct_" in told
    assert json.loads(run("flows", "try", "start", "--version", "1", "--json"))["completed"] == 1
    run("flows", "try", "start", "--last", "soon", code=2)
    run("flows", "try", "nothing", code=1)
