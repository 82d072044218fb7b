"""Learners stay on their version until they are moved by an explicit, mapped migration."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from academy import attempts, courses, enrolments, jobs, lessons, moves
from academy.cli import academy_command
from academy.models import Attempt, Enrolment, LessonCompletion
from academy.moving import Leaving, MappingFaulty, VersionNotLive
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from tests.academy.conftest import KEY


def lesson(number: int, key: str) -> dict[str, Any]:
    body = {"es": f"# Lección {number}\n\nHola.\n", "en": f"# Lesson {number}\n\nHi.\n"}
    return {"number": number, "key": key, "body": body}


def of(*keys: str, **changes: Any) -> dict[str, Any]:
    return {"lessons": [lesson(number, key) for number, key in enumerate(keys, 1)]} | changes


@pytest.fixture
def learners(school):
    """On version 1: Ana has finished `first`, Bob both, Cleo nothing, Dora has passed; Eve sits in the quiz."""
    people = {name: school.person(name) for name in ("ana", "bob", "cleo")}
    done = {"ana": ["first"], "bob": ["first", "second"], "cleo": []}
    for name, person in people.items():
        with school.turn():
            enrolments.enrol(person, KEY)
            for key in done[name]:
                lessons.complete(person, KEY, key)
    people["dora"], people["eve"] = school.ready("dora"), school.ready("eve")
    school.pass_quiz(people["dora"])
    school.start(people["eve"])
    return people


def run(school) -> int:
    with school.turn():
        return jobs.move_learners(now())


def where(school, person: int) -> tuple[int, list[str], int]:
    """Version, finished lessons and percent."""
    with school.turn():
        enrolment = enrolments.of(person, KEY)
        progress = enrolments.progress([enrolment])[enrolment.id]
        return (
            courses.published(enrolment.version_id).version,
            sorted(progress.lessons_done),
            progress.percent,
        )


def test_learners_stay_until_they_are_moved_and_keep_what_the_mapping_says(school, learners):
    school.publish(**of("hello", "second", "third"))
    assert where(school, learners["ana"]) == (1, ["first"], 33)
    with school.turn():
        found = moves.plan(KEY, to=2, lessons={"first": "hello"})
        assert found == [Leaving(version=1, moved=4, waiting=1, further=0, back=3, completed=1)]
        assert moves.latest(KEY) is None
        row = moves.start(KEY, to=2, lessons={"first": "hello"}, by="tests").id
        assert moves.start(KEY, to=2, lessons={"first": "hello"}, by="tests").id == row

    assert (run(school), run(school)) == (3, 0)

    assert where(school, learners["ana"]) == (2, ["hello"], 25)
    assert where(school, learners["bob"]) == (2, ["hello", "second"], 50)
    assert where(school, learners["cleo"]) == (2, [], 0)
    assert where(school, learners["dora"]) == (1, ["first", "second"], 100)
    assert where(school, learners["eve"])[0] == 1
    with school.turn():
        move = moves.latest(KEY)
        assert (move.moved, move.waiting, move.finished_at) == (3, 1, None)
    attempt = school.last_attempt(learners["eve"])
    with school.turn():
        assert attempts.submit(attempt, {}, 0, person_id=learners["eve"]).passed is False
    assert (run(school), run(school)) == (1, 0)
    assert where(school, learners["eve"]) == (2, ["hello", "second"], 50)
    with school.turn():
        assert moves.latest(KEY).finished_at is not None and run_events() == (4, 1)
    with school.turn():
        moves.start(KEY, to=2, lessons={}, by="tests")
    assert run(school) == 0
    with school.turn():
        assert moves.latest(KEY).finished_at is not None


def run_events() -> tuple[int, int]:
    names = list(db.session.scalars(select(Event.name)))
    return names.count("Course Version Changed"), names.count("Course Migrated")


def test_a_mapping_that_leaves_something_open_is_refused_and_says_what(school, learners):
    school.publish(**of("hello", "third"))
    with school.turn():
        with pytest.raises(MappingFaulty) as refusal:
            moves.start(KEY, to=2, lessons={"first": "nowhere", "ghost": "hello"}, by="tests")
        problem = refusal.value.to_problem()
        assert problem["lost"] == {"second": 2} and problem["unknown"] == {"first": "nowhere"}
        assert problem["nobody"] == ["ghost"] and len(problem["errors"]) == 3
        with pytest.raises(VersionNotLive) as other:
            moves.plan(KEY, to=1, lessons={})
        assert other.value.data == {"live": 2}


def test_lessons_change_places_become_one_or_count_no_more_and_the_end_is_reached_by_it(school, learners):
    school.publish(**of("second", "first"), quiz=None)
    mapping = {"first": "second", "second": "first"}
    with school.turn():
        found = moves.plan(KEY, to=2, lessons=mapping)
        assert (found[0].further, found[0].back) == (3, 0)
        moves.start(KEY, to=2, lessons=mapping, by="tests")
    run(school)
    assert where(school, learners["ana"]) == (2, ["second"], 50)
    assert where(school, learners["bob"]) == (2, ["first", "second"], 100)
    assert school.events(learners["bob"]).count("Course Completed") == 1
    school.publish(**of("whole", "new"), quiz=None)
    with school.turn():
        moves.start(KEY, to=3, lessons={"first": "", "second": "whole"}, by="tests")
    run(school)
    assert where(school, learners["ana"]) == (3, ["whole"], 50)
    assert where(school, learners["bob"])[0] == 2
    with school.turn():
        kept = (
            select(LessonCompletion.lesson_key).join(Enrolment).where(Enrolment.person_id == learners["ana"])
        )
        assert list(db.session.scalars(kept)) == ["whole"]


def test_two_workers_and_learners_who_learn_meanwhile_lose_nothing(school, learners, monkeypatch):
    monkeypatch.setattr(moves, "BATCH", 2)
    school.publish(**of("first", "second", "third"))
    with school.turn():
        moves.start(KEY, to=2, lessons={}, by="tests")

    def work():
        return jobs.move_learners(now())

    acts = [work, work, lambda: lessons.complete(learners["cleo"], KEY, "first").id]
    results = school.at_once(acts)
    assert all(isinstance(each, int) for each in results)
    while run(school):
        pass
    assert where(school, learners["cleo"]) == (2, ["first"], 25)
    assert where(school, learners["bob"]) == (2, ["first", "second"], 50)
    assert school.events(learners["ana"]).count("Course Version Changed") == 1
    with school.turn():
        open_one = db.session.scalars(select(Attempt).where(Attempt.person_id == learners["eve"])).one()
        assert open_one.version_id == enrolments.of(learners["eve"], KEY).version_id
        assert moves.latest(KEY).moved == 3


def test_servers_and_the_command_line_move_learners_too(
    school, learners, client, secret_key, app, monkeypatch
):
    school.publish(**of("hello", "second"))
    head = {"Authorization": f"Bearer {secret_key}"}
    address = f"/v1/academy/courses/{KEY}/migrations"
    body = {"to": 2, "map": {"first": "hello"}}

    planned = client.post(address, json=body, headers=head).get_json()
    assert planned["dry_run"] and planned["leaving"][0]["moved"] == 4 and planned["started_at"] is None
    refused = client.post(address, json={"to": 2}, headers=head)
    assert (refused.status_code, refused.get_json()["code"]) == (422, "mapping_faulty")
    monkeypatch.setattr("plg.app.create_app", lambda: app)
    dry = CliRunner().invoke(
        academy_command, ["migrate", KEY, "--to", "2", "--map", "first=hello", "--dry-run"]
    )
    assert "from version 1: 4 moved (0 further, 0 back, 1 when" in dry.output, dry.output
    started = client.post(address, json=body | {"dry_run": False}, headers=head).get_json()
    assert started["started_at"] is not None
    run(school)
    assert where(school, learners["ana"]) == (2, ["hello"], 33)
