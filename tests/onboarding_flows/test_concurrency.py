"""Many at once: one enrolment, every event counted once, the last step seen by somebody."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select, text

from onboarding_flows import enrolments, event_names, flows, progress, subscribers
from onboarding_flows.enrolments import Actor
from onboarding_flows.models import CountedEvent, FlowEnrolment, StepCompletion
from plg.events import log
from plg.events.models import Event
from plg.events.stream import Batch, read_positions
from plg.kit.clock import now
from plg.kit.db import db
from tests.onboarding_flows.conftest import flow, publish, step
from tests.onboarding_flows.test_progress import count, recorded
from tests.support.story import happened, in_parallel, new_event

THREADS = 8


def all_events(names: list[str]) -> Batch:
    positions = list(db.session.scalars(select(Event.position).where(Event.name.in_(names))))
    return Batch(read_positions(positions, lambda ids: {}))


def good(results: list[object]) -> list[object]:
    assert not [result for result in results if isinstance(result, Exception)], results
    return results


def test_two_tabs_make_one_enrolment(app: Flask, ana: int, acme: int, headers) -> None:
    happened(app, "Invoice Sent", account_id=acme, person_id=ana)
    publish(app, flow())
    publish(app, flow("mine", step("a", "A"), scope="person"))
    who = headers(ana, acme)
    start = threading.Barrier(THREADS)

    def look(_: int) -> tuple[int, list[int]]:
        client = app.test_client()
        start.wait(timeout=30)
        answer = client.get("/v1/widget/state", headers=who)
        assert answer.json is not None
        return answer.status_code, [each["progress"]["done"] for each in answer.json["checklists"]]

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(look, range(THREADS))) == [(200, [0, 1])] * THREADS
    assert count(app, FlowEnrolment) == 2
    assert count(app, StepCompletion) == 1
    assert len(recorded(app)) == 1


def test_one_step_completed_by_many_events_at_once_counts_once(app: Flask, ana: int, acme: int) -> None:
    publish(app, flow("start", step("a", "A"), step("b", "B")))
    happened(app, "A", times=THREADS, account_id=acme, person_id=ana)

    def hear(index: int) -> None:
        batch = all_events(["A"])
        subscribers.on_events(Batch(batch.events[index:] + batch.events[:index]))

    good(in_parallel(app, THREADS, hear))
    assert count(app, StepCompletion) == 1
    assert len(recorded(app, event_names.STEP_COMPLETED)) == 1


@pytest.mark.parametrize("needed", [3, 5])
def test_events_that_are_counted_from_many_sides_count_once_each(
    app: Flask, ana: int, acme: int, needed: int
) -> None:
    publish(app, flow("start", {**step("some", "A"), "completes_on": {"event": "A", "count": needed}}))
    happened(app, "A", times=needed - 1, account_id=acme, person_id=ana)

    def hear(_: int) -> None:
        subscribers.on_events(all_events(["A"]))

    good(in_parallel(app, THREADS, hear))
    assert count(app, CountedEvent) == needed - 1
    assert count(app, StepCompletion) == 0
    happened(app, "A", account_id=acme, person_id=ana)
    good(in_parallel(app, THREADS, hear))
    assert count(app, StepCompletion) == 1
    assert len(recorded(app, event_names.COMPLETED)) == 1


def test_the_last_two_steps_at_the_same_moment_finish_the_flow(app: Flask, ana: int, acme: int) -> None:
    steps = [step(f"hand-{i}") for i in range(THREADS - 2)] + [step("a", "A"), step("b", "B")]
    publish(app, flow("start", *steps))
    happened(app, "A", account_id=acme, person_id=ana)
    happened(app, "B", account_id=acme, person_id=ana)
    with app.app_context():
        version = flows.find_live("start").id
        # Enrolled without the past, so that every step is still open.
        row = FlowEnrolment(flow_key="start", version_id=version, account_id=acme, enrolled_at=now())
        db.session.add(row)
        db.session.commit()

    def act(index: int) -> None:
        if index >= THREADS - 2:
            subscribers.on_events(all_events(["AB"[index - THREADS + 2]]))
            return
        enrolled = enrolments.find("start", Actor(ana, acme))
        assert enrolled is not None
        assert progress.complete_by_hand(enrolled, f"hand-{index}", by=ana)

    good(in_parallel(app, THREADS, act))
    assert count(app, StepCompletion) == THREADS
    assert len(recorded(app, event_names.COMPLETED)) == 1
    with app.app_context():
        assert db.session.scalar(select(FlowEnrolment.completed_at)) is not None
        db.session.rollback()


def test_an_event_that_arrives_while_its_owner_begins_is_not_lost(
    app: Flask, worker, ana: int, acme: int
) -> None:
    publish(app, flow("start", step("a", "A")))
    happened(app, "A", account_id=acme, person_id=ana)

    def act(index: int) -> None:
        if index == 0:
            subscribers.on_events(all_events(["A"]))
            return
        enrolments.begin(enrolments.missing(flows.live(), [Actor(ana, acme)], []))

    good(in_parallel(app, THREADS, act))
    assert count(app, FlowEnrolment) == 1
    assert count(app, StepCompletion) == 1
    assert len(recorded(app, event_names.COMPLETED)) == 1


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_an_event_that_commits_after_its_owners_past_was_read_is_not_lost(
    app: Flask, ana: int, acme: int
) -> None:
    """It was stored before somebody else let its owner begin, and is heard before they commit that."""
    publish(app, flow("start", step("a", "A")))
    stored, begun, heard = threading.Event(), threading.Event(), threading.Event()

    def act(index: int) -> None:
        if index == 0:  # the product
            log.store([new_event("A", account_id=acme, person_id=ana)])
            stored.set()
            assert begun.wait(timeout=30)
            db.session.commit()
            heard.set()
        elif index == 1:  # who looks at the flow
            assert stored.wait(timeout=30)
            enrolments.begin(enrolments.missing(flows.live(), [Actor(ana, acme)], []))
            begun.set()
            assert heard.wait(timeout=30)
            wait_until_blocked()
        else:  # the worker
            assert heard.wait(timeout=30)
            subscribers.on_events(all_events(["A"]))

    good(in_parallel(app, 3, act))
    assert count(app, FlowEnrolment) == 1
    assert count(app, StepCompletion) == 1


def wait_until_blocked() -> None:
    """Until somebody waits for what this transaction will have done."""
    blocked = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")
    deadline = time.monotonic() + 30
    while not db.session.scalar(blocked):
        assert time.monotonic() < deadline, "nobody waits"
        time.sleep(0.01)
