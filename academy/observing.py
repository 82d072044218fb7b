"""What learners did in the product, counted when an attempt ends, for the questions that are answered by it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

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
            found[str(number)] = _counts(question, enrolment, since, until)
    return found


def _counts(
    task: ProductTask, enrolment: Enrolment, since: dt.datetime | None, until: dt.datetime
) -> dict[str, int]:
    columns: list[Any] = [_count(leaf, enrolment, since, until) for leaf in task.leaves.values()]
    row = db.session.execute(select(*columns)).one()
    return dict(zip(task.leaves, row, strict=True))


def _count(
    leaf: EventLeaf, enrolment: Enrolment, since: dt.datetime | None, until: dt.datetime
) -> ColumnElement[Any]:
    """How often the leaf's event happened: to the learner, with whatever records were merged into theirs, or in the
    account in which they learn."""
    query = select(func.count()).where(Event.name == leaf.event, Event.occurred_at <= until)
    start = max(filter(None, (since, until - span(leaf.within) if leaf.within else None)), default=None)
    if start is not None:
        query = query.where(Event.occurred_at >= start)
    if leaf.by == "account":
        query = query.select_from(Event).where(Event.account_id == enrolment.account_id)
    else:
        theirs = or_(Person.id == enrolment.person_id, Person.merged_into_id == enrolment.person_id)
        query = query.select_from(Person).join(Event, Event.person_id == Person.id).where(theirs)
    return query.where(*rules.conditions(leaf, Event.properties, until)).scalar_subquery()
