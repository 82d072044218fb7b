"""Every way in which a step is done gives one answer: live, late, twice, in parallel, read back from the log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from onboarding_flows import flows, subscribers, trying
from onboarding_flows.completion import KINDS
from onboarding_flows.enrolments import Beginning, Owner, begin
from onboarding_flows.models import CountedEvent, FlowEnrolment, FlowVersion, StepCompletion
from plg.events.models import Event
from plg.events.stream import Batch, LoggedEvent, read_positions
from plg.kit.clock import now
from plg.kit.db import db
from tests.onboarding_flows.conftest import State, done, flow, publish, step, text
from tests.onboarding_flows.samples import ALL_KINDS, MEMBERS
from tests.support.story import at, in_parallel, make_account, make_person, new_event, store_events

DAY0 = at("2026-03-01 00:00")
Happened = tuple[str, dict[str, Any], int]


def test_the_contract_test_knows_every_member() -> None:
    assert MEMBERS.keys() == set(KINDS)


@pytest.mark.parametrize("kind", MEMBERS)
def test_every_way_is_done_by_the_last_thing_that_it_needs(app: Flask, kind: str) -> None:
    way, story = MEMBERS[kind]
    ours, events = told(app, [way], [(name, facts, hour) for hour, (name, facts) in enumerate(story)])
    enrol(app, ours)
    hear(app, events[:-1])
    assert outcome(app) == {}, "before its last event it is open"
    hear(app, events[-1:])
    expected = {"s0": DAY0 + dt.timedelta(hours=len(story) - 1)}
    assert outcome(app) == expected
    hear(app, events)
    assert outcome(app) == expected, "heard again it changes nothing"

    forget(app, keep_events=True)
    catch_up(app, ours)
    assert outcome(app) == expected, "found in the log"

    with app.app_context():
        tried = trying.replay(trying.candidate("start"), 3650)
    assert [each["done"] for each in tried["steps"]] == [1, 0], "tried on the past"

    forget(app, keep_events=True)
    enrol(app, ours)
    hear(app, events[::-1])
    assert outcome(app).keys() == expected.keys(), "in the wrong order"

    forget(app, keep_events=True)
    enrol(app, ours)
    results = in_parallel(app, 6, lambda i: subscribers.on_events(Batch([*events[i:], *events[:i]])))
    assert results == [None] * 6
    assert outcome(app).keys() == expected.keys(), "from many sides at once"


def test_what_one_flow_brings_counts_for_another_also_by_hand(
    app: Flask, client: FlaskClient, worker: Any, ana: int, acme: int, headers: Any, shown: State
) -> None:
    publish(app, flow("mine", step("look"), step("rest"), scope="person"))
    whole = {"all": [{"flow": "mine"}, {"flow": "mine", "step": "look"}]}
    publish(app, flow("ours", step("team", completes_on=whole, manual=False), step("hand")))
    for key in ("look", "rest"):
        answer = client.post(
            f"/v1/widget/flows/mine/steps/{key}/complete", json={}, headers=headers(ana, acme)
        )
        assert answer.status_code == 200
        worker()
        assert [done(each) for each in shown(ana, acme)][1] == (["team"] if key == "rest" else [])
    assert [each["completed"] for each in shown(ana, acme)] == [True, False]


leaves = st.sampled_from(
    [
        {"event": "Sent"},
        {"event": "Sent", "count": 3},
        {"event": "Sent", "count": 2, "within": "6h"},
        {"event": "Sent", "count": 2, "within": "3h", "where": {"total": {"gt": 100}}},
        {"event": "Sent", "count": 2, "where": {"total": [500, 600]}},
        {"page": "/reports*"},
        {"flow": "tour"},
        {"flow": "tour", "step": "invite"},
        {"quiz": "basics"},
    ]
)
some = st.lists(leaves, min_size=1, max_size=3)
inner = st.fixed_dictionaries({"all": some}) | st.fixed_dictionaries({"any": some})
mixed = st.lists(leaves | inner, min_size=1, max_size=3)
ways = leaves | inner | st.fixed_dictionaries({"all": mixed}) | st.fixed_dictionaries({"any": mixed})
histories = st.lists(st.tuples(st.sampled_from(ALL_KINDS), st.integers(0, 30)), max_size=12)


def test_live_in_any_batches_is_what_the_log_says_is_what_a_recount_says(app: Flask) -> None:
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(several=st.lists(ways, min_size=1, max_size=4), history=histories, data=st.data())
    def check(several: list[Any], history: list[Any], data: st.DataObject) -> None:
        forget(app)
        ours, events = told(app, several, [(name, facts, hour) for (name, facts), hour in history])
        expected = {f"s{n}": found for n, way in enumerate(several) if (found := recount(way, history))}

        enrol(app, ours)
        in_order = sorted(events, key=lambda event: (event.occurred_at, event.position))
        for batch in cut(in_order, data):
            hear(app, batch)
        assert outcome(app) == expected, "as it happens"

        forget(app, keep_events=True)
        catch_up(app, ours)
        assert outcome(app) == expected, "from the log"

        forget(app, keep_events=True)
        enrol(app, ours)
        for batch in cut(data.draw(st.permutations(events * 2)), data):
            hear(app, batch)
        assert outcome(app).keys() == expected.keys(), "in any order, twice"

    check()


def recount(
    way: dict[str, Any], history: Sequence[tuple[tuple[str, dict[str, Any]], int]]
) -> dt.datetime | None:
    """When the step is done, counted as plainly as can be."""
    if "all" in way or "any" in way:
        times = [recount(each, history) for each in way.get("all", way.get("any"))]
        came = [time for time in times if time is not None]
        if "all" in way:
            return max(came) if len(came) == len(times) else None
        return min(came, default=None)
    hours = sorted(hour for (name, facts), hour in history if fits(way, name, facts))
    needed, span = way.get("count", 1), int(way["within"].removesuffix("h")) if "within" in way else 10_000
    for last in hours:
        for first in hours:
            if (
                last - first <= span
                and first <= last
                and sum(first <= hour <= last for hour in hours) >= needed
            ):
                return DAY0 + dt.timedelta(hours=last)
    return None


def fits(way: dict[str, Any], name: str, facts: dict[str, Any]) -> bool:
    if "page" in way:
        return name == "Page Viewed" and facts["path"].startswith("/reports")
    if "quiz" in way:
        return name == "Quiz Passed" and facts["course"] == way["quiz"]
    if "step" in way:
        return name == "Onboarding Step Completed" and (facts["flow"], facts["step"]) == ("tour", "invite")
    if "flow" in way:
        return name == "Onboarding Completed" and facts["flow"] == "tour"
    return name == way["event"] and ("where" not in way or facts["total"] > 100)


Ours = tuple[int, int]


def told(
    app: Flask, several: Sequence[dict[str, Any]], story: Sequence[Happened]
) -> tuple[Ours, list[LoggedEvent]]:
    """A flow with these ways, and its owner, to whom this happened after DAY0, so many hours each."""
    steps = [{"key": f"s{n}", "title": text("S"), "completes_on": way} for n, way in enumerate(several)]
    hand = {"key": "never", "title": text("Never"), "manual": True}
    with app.app_context():
        db.session.execute(delete(FlowVersion))
        db.session.commit()
    app.extensions.pop("plg.flows_live", None)
    app.extensions.pop("plg.flow_versions", None)
    publish(app, flow("start", *steps, hand))
    person = make_person(app, None)  # type: ignore[arg-type]
    account = make_account(app, (person, "owner"))
    rows = [
        new_event(
            name,
            properties=facts,
            account_id=account,
            person_id=person,
            occurred_at=DAY0 + dt.timedelta(hours=hour),
        )
        for name, facts, hour in story
    ]
    store_events(app, rows)
    with app.app_context():
        positions = list(db.session.scalars(select(Event.position).where(Event.account_id == account)))
        heard = [e for e in read_positions(positions, lambda ids: {}) if e.source == "test"]
        db.session.rollback()
    return (person, account), heard


def forget(app: Flask, keep_events: bool = False) -> None:
    with app.app_context():
        for table in (CountedEvent, StepCompletion, FlowEnrolment):
            db.session.execute(delete(table))
        db.session.execute(delete(Event).where(Event.source == "plg") if keep_events else delete(Event))
        db.session.commit()


def enrol(app: Flask, ours: Ours) -> None:
    """Begun before anything of it was in the log."""
    with app.app_context():
        row = {"flow_key": "start", "version_id": flows.find_live("start").id, "account_id": ours[1]}
        db.session.add(FlowEnrolment(**row, enrolled_at=now()))
        db.session.commit()


def catch_up(app: Flask, ours: Ours) -> None:
    with app.app_context():
        begin([Beginning(flows.find_live("start"), Owner(ours[1], None))])
        db.session.commit()


def hear(app: Flask, events: Sequence[LoggedEvent]) -> None:
    with app.app_context():
        subscribers.on_events(Batch(events))
        db.session.commit()


def cut(events: Sequence[LoggedEvent], data: st.DataObject) -> list[Sequence[LoggedEvent]]:
    batches = []
    while events:
        size = data.draw(st.integers(1, len(events)))
        batches.append(events[:size])
        events = events[size:]
    return batches


def outcome(app: Flask) -> dict[str, dt.datetime]:
    with app.app_context():
        rows = db.session.execute(select(StepCompletion.step_key, StepCompletion.occurred_at)).all()
        told_of = set(
            db.session.scalars(
                select(Event.properties["step"].as_string()).where(
                    Event.name == "Onboarding Step Completed", Event.source == "plg"
                )
            )
        )
        db.session.rollback()
    assert told_of == {key for key, _ in rows}
    return dict(rows)  # type: ignore[arg-type]
