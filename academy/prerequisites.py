"""Courses that have to be completed before another one: what is missing, and no circles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, literal, or_, select

from academy import certificate_standing
from academy.admission import Prerequisite
from academy.models import Certificate, CourseVersion, Enrolment
from academy.schemas import Course, CourseFaulty
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Conflict, Fault


class PrerequisitesMissing(Conflict):
    """Other courses come first; `missing` says which."""


class PrerequisiteCircle(CourseFaulty):
    """Courses that wait for each other, so that nobody could ever begin; `circle` names them."""


class PrerequisiteUnknown(CourseFaulty):
    """A course asks for one that is not published."""


def missing(person_id: int, course: Course) -> list[Prerequisite]:
    """What the person has not completed yet of what the course requires."""
    if not course.requires:
        return []
    person = literal(person_id)
    row = db.session.execute(select(*(met(each, person) for each in course.requires))).one()
    return [each for each, is_met in zip(course.requires, row, strict=True) if not is_met]


def check(person_id: int, course: Course) -> None:
    """Raise PrerequisitesMissing where something has to come first."""
    lacking = missing(person_id, course)
    if lacking:
        named = ", ".join(each.course for each in lacking)
        told = [each.model_dump() for each in lacking]
        raise PrerequisitesMissing(f"These courses come first: {named}.", missing=told)


def met(requirement: Prerequisite, person: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """Whether a person, or everybody of a query, has completed what is required. A course that was taken out of the
    catalogue is asked of nobody."""
    there = select(CourseVersion.id).where(
        CourseVersion.key == requirement.course, CourseVersion.retired_at.is_(None)
    )
    way = _certified if requirement.certified else _completed
    return or_(way(requirement.course, person).exists(), ~there.exists())


def _completed(course_key: str, person: SQLColumnExpression[Any]) -> Select[int]:
    return select(Enrolment.id).where(
        Enrolment.person_id == person,
        Enrolment.course_key == course_key,
        Enrolment.completed_at.is_not(None),
    )


def _certified(course_key: str, person: SQLColumnExpression[Any]) -> Select[int]:
    return select(Certificate.id).where(
        Certificate.person_id == person,
        Certificate.course_key == course_key,
        certificate_standing.holds(now()),
    )


def in_order(required: Mapping[str, Iterable[Prerequisite]]) -> list[str]:
    """These courses, with those first that others of them require. Raises PrerequisiteCircle."""
    graph = {key: [each.course for each in needs] for key, needs in required.items()}
    try:
        return [key for key in TopologicalSorter(graph).static_order() if key in graph]
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        said = f"the courses wait for each other: {' needs '.join(circle)}"
        field = f"{circle[0]}.requires"
        raise PrerequisiteCircle(errors=[Fault(field, said)], circle=circle) from None


def check_publishable(key: str, course: Course, live: Mapping[str, Course]) -> None:
    """Refuse a course that asks for what is not live, or that would close a circle with the live ones."""
    faults = [
        Fault(f"requires.{place}.course", f"there is no published course {each.course!r}")
        for place, each in enumerate(course.requires)
        if each.course not in live and each.course != key
    ]
    if faults:
        raise PrerequisiteUnknown(errors=faults)
    in_order({name: each.requires for name, each in live.items()} | {key: course.requires})
