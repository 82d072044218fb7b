"""However events are ordered, repeated and cut into batches, the same steps are done."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from onboarding_flows import flows, subscribers
from onboarding_flows.models import CountedEvent, FlowEnrolment, FlowVersion, StepCompletion
from plg.events.models import Event
from plg.events.stream import Batch, LoggedEvent, read_positions
from plg.kit.db import db
from tests.onboarding_flows.conftest import flow, publish, step
from tests.support.story import at, make_account, make_person, new_event, store_events

NAMES = ("A", "B", "C")
NEEDED = {"A": 1, "B": 2, "C": 3}
happenings = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 20)), max_size=10)


def forget(app: Flask) -> None:
    with app.app_context():
        for table in (CountedEvent, StepCompletion, FlowEnrolment, Event):
            db.session.execute(delete(table))
        db.session.commit()


def logged(app: Flask, happened: list[tuple[str, int]], account: int, person: int) -> list[LoggedEvent]:
    rows = [
        new_event(
            name,
            account_id=account,
            person_id=person,
            occurred_at=at("2026-03-01 00:00") + dt.timedelta(hours=h),
        )
        for name, h in happened
    ]
    store_events(app, rows)
    with app.app_context():
        positions = list(db.session.scalars(select(Event.position).where(Event.name.in_(NAMES))))
        events = read_positions(positions, lambda ids: {})
        db.session.rollback()
    return events


def test_the_outcome_depends_on_what_happened_and_on_nothing_else(app: Flask) -> None:
    steps = [{**step(n.lower(), n), "completes_on": {"event": n, "count": NEEDED[n]}} for n in NAMES]
    publish(app, flow("start", *steps))
    person = make_person(app)
    account = make_account(app, (person, "owner"))

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(happened=happenings, data=st.data())
    def check(happened: list[tuple[str, int]], data: st.DataObject) -> None:
        forget(app)
        early, late = happened[: len(happened) // 2], happened[len(happened) // 2 :]
        events = logged(app, early, account, person)
        heard = data.draw(st.permutations(events * 2))
        while heard:
            size = data.draw(st.integers(1, len(heard)))
            hear(app, heard[:size])
            heard = heard[size:]
        events = logged(app, late, account, person)
        hear(app, data.draw(st.permutations(events)))
        assert outcome(app) == expected(happened)

    check()


def hear(app: Flask, events: list[LoggedEvent]) -> None:
    with app.app_context():
        subscribers.on_events(Batch(events))
        db.session.commit()


def expected(happened: list[tuple[str, int]]) -> tuple[set[str], bool]:
    often = Counter(name for name, _ in happened)
    done = {name.lower() for name in NAMES if often[name] >= NEEDED[name]}
    return done, len(done) == len(NAMES)


def outcome(app: Flask) -> tuple[set[str], bool]:
    with app.app_context():
        done = set(db.session.scalars(select(StepCompletion.step_key)))
        finished = db.session.scalar(select(FlowEnrolment.completed_at)) is not None
        told = Counter(db.session.scalars(select(Event.id).where(Event.name.like("Onboarding %"))))
        db.session.rollback()
    assert len(told) == len(done) + finished
    return done, finished


def test_versions_read_from_memory_are_those_of_the_database(app: Flask) -> None:
    first = publish(app, flow("start", step("a", "A")))
    second = publish(app, flow("start", step("b", "B")))
    with app.app_context():
        found = flows.versions_of([first, second, first])
        assert {i: list(each.steps) for i, each in found.items()} == {first: ["a"], second: ["b"]}
        rows = {row.id: row.definition for row in db.session.scalars(select(FlowVersion))}
        assert {i: flows.definition_of(each.flow) for i, each in found.items()} == rows
        db.session.rollback()
