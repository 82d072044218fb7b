"""A worker that finds done what people did before a flow was published may be killed at any moment: the next one goes
on where it was, and what is there in the end is what a quiet replay brings, once."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from onboarding_flows.models import CountedEvent, FlowEnrolment, FlowReward, StepCompletion
from plg.kit.clock import now
from plg.kit.db import db
from tests.onboarding_flows.conftest import flow, publish, step
from tests.onboarding_flows.mortal_worker import PEOPLE_A_BATCH
from tests.onboarding_flows.test_progress import recorded
from tests.support.story import make_account, make_person, new_event, store_events

ROOT = Path(__file__).parents[2]
LATER = dt.timedelta(seconds=10)
ALL = ["Invoice Sent", "Customer Created", "Page Viewed", "Page Viewed", "Payment Recorded"]
PAST = [ALL, ["Invoice Sent", "Page Viewed"], ["Customer Created"], [], ALL]
"""What each of the people did."""

Mortal = Callable[[dt.datetime, int], bool]


@pytest.fixture
def mortal(database, tmp_path: Path) -> Iterator[Mortal]:
    """Has a worker of its own do what is due at a moment; whether it was killed on the way."""
    given = {"PLG_DATABASE_URL": database.url, "PLG_DATA_DIR": str(tmp_path), "PLG_WORKER_BATCH": "10"}
    given |= {"PLG_SECRET_KEY": "secret key of the test suite", "PLG_LOG_LEVEL": "CRITICAL"}
    command = [sys.executable, "-m", "tests.onboarding_flows.mortal_worker"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | given, text=True, **pipes) as process:
        assert process.stdin is not None and process.stdout is not None
        asked, answers = process.stdin, process.stdout
        assert answers.readline() == "ready\n"

        def work(moment: dt.datetime, falls_at: int = 0) -> bool:
            asked.write(json.dumps({"moment": moment.isoformat(), "falls_at": falls_at}) + "\n")
            asked.flush()
            return answers.readline() == "True\n"

        yield work
        asked.close()


def published(app: Flask, key: str) -> str:
    pages, both = {"event": "Page Viewed", "count": 2}, [{"event": name} for name in (ALL[1], ALL[-1])]
    ways = {"invoice": {"event": "Invoice Sent"}, "pages": pages, "both": {"all": both}}
    steps = [step(name, reward={"points": 10}) | {"completes_on": way} for name, way in ways.items()]
    for each in steps:
        del each["manual"]
    publish(app, flow(key, *steps, scope="person"))
    return key


def begun(app: Flask, key: str) -> int:
    with app.app_context():
        found = db.session.query(FlowEnrolment).filter_by(flow_key=key).count()
        db.session.rollback()
        return found


def outcome(app: Flask, key: str) -> dict[str, list[str]]:
    """All that is kept of the flow, and what was told of it, without what differs from flow to flow."""
    parts = {
        StepCompletion: ("person_id", "step_key", "event_id", "position", "occurred_at", "skipped"),
        CountedEvent: ("person_id", "step_key", "event_id", "parts"),
        FlowReward: ("person_id", "step_key", "points", "reversed_at"),
    }
    theirs = FlowEnrolment.flow_key == key
    with app.app_context():
        rows = {
            "enrolments": db.session.execute(
                select(FlowEnrolment.person_id, FlowEnrolment.completed_at).where(theirs)
            ).all()
        }
        for table, names in parts.items():
            of_flow = select(*(getattr(table, name) for name in names)).join(
                FlowEnrolment, FlowEnrolment.id == table.enrolment_id
            )
            rows[table.__tablename__] = db.session.execute(of_flow.where(theirs)).all()
        db.session.rollback()
    told = [each for each in recorded(app) if each.properties["flow"] == key]
    rows["told"] = [
        (each.name, each.person_id, each.account_id, each.properties.get("step")) for each in told
    ]
    return {name: sorted(map(repr, found)) for name, found in rows.items()}


@pytest.mark.slow
def test_a_replay_that_is_killed_at_any_moment_ends_as_a_quiet_one(
    app: Flask, worker, mortal: Mortal
) -> None:
    people = [make_person(app, f"p{number}@acme.example") for number in range(len(PAST))]
    acme = make_account(app, *((person, "member") for person in people))
    did = [(person, name) for person, names in zip(people, PAST, strict=True) for name in names]
    store_events(app, [new_event(name, person_id=person, account_id=acme) for person, name in did])
    worker()
    moment = now() + LATER
    published(app, "quiet")
    assert not mortal(moment, 0)
    worker()
    quiet = outcome(app, "quiet")
    left = set()
    for falls_at in count(1):
        key, moment = published(app, f"killed-{falls_at}"), moment + LATER
        killed = mortal(moment, falls_at)
        left.add(begun(app, key))
        moment += LATER
        assert not mortal(moment, 0)
        worker()
        assert outcome(app, key) == quiet
        if not killed:
            break
    assert left == {0, PEOPLE_A_BATCH, 2 * PEOPLE_A_BATCH, len(people)}
