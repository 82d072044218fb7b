"""What learners did in the product, counted from the log: for the questions and the lessons that it answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, func, or_, select

from academy import courses
from academy.models import Attempt, Enrolment
from academy.paper import Slot
from academy.questions import ProductTask
from plg.events.models import Event
from plg.kit import rules
from plg.kit.db import db
from plg.kit.rules import EventLeaf
from plg.kit.rules.times import span
from plg.people.models import Person


def observed(attempt: Attempt, enrolment: Enrolment, until: dt.datetime) -> dict[str, dict[str, int]]:
    """The answers to the product tasks on the paper, by slot number: how often each of their events happened. They
    are logged like any other answer, so that marking again gives the same mark whatever happens later."""
    quiz = courses.published(attempt.version_id).quiz
    found: dict[str, dict[str, int]] = {}
    for number, slot in enumerate(map(Slot.from_json, attempt.slots), 1):
        question = quiz.question(slot.question)
        if isinstance(question, ProductTask):
            since = attempt.started_at if question.since == "attempt" else None
            found[str(number)] = counts(question.leaves, [enrolment.id], since, until)[enrolment.id]
    return found


def counts(
    leaves: Mapping[str, EventLeaf],
    enrolment_ids: Collection[int],
    since: dt.datetime | SQLColumnExpression[dt.datetime] | None,
    until: dt.datetime,
) -> dict[int, dict[str, int]]:
    """How often each of these events happened to whom, by enrolment id, in one query. since: a moment, or the column
    of the enrolment that says one."""
    columns: list[Any] = [_count(leaf, since, until) for leaf in leaves.values()]
    rows = db.session.execute(select(Enrolment.id, *columns).where(Enrolment.id.in_(enrolment_ids)))
    return {row[0]: dict(zip(leaves, row[1:], strict=True)) for row in rows}


def _count(
    leaf: EventLeaf, since: dt.datetime | SQLColumnExpression[dt.datetime] | None, until: dt.datetime
) -> ColumnElement[Any]:
    """How often the leaf's event happened: to the learner, with whatever records were merged into theirs, or in the
    account in which they learn."""
    query = select(func.count()).where(Event.name == leaf.event, Event.occurred_at <= until)
    for start in (since, until - span(leaf.within) if leaf.within else None):
        if start is not None:
            query = query.where(Event.occurred_at >= start)
    if leaf.by == "account":
        query = query.select_from(Event).where(Event.account_id == Enrolment.account_id)
    else:
        theirs = or_(Person.id == Enrolment.person_id, Person.merged_into_id == Enrolment.person_id)
        query = query.select_from(Person).join(Event, Event.person_id == Person.id).where(theirs)
    query = query.where(*rules.conditions(leaf, Event.properties, until))
    return query.correlate(Enrolment).scalar_subquery()
