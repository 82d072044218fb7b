"""How people fare in flows, in figures."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from onboarding_flows import analytics, flows, lifecycle
from onboarding_flows.analytics import Funnel
from onboarding_flows.models import FlowDismissal, FlowEnrolment, FlowShowing, StepCompletion
from plg.kit.db import db
from tests.onboarding_flows.conftest import flow, publish, step, tour
from tests.support.story import at, make_account, make_person, new_event, store_events

BEGAN = at("2026-03-01 09:00")
HOUR = dt.timedelta(hours=1)


def begin(version_id: int, owners: list[int], **more: Any) -> list[FlowEnrolment]:
    """Their enrolments, in an open session."""
    common: dict[str, Any] = {"flow_key": "start", "version_id": version_id, "enrolled_at": BEGAN}
    rows = [FlowEnrolment(**{**common, "person_id": owner, **more}) for owner in owners]
    db.session.add_all(rows)
    db.session.flush()
    return rows


def settle(row: FlowEnrolment, step_key: str, hours: float, skipped: bool = False) -> None:
    moment = BEGAN + hours * HOUR
    times = {"occurred_at": moment, "completed_at": moment}
    db.session.add(StepCompletion(enrolment_id=row.id, step_key=step_key, skipped=skipped, **times))


def people(app: Flask, number: int) -> list[int]:
    return [make_person(app, f"p{i}@acme.example", f"P{i}") for i in range(number)]


def told(funnel: Funnel) -> list[tuple[Any, ...]]:
    return [
        (s.step.key, s.enrolled, s.done, s.skipped, s.stopped, s.median and s.median / HOUR)
        for s in funnel.steps
    ]


def test_a_funnel_tells_how_far_they_come_how_long_it_takes_and_where_they_stop(app: Flask) -> None:
    first = publish(app, flow("start", step("a"), step("b"), step("old"), scope="person"))
    second = publish(app, flow("start", step("a"), step("b"), step("new"), scope="person"))
    owners = people(app, 9)
    with app.app_context():
        rows = begin(first, owners[:7])
        for row, hours in zip(rows[:5], (-2, 1, 2, 4, 30), strict=True):
            settle(row, "a", hours)
        settle(rows[5], "a", 3, skipped=True)
        settle(rows[3], "b", 5)
        settle(rows[4], "b", 1)
        rows[3].completed_at = BEGAN
        # Reset 28 hours after the beginning: it took two hours.
        rows[4].reopened, rows[4].counts_from = 1, {"a": (BEGAN + 28 * HOUR).isoformat()}
        db.session.add(FlowDismissal(enrolment_id=rows[0].id, person_id=owners[0], dismissed_at=BEGAN))
        for row in begin(second, owners[7:]):
            settle(row, "new", 1)
        db.session.commit()
    with app.app_context():
        of_first, of_all = analytics.funnel("start", 1), analytics.funnel("start")
    assert (of_first.enrolled, of_first.completed, of_first.dismissed, of_first.not_begun) == (7, 1, 1, 1)
    assert told(of_first) == [("a", 7, 5, 1, 5, 2.0), ("b", 7, 2, 0, 0, None), ("old", 7, 0, 0, 0, None)]
    assert (of_all.enrolled, of_all.not_begun) == (9, 1)
    assert [row[:5] for row in told(of_all)] == [
        ("a", 9, 5, 1, 5),
        ("b", 9, 2, 0, 0),
        ("new", 2, 2, 0, 2),
        ("old", 7, 0, 0, 0),
    ]


def test_a_median_of_four_is_not_told_and_one_of_six_lies_between_the_middle_two(app: Flask) -> None:
    version = publish(app, flow("start", step("a"), step("b"), scope="person"))
    owners = people(app, 6)
    with app.app_context():
        rows = begin(version, owners)
        for number, row in enumerate(rows):
            settle(row, "a", [9, 1, 3, 2, 4, 8][number])
        for row in rows[:4]:
            settle(row, "b", 1)
        db.session.commit()
    with app.app_context():
        assert [row[5] for row in told(analytics.funnel("start"))] == [3.5, None]


def test_a_step_that_nobody_does_is_a_sign_and_an_event_that_never_came_too(app: Flask) -> None:
    ana = make_person(app)
    done = step("done", "Done")
    steps = (done, step("known", "Known", requires=["done"]), step("typo", "Tpyo"), step("hand"))
    version = publish(app, flow("start", *steps))
    few = publish(app, flow("few", step("a", "Never")))
    accounts = [make_account(app, (ana, "owner"), name=f"A{i}") for i in range(20)]
    store_events(app, [new_event("Known", account_id=accounts[4])])
    with app.app_context():
        rows = [begin(version, [None], account_id=each)[0] for each in accounts]  # type: ignore[list-item]
        begin(few, [None], account_id=accounts[0], flow_key="few")  # type: ignore[list-item]
        settle(rows[0], "done", 1)
        settle(rows[0], "hand", 1, skipped=True)
        db.session.commit()
    with app.app_context():
        found = analytics.signs(flows.live())
    assert [(s.step.key, s.enrolled, s.event) for s in found] == [
        ("known", 20, None),
        ("typo", 20, "Tpyo"),
        ("hand", 20, None),
    ]


def test_of_what_comes_up_by_itself_only_those_count_who_have_seen_it(app: Flask) -> None:
    version = publish(app, tour("around"))
    listed = publish(app, flow("start", step("a"), scope="person"))
    owners = people(app, 9)
    with app.app_context():
        rows = begin(version, owners, flow_key="around")
        for row, owner in zip(rows[:6], owners, strict=False):
            db.session.add(FlowShowing(enrolment_id=row.id, person_id=owner, times=1))
        db.session.add(FlowShowing(enrolment_id=rows[6].id, person_id=owners[6], times=0, asked_at=BEGAN))
        settle(rows[0], "one", 1)
        rows[0].completed_at = BEGAN
        for number, row in enumerate(begin(listed, owners)):
            row.completed_at = BEGAN
            db.session.add(FlowShowing(enrolment_id=row.id, person_id=owners[number], times=number % 2))
        db.session.commit()
    with app.app_context():
        around, start = analytics.funnel("around"), analytics.funnel("start")
        summary = {each["flow"]: (each["enrolled"], each["seen"]) for each in lifecycle.all_flows()}
    assert (around.begun, around.seen, around.enrolled, around.completed, around.not_begun) == (9, 6, 6, 1, 5)
    assert [(each.enrolled, each.done) for each in around.steps] == [(6, 1), (6, 0)]
    assert (start.begun, start.seen, start.enrolled, start.completed) == (9, 4, 9, 9)
    assert summary == {"around": (9, 6), "start": (9, 4)}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_number_of_queries_grows_neither_with_steps_nor_with_people(app: Flask) -> None:
    def queries(key: str, steps: int, owners: list[int]) -> int:
        version = publish(app, flow(key, *(step(f"s{i}") for i in range(steps)), scope="person"))
        asked: list[str] = []
        with app.app_context():
            for row in begin(version, owners, flow_key=key):
                settle(row, "s0", 1)
            db.session.commit()
            analytics.funnel(key)  # the versions are in memory from here on
            event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
            analytics.funnel(key)
        return len(asked)

    assert queries("small", 1, people(app, 1)) == queries("large", 50, people(app, 30))
