"""Courses that a rule enrols people in: whoever acts, and whom the course's `enrol_when` holds for by then."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, literal, or_, select, tuple_

from academy import audience, courses, enrolments, event_names, prerequisites
from academy.courses import PublishedCourse
from academy.models import Enrolment
from plg.accounts.models import Membership
from plg.events import log
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.rules import Rule
from plg.segments import segments

Actor = tuple[int | None, int | None]
"""A person in an account; without a person it was the account itself, and means everybody in it."""


def enrol(actors: Collection[Actor]) -> int:
    """Let those of the actors begin whom a course is meant for by rule and who have what it requires; who lacks it
    begins when they have it. A few statements a course, however many they are. Returns how many began."""
    inside = [actor for actor in actors if actor[1] is not None]
    if not inside:
        return 0
    begun = 0
    for each in courses.catalogue():
        condition = each.course.enrol_when
        rule = None if condition is None else audience.rule_of(condition, now())
        if rule is not None:
            begun += len(_enrol(each, rule, inside))
    return begun


def _enrol(published: PublishedCourse, rule: Rule, actors: Collection[Actor]) -> list[Enrolment]:
    moment = now()
    theirs = Enrolment.person_id == Membership.person_id, Enrolment.course_key == published.key
    wanted = segments.members(rule, moment).where(
        _among(actors),
        ~select(Enrolment.id).where(*theirs).exists(),
        *(prerequisites.met(each, Membership.person_id) for each in published.course.requires),
    )
    rows = wanted.add_columns(
        literal(published.key), literal(published.id), literal(moment, Enrolment.enrolled_at.type)
    )
    columns = ["person_id", "account_id", "course_key", "version_id", "enrolled_at"]
    new = insert(Enrolment).from_select(columns, rows.order_by(Membership.id)).on_conflict_do_nothing()
    ids = list(db.session.scalars(new.returning(Enrolment.id)))
    if not ids:
        return []
    made = list(db.session.scalars(select(Enrolment).where(Enrolment.id.in_(ids))))
    log.store([enrolments.told(each, event_names.COURSE_STARTED, by="rule") for each in made])
    return made


def _among(actors: Collection[Actor]) -> ColumnElement[bool]:
    pairs = [actor for actor in actors if actor[0] is not None]
    whole = [account for person, account in actors if person is None]
    parts: list[ColumnElement[bool]] = []
    if pairs:
        parts.append(tuple_(Membership.person_id, Membership.account_id).in_(pairs))
    if whole:
        parts.append(Membership.account_id.in_(whole))
    return or_(*parts)
