"""Everybody on an old version goes to the live one: seen before, done in batches, once."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from onboarding_flows import event_names, jobs, migrating, moving, subscribers
from onboarding_flows.models import FlowEnrolment, FlowMigration, StepCompletion
from onboarding_flows.moving import MappingFaulty, MigrationRunning, VersionIsLive
from plg.kit.clock import now
from plg.kit.db import db
from tests.onboarding_flows.conftest import State, done, flow, publish, step
from tests.onboarding_flows.test_concurrency import all_events, good
from tests.onboarding_flows.test_drafts import kept
from tests.onboarding_flows.test_progress import count, recorded
from tests.support.story import happened, in_parallel, make_account, make_person


def migrate(app: Flask, mapping: dict[str, str | None] | None = None, version: int = 1) -> FlowMigration:
    with app.app_context():
        row = moving.start(moving.plan("start", version, mapping or {}), by="tests")
        db.session.commit()
        return row


def moved(app: Flask, *given: Any, **more: Any) -> FlowMigration:
    """The migration, when its job has nothing left to do."""
    row = migrate(app, *given, **more)
    while kept(app, jobs.migrate, now()):
        pass
    return row


def previewed(app: Flask, mapping: dict[str, str | None] | None = None) -> dict[str, Any]:
    return kept(app, lambda: moving.preview(moving.plan("start", 1, mapping or {})))


def three_people(app: Flask, worker, acme: int, *done_by: tuple[str, ...]) -> list[int]:
    people = [make_person(app, f"p{i}@acme.example") for i in range(len(done_by))]
    for person, events in zip(people, done_by, strict=True):
        for name in ("Hello", *events):
            happened(app, name, account_id=acme, person_id=person)
    worker()
    return people


def test_what_would_change_is_told_before_and_comes_true(app: Flask, worker, acme: int, shown: State) -> None:
    publish(app, flow("start", step("a", "A"), step("b", "B"), step("c", "C"), scope="person"))
    people = three_people(app, worker, acme, ("A", "B"), ("A", "B", "C"), ("C", "New"))
    publish(app, flow("start", step("b", "A"), step("a", "B"), step("d", "New"), scope="person"))
    swap: dict[str, str | None] = {"a": "b", "b": "a"}
    told = previewed(app, swap)
    assert [
        (each["what"], each["from_step"], each["to_step"], each["settled"]) for each in told["steps"]
    ] == [
        ("renamed", "a", "b", 2),
        ("renamed", "b", "a", 2),
        ("lost", "c", None, 2),
        ("gained", None, "d", 0),
    ]
    figures = ("enrolments", "completed", "would_be_completed", "would_be_uncompleted")
    assert [told[name] for name in figures] == [5, 1, 0, 1], "Ana and Luis have begun as well"
    assert count(app, FlowMigration) == 0

    started = good(in_parallel(app, 4, lambda _: moving.start(moving.plan("start", 1, swap), by="tests").id))
    assert started == [migrate(app, swap).id] * 4, "the same one"
    with pytest.raises(MigrationRunning):
        migrate(app, {})
    moved(app, swap)
    after = [shown(person, None)[0] for person in people]
    assert [each["version"] for each in after] == [2, 2, 2]
    assert [done(each) for each in after] == [["b", "a"], ["b", "a"], ["d"]], (
        "the log was read for what is new"
    )
    assert [each["completed"] for each in after] == [False] * 3
    (whole,) = recorded(app, event_names.MIGRATED)
    assert (whole.properties["moved"], whole.properties["by"]) == (5, "tests")
    assert len(recorded(app, event_names.VERSION_CHANGED)) == 5
    happened(app, "New", account_id=acme, person_id=people[1])
    worker()
    assert shown(people[1], None)[0]["completed"] is True
    assert [e.properties["version"] for e in recorded(app, event_names.COMPLETED)] == [1, 2]


def test_losing_the_last_open_step_finishes_the_flow_and_forgetting_opens_it(
    app: Flask, worker, acme: int, shown: State
) -> None:
    publish(app, flow("start", step("a", "A"), step("b", "B"), scope="person"))
    (person,) = three_people(app, worker, acme, ("A",))
    publish(app, flow("start", step("a", "X"), scope="person"))
    assert previewed(app)["would_be_completed"] == 1
    forgetting = previewed(app, {"a": None})
    assert (forgetting["would_be_completed"], forgetting["steps"][0]["what"]) == (0, "lost")
    moved(app)
    assert shown(person, None)[0]["completed"] is True
    assert len(recorded(app, event_names.COMPLETED)) == 1

    publish(app, flow("start", step("a", "Y"), scope="person"))
    moved(app, {"a": None}, version=2)
    assert (shown(person, None)[0]["completed"], done(shown(person, None)[0])) == (False, [])


def test_a_mapping_that_makes_no_sense_is_refused_by_its_paths(app: Flask) -> None:
    publish(app, flow("start", step("a", "A"), step("b", "B"), step("c", "C")))
    publish(app, flow("start", step("a", "A"), step("d", "D"), step("c", "C")))
    with app.app_context():
        with pytest.raises(MappingFaulty) as refused:
            moving.plan("start", 1, {"nothing": "a", "b": "nowhere"})
        assert {fault.field for fault in refused.value.errors} == {"mapping.nothing", "mapping.b"}
        with pytest.raises(MappingFaulty) as refused:
            moving.plan("start", 1, {"b": "a"})
        assert {fault.field for fault in refused.value.errors} == {"mapping.a", "mapping.b"}
        with pytest.raises(VersionIsLive):
            moving.plan("start", 2, {})


def test_a_crash_between_batches_loses_nothing_and_events_meanwhile_are_found(
    app: Flask, worker, monkeypatch, ana: int, shown: State
) -> None:
    monkeypatch.setattr(migrating, "BATCH", 2)
    publish(app, flow("start", step("a", "A"), step("b", "B")))
    accounts = [make_account(app, (ana, "owner"), name=f"Firm {i}") for i in range(5)]
    for account in accounts:
        happened(app, "A", account_id=account, person_id=ana)
    worker()
    publish(app, flow("start", step("first", "A"), step("late", "Late")))
    row = migrate(app, {"a": "first"})
    with app.app_context():
        jobs.migrate(now())
        db.session.rollback()
        assert jobs.migrate(now()) == 2
        db.session.commit()
        assert (moving.find("start", row.public_id).moved, row.total) == (2, 5)
        db.session.rollback()
    for account in accounts:
        happened(app, "Late", account_id=account, person_id=ana)

    def act(index: int) -> None:
        if index % 2:
            jobs.migrate(now())
        else:
            subscribers.on_events(all_events(["Late"]))

    for _ in range(4):
        good(in_parallel(app, 4, act))
    while kept(app, jobs.migrate, now()):
        pass
    worker()
    assert [done(shown(ana, account)[0]) for account in accounts] == [["first", "late"]] * 5
    assert [shown(ana, account)[0]["completed"] for account in accounts] == [True] * 5
    assert len(recorded(app, event_names.COMPLETED)) == 5
    assert len(recorded(app, event_names.VERSION_CHANGED)) == 5
    with app.app_context():
        ended = moving.find("start", row.public_id)
        assert (ended.moved, ended.finished_at is not None) == (5, True)
        assert set(db.session.scalars(select(StepCompletion.step_key))) == {"first", "late"}
        assert len(set(db.session.scalars(select(FlowEnrolment.version_id)))) == 1
        db.session.rollback()


def test_who_began_too_slowly_to_be_seen_is_moved_as_well(app: Flask, ana: int) -> None:
    old = publish(app, flow("start", step("a", "A")))
    new = publish(app, flow("start", step("b", "B")))
    first, late = make_account(app, (ana, "owner")), make_account(app, (ana, "owner"))

    def begin(id: int, account_id: int) -> None:
        given = {"flow_key": "start", "version_id": old, "account_id": account_id, "enrolled_at": now()}
        db.session.add(FlowEnrolment(id=id, **given))

    kept(app, begin, 1000, first)
    row = migrate(app)
    kept(app, jobs.migrate, now())
    kept(app, begin, 500, late)
    while kept(app, jobs.migrate, now()):
        pass
    with app.app_context():
        assert set(db.session.scalars(select(FlowEnrolment.version_id))) == {new}
        assert moving.find("start", row.public_id).moved == 2
        db.session.rollback()
