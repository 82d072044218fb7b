"""A school for the tests of the academy: a published course, people who take it, and the right answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from academy import attempts, courses, enrolments, lessons
from academy.models import Attempt
from plg.events.models import Event
from plg.kit.db import db
from plg.kit.errors import Refusal
from plg.people import people
from tests.academy.samples import course, read

KEY = "basics"


class School:
    """Each of its acts is a transaction of its own, as a request is."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    @contextmanager
    def turn(self) -> Iterator[None]:
        with self.app.app_context():
            yield
            db.session.commit()

    def publish(self, key: str = KEY, **changes: Any) -> int:
        """Publish a sample course with these changes; the id of its version."""
        with self.turn():
            return courses.publish(key, courses.definition_of(read(course(**changes))), by="tests").id

    def person(self, name: str = "Ana López") -> int:
        with self.turn():
            return people.add(email=None, name=name, by="tests").id

    def ready(self, name: str = "Ana López") -> int:
        """Somebody who has finished every lesson."""
        person = self.person(name)
        with self.turn():
            enrolments.enrol(person, KEY)
            for lesson in ("first", "second"):
                lessons.complete(person, KEY, lesson)
        return person

    def start(self, person: int) -> str:
        with self.turn():
            return attempts.start(person, KEY).public_id

    def right(self, attempt: str) -> dict[int, Any]:
        """The right answers to this attempt's paper, as a page would send them."""
        with self.turn():
            row = self.attempt(attempt)
            quiz = courses.published(row.version_id).quiz
            slots = [(quiz.question(slot.question), slot.order) for slot in attempts.slots_of(row)]
            return {n: each.chosen(each.best(order), order) for n, (each, order) in enumerate(slots, 1)}

    def wrong(self, attempt: str) -> dict[int, Any]:
        return {number: places for number, (_, places) in self.answers(attempt).items()}

    def answers(self, attempt: str) -> dict[int, tuple[Any, Any]]:
        with self.turn():
            row = self.attempt(attempt)
            quiz = courses.published(row.version_id).quiz
            found = {}
            for number, slot in enumerate(attempts.slots_of(row), 1):
                question = quiz.question(slot.question)
                sides: tuple[list[str], list[str]] = ([], [])
                for place, key in enumerate(slot.order, 1):
                    option = next(each for each in question.options if each.key == key)
                    sides[not option.correct].append(str(place))
                single = question.kind == "single"
                found[number] = (sides[0][0], sides[1][0]) if single else sides
            return found

    def attempt(self, public_id: str) -> Attempt:
        return db.session.scalars(select(Attempt).where(Attempt.public_id == public_id)).one()

    def attempt_seed(self, public_id: str) -> str:
        with self.turn():
            return self.attempt(public_id).seed

    def last_attempt(self, person: int) -> str:
        with self.turn():
            query = select(Attempt).where(Attempt.person_id == person).order_by(Attempt.id.desc())
            return db.session.scalars(query).first().public_id

    def pass_quiz(self, person: int) -> str:
        attempt = self.start(person)
        self.submit(person, attempt)
        return attempt

    def submit(self, person: int, attempt: str) -> None:
        """With the right answers."""
        with self.turn():
            assert attempts.submit(attempt, self.right(attempt), 0, person_id=person).passed

    def events(self, person: int) -> list[str]:
        with self.turn():
            query = select(Event.name).where(Event.person_id == person).order_by(Event.position)
            return list(db.session.scalars(query))

    def at_once(self, acts: list[Callable[[], Any]]) -> list[Any]:
        """Run acts in parallel threads, each in its own transaction; results, or the code of what was refused."""
        barrier = threading.Barrier(len(acts))
        results: list[Any] = [None] * len(acts)

        def run(place: int, act: Callable[[], Any]) -> None:
            with self.app.app_context():
                barrier.wait(timeout=30)
                try:
                    results[place] = act()
                    db.session.commit()
                except Refusal as refusal:
                    db.session.rollback()
                    results[place] = refusal.code

        threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        return results


@pytest.fixture
def school(app: Flask) -> School:
    """With the sample course published: two lessons, four questions, 75 % to pass."""
    school = School(app)
    school.publish()
    return school
