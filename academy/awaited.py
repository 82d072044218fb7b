"""Answers that wait for people's marks: put on the list when an attempt ends, taken off when a share is decided."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from sqlalchemy import select

from academy.models import AnswerToMark, Attempt
from plg.kit.db import db, insert


def put_on_the_list(attempt: Attempt, numbers: Iterable[int]) -> bool:
    """These slots of an ended attempt wait for marks; said twice, they wait once. Whether any of them is new."""
    rows = [{"attempt_id": attempt.id, "slot": number, "since": attempt.finished_at} for number in numbers]
    new = insert(AnswerToMark).values(rows).on_conflict_do_nothing().returning(AnswerToMark.slot)
    return db.session.execute(new).first() is not None


def decided(attempt: Attempt) -> dict[int, Fraction]:
    """The shares that people have decided on, by slot number."""
    query = select(AnswerToMark.slot, AnswerToMark.share)
    query = query.where(AnswerToMark.attempt_id == attempt.id)
    return {slot: Fraction(share) for slot, share in db.session.execute(query) if share is not None}
