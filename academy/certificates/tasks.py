"""What is still to do for awards: rows that fall due, taken by any worker, each done once.

A worker claims some rows for LEASE, prepares what they need while it holds nothing, and keeps the result in the
transaction that ticks them off. Should it die, they fall due again; should two prepare the same, the later one finds
it done and keeps nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from sqlalchemy import ColumnElement, select, tuple_, update

from academy.certificate_models import CertificateTask
from academy.certificate_policy import CertificatePolicy, last_day, start_of
from academy.certificates.facts import CertificateFacts, facts_of_all
from academy.certificates.finding import ends_at
from academy.models import Certificate
from plg.kit.clock import now, zone
from plg.kit.db import db, end_transaction, reading
from plg.kit.db_bulk import insert_new

log = structlog.get_logger()

ISSUING: Final = "issuing"
EXPIRY: Final = "expiry"
REMINDER: Final = "reminder"
NOTICE: Final = "notice"
LEASE: Final = dt.timedelta(minutes=5)
BATCH: Final = 50
LONGEST_PAUSE: Final = dt.timedelta(hours=6)
HOUR_OF_MAIL: Final = dt.timedelta(hours=9)


@dataclass(frozen=True)
class Task:
    """A row as it was claimed, with its award and the facts of it. name: `kind`, or `kind:what`."""

    name: str
    certificate: Certificate
    facts: CertificateFacts

    @property
    def kind(self) -> str:
        """What `Step` does it."""
        return self.name.partition(":")[0]

    @property
    def about(self) -> str:
        """What its name says beside the kind."""
        return self.name.partition(":")[2]


@dataclass(frozen=True)
class Step:
    """How a kind of task is done. prepare: what takes long, while no transaction is open and nothing is held; its
    result is given to keep, which writes, in the transaction that ticks the task off. Both may run again."""

    kind: str
    keep: Callable[[Task, Any], None]
    prepare: Callable[[Task], Any] | None = None


def begin(certificate: Certificate) -> None:
    """Note what an award needs: the steps of its issuing, at once, and what its calendar asks for."""
    insert_new(CertificateTask.__table__, [_row(certificate, ISSUING, now()), *_timed(certificate)])


def watch_ends(sooner: Sequence[tuple[Certificate, dt.datetime]]) -> None:
    """Note what is to be done around these ends, which are sooner than they were: first of all, to tell holders."""
    rows = [row for certificate, ends in sooner for row in _around(certificate, ends)]
    days = [(each, last_day(ends, zone(each.timezone))) for each, ends in sooner]
    notices = [_row(each, f"{NOTICE}:{day}", now()) for each, day in days]
    insert_new(CertificateTask.__table__, [*notices, *rows])


def _timed(certificate: Certificate) -> list[dict[str, Any]]:
    ends = ends_at(certificate)
    return [] if ends is None else _around(certificate, ends)


def _around(certificate: Certificate, ends: dt.datetime) -> list[dict[str, Any]]:
    """What is to be done around its end. An end that was moved has rows of its own; those of the earlier one find
    that they are needless."""
    calendar, policy = zone(certificate.timezone), CertificatePolicy.model_validate(certificate.policy)
    day = last_day(ends, calendar)
    rows = [_row(certificate, f"{EXPIRY}:{day}", ends)]
    for days in policy.reminders:
        at = start_of(day - dt.timedelta(days=days), calendar) + HOUR_OF_MAIL
        if at > now():
            rows.append(_row(certificate, f"{REMINDER}:{day}:{days}", at))
    return rows


def _row(certificate: Certificate, name: str, due_at: dt.datetime) -> dict[str, Any]:
    return {"certificate_id": certificate.id, "name": name, "due_at": due_at, "failures": 0}


def do_due(moment: dt.datetime, issuing: Sequence[Step], others: Sequence[Step], limit: int = BATCH) -> int:
    """Do what is due; returns how many tasks were claimed. Commits. issuing: its steps, one after the other."""
    claimed = _claim(moment, limit)
    steps = {step.kind: step for step in (*issuing, *others)}
    following = dict(zip((ISSUING, *(step.kind for step in issuing)), issuing, strict=False))
    prepared = [(task, _prepared(task, steps.get(task.kind))) for task in _tasks(claimed)]
    with db.session.no_autoflush:
        _settle(moment, prepared, steps, following)
    db.session.commit()
    return len(claimed)


def _claim(moment: dt.datetime, limit: int) -> list[tuple[int, str]]:
    due = select(CertificateTask).where(CertificateTask.due_at <= moment).order_by(CertificateTask.due_at)
    rows = db.session.scalars(due.limit(limit).with_for_update(skip_locked=True)).all()
    claimed = [(row.certificate_id, row.name) for row in rows]
    if claimed:
        db.session.execute(update(CertificateTask).where(_among(claimed)).values(due_at=moment + LEASE))
    db.session.commit()
    db.session.expunge_all()
    return claimed


def _among(keys: Sequence[tuple[int, str]]) -> ColumnElement[bool]:
    return tuple_(CertificateTask.certificate_id, CertificateTask.name).in_(keys)


def _tasks(claimed: Sequence[tuple[int, str]]) -> list[Task]:
    if not claimed:
        return []
    with reading():
        found = select(Certificate).where(Certificate.id.in_({certificate for certificate, _ in claimed}))
        rows = list(db.session.scalars(found))
        told = {row.id: (row, facts) for row, facts in zip(rows, facts_of_all(rows), strict=True)}
        db.session.expunge_all()  # what was read stays as it is when the transaction ends
        end_transaction()
    return [Task(name, *told[number]) for number, name in claimed]


def _prepared(task: Task, step: Step | None) -> Any:
    """What the step prepared, or the error that it ended with."""
    if step is None or step.prepare is None:
        return None
    try:
        with reading():
            result = step.prepare(task)
            end_transaction()
    except Exception as error:
        end_transaction()
        return error
    return result


def _settle(
    moment: dt.datetime,
    prepared: Sequence[tuple[Task, Any]],
    steps: Mapping[str, Step],
    following: Mapping[str, Step],
) -> None:
    """Keep what was prepared of all that is not done, and note the next step of each."""
    keys = sorted((task.certificate.id, task.name) for task, _ in prepared)
    query = select(CertificateTask).where(_among(keys), CertificateTask.done_at.is_(None))
    ordered = query.order_by(CertificateTask.certificate_id, CertificateTask.name).with_for_update()
    rows = {(row.certificate_id, row.name): row for row in db.session.scalars(ordered)} if keys else {}
    onward: list[dict[str, Any]] = []
    for task, result in prepared:
        row = rows.get((task.certificate.id, task.name))
        if row is None:
            continue
        error = _kept(task, result, steps.get(task.kind))
        if error is not None:
            _put_off(row, error, moment)
            continue
        row.due_at, row.done_at, row.error = None, moment, None
        if task.kind in following:
            onward.append(_row(task.certificate, following[task.kind].kind, moment))
    db.session.flush()
    insert_new(CertificateTask.__table__, onward)


def _kept(task: Task, result: Any, step: Step | None) -> Exception | None:
    if isinstance(result, Exception) or step is None:
        return result if step or task.kind == ISSUING else LookupError(f"nobody does {task.kind!r}")
    try:
        with db.session.begin_nested():
            step.keep(task, result)
    except Exception as error:
        return error
    return None


def _put_off(row: CertificateTask, error: Exception, moment: dt.datetime) -> None:
    """Try again after a pause that grows from one minute to six hours."""
    log.warning("task failed", certificate=row.certificate_id, task=row.name, error=repr(error))
    pause = min(dt.timedelta(minutes=2 ** min(row.failures, 10)), LONGEST_PAUSE)
    row.failures, row.error, row.due_at = row.failures + 1, repr(error)[:500], moment + pause
