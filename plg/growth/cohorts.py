"""Cohorts of the people, or accounts, behind a number of a report: as they are now, or counted again and again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update

from plg.growth import answers, config, saved_reports
from plg.growth.columns.keys import Keys
from plg.growth.models import CohortSource
from plg.growth.reports.definition import Definition
from plg.kit.clock import now
from plg.kit.db import db, writing
from plg.kit.errors import Refusal
from plg.segments import cohorts
from plg.segments.models import Cohort

EVERY = dt.timedelta(minutes=15)


@dataclass(frozen=True)
class Question:
    """A number of a report. days: where given, the range is so many days up to today."""

    kind: str
    definition: dict[str, Any]
    number: dict[str, Any]
    days: int | None = None

    def asked(self) -> Definition:
        """The report that is counted now. Raises `NoSuchReport` or `ReportFaulty`."""
        return saved_reports.ranged(self.kind, self.definition, config.live().timezone, self.days)

    def actors(self) -> Keys:
        """Those behind the number now. Ends the transaction. Raises what `answers.behind` does, too."""
        number = answers.number_of(self.kind, self.number)
        return answers.behind(self.kind, self.asked(), number)


def keep(title: str, question: Question, *, dynamic: bool, by: str) -> Cohort:
    """Those behind a number as a cohort. dynamic: it is counted again every quarter of an hour. Ends the transaction
    before it writes. Raises what `Question` does."""
    actor = question.asked().actor
    actors = question.actors()
    row = cohorts.add(title, actor, actors.tolist(), dynamic=dynamic, by=by)
    if dynamic:
        told = {"kind": question.kind, "definition": question.definition, "days": question.days}
        source = CohortSource(cohort_id=row.id, number=question.number, due_at=now() + EVERY, **told)
        db.session.add(source)
        db.session.flush()
    return row


def upload(title: str, actor: cohorts.Actor, ids: list[str], *, by: str) -> tuple[Cohort, list[str]]:
    """The people (accounts) of these ids as a cohort, and the ids that are known of nobody."""
    found, unknown = cohorts.numbers_of(actor, ids)
    return cohorts.add(title, actor, set(found.values()), by=by), unknown


def source_of(cohort: Cohort) -> CohortSource | None:
    """What a dynamic cohort is counted by."""
    return db.session.get(CohortSource, cohort.id)


def with_sources() -> list[tuple[Cohort, CohortSource | None]]:
    """Every cohort, the newest first, with what it is counted by."""
    query = select(Cohort, CohortSource).outerjoin(CohortSource, CohortSource.cohort_id == Cohort.id)
    return [(row, source) for row, source in db.session.execute(query.order_by(Cohort.id.desc()))]


def delete_cohort(cohort: Cohort) -> None:
    db.session.execute(delete(CohortSource).where(CohortSource.cohort_id == cohort.id))
    cohorts.delete_cohort(cohort)


def due(moment: dt.datetime, most: int) -> list[int]:
    """Dynamic cohorts that have to be counted."""
    query = select(CohortSource.cohort_id).where(CohortSource.due_at <= moment)
    return list(db.session.scalars(query.order_by(CohortSource.due_at).limit(most)))


def refresh(cohort_id: int, moment: dt.datetime) -> bool:
    """Count a dynamic cohort again, unless somebody else is at it. Commits: nothing is held meanwhile. A report that
    cannot be answered any more leaves the members as they are, and its reason."""
    claim = update(CohortSource).where(CohortSource.cohort_id == cohort_id, CohortSource.due_at <= moment)
    with writing():
        claimed = db.session.execute(claim.values(due_at=moment + EVERY)).rowcount  # type: ignore[attr-defined]
        db.session.commit()
    if claimed:
        _count(cohort_id, moment)
    return bool(claimed)


def refresh_now(cohort: Cohort, moment: dt.datetime) -> None:
    """Count a dynamic cohort again, whether it is due or not. Commits; nothing happens to a frozen one."""
    _count(cohort.id, moment)


def _count(cohort_id: int, moment: dt.datetime) -> None:
    source = db.session.get(CohortSource, cohort_id)
    if source is None:
        return
    question = Question(source.kind, source.definition, source.number, source.days)
    fault, actors = "", None
    try:
        actors = question.actors()
    except Refusal as refusal:
        fault = (refusal.detail or refusal.title)[:500]
    _write(cohort_id, actors, fault, moment)


def _write(cohort_id: int, actors: Keys | None, fault: str, moment: dt.datetime) -> None:
    db.session.rollback()
    with writing():
        cohort, source = db.session.get(Cohort, cohort_id), db.session.get(CohortSource, cohort_id)
        if cohort is not None and source is not None:
            source.fault = fault
            if actors is not None:
                cohorts.replace(cohort, actors.tolist(), moment)
        db.session.commit()
