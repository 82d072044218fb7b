"""The rows of attempts: found, held, changed, and the log of their steps.

What every answer of an exam needs is written by statements that were put together once: the ORM's unit of work
costs more than the statements themselves.
"""

from __future__ import annotations

import datetime as dt
import functools
from typing import Any, Final

from sqlalchemy import Insert, Select, Update, bindparam, insert, inspect, select, update
from sqlalchemy.orm import defer, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.dml import ReturningInsert

from academy.models import Attempt, AttemptStep, Enrolment
from academy.paper import Slot
from plg.kit.clock import now
from plg.kit.db import change_and_insert, db, is_postgres
from plg.kit.errors import NotFound

GRACE: Final = dt.timedelta(seconds=30)
"""How long after the deadline an answer may still arrive, for slow networks."""


class AttemptNotFound(NotFound):
    pass


def find(public_id: str, *, person_id: int | None, for_update: bool = False) -> Attempt:
    """An attempt of this person; somebody else's is not found. person_id None: of anybody (a server asks)."""
    options = {"populate_existing": True} if for_update else {}
    query = _by_public_id(for_update)
    attempt = db.session.scalar(query, {"public_id": public_id}, execution_options=options)
    if attempt is None or person_id not in (None, attempt.person_id):
        raise AttemptNotFound("There is no such attempt.")
    return attempt


def hold(public_id: str, *, person_id: int | None) -> tuple[Enrolment, Attempt]:
    """The attempt and its enrolment, both held until the transaction ends."""
    options = {"populate_existing": True}
    enrolment = db.session.scalar(_enrolment_of(), {"public_id": public_id}, execution_options=options)
    if enrolment is None:
        raise AttemptNotFound("There is no such attempt.")
    return enrolment, find(public_id, person_id=person_id, for_update=True)


def of_enrolment(enrolment: Enrolment) -> list[Attempt]:
    """All attempts, the first one first; papers and answers are read when they are asked for."""
    return list(db.session.scalars(_of_enrolment(), {"enrolment_id": enrolment.id}))


def slots_of(attempt: Attempt) -> list[Slot]:
    """The paper of an attempt, slot by slot."""
    return [Slot.from_json(slot) for slot in attempt.slots]


def is_over(attempt: Attempt, moment: dt.datetime | None = None) -> bool:
    """Whether the deadline and its grace have passed."""
    moment = moment or now()
    return attempt.due_at is not None and moment > attempt.due_at + GRACE


def add(**values: Any) -> Attempt:
    """A new attempt with these columns; the others are empty, and known to be, so that nobody has to look."""
    number = db.session.connection().scalar(_new_attempt(), values)
    attempt = Attempt(**dict.fromkeys(inspect(Attempt).columns.keys()) | values | {"id": number})
    make_transient_to_detached(attempt)
    db.session.add(attempt)
    return attempt


def write(attempt: Attempt, **changes: Any) -> None:
    """Change an attempt that the caller holds."""
    db.session.connection().execute(_update(tuple(changes)), changes | {"attempt": attempt.id})
    for name, value in changes.items():
        set_committed_value(attempt, name, value)


def step(attempt: Attempt, kind: str, given: dict[str, Any], moment: dt.datetime, /, **changes: Any) -> None:
    """Change an attempt that the caller holds, and add to its log what this step gives to the answers."""
    logged = {"attempt_id": attempt.id, "sequence": changes["sequence"], "kind": kind}
    logged |= {"answers": given, "at": moment}
    values = changes | {"attempt": attempt.id} | {f"step_{name}": value for name, value in logged.items()}
    for statement in _step(tuple(changes), tuple(logged), is_postgres()):
        db.session.connection().execute(statement, values)
    for name, value in changes.items():
        set_committed_value(attempt, name, value)


@functools.cache
def _by_public_id(for_update: bool) -> Select[Attempt]:
    query = select(Attempt).where(Attempt.public_id == bindparam("public_id"))
    return query.with_for_update() if for_update else query


@functools.cache
def _enrolment_of() -> Select[Enrolment]:
    query = select(Enrolment).join(Attempt, Attempt.enrolment_id == Enrolment.id)
    return query.where(Attempt.public_id == bindparam("public_id")).with_for_update(of=Enrolment)


@functools.cache
def _of_enrolment() -> Select[Attempt]:
    large = (Attempt.slots, Attempt.answers, Attempt.draft, Attempt.shares, Attempt.answered_at)
    query = select(Attempt).options(*(defer(column) for column in large))
    return query.where(Attempt.enrolment_id == bindparam("enrolment_id")).order_by(Attempt.number)


@functools.cache
def _new_attempt() -> ReturningInsert[tuple[int]]:
    return insert(Attempt).returning(Attempt.id)


@functools.cache
def _step(names: tuple[str, ...], logged: tuple[str, ...], _postgres: bool) -> tuple[Update | Insert, ...]:
    new = insert(AttemptStep).values({name: bindparam(f"step_{name}") for name in logged})
    return change_and_insert(_update(names), new)


@functools.cache
def _update(names: tuple[str, ...]) -> Update:
    changed = update(Attempt).where(Attempt.id == bindparam("attempt"))
    return changed.values({name: bindparam(name) for name in names})
