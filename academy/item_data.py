"""The attempts of one version of a quiz as the item analysis reads them: one set-based read, arrays out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, Literal, get_args

import msgspec
import numpy as np
from sqlalchemy import Select, Text, cast, func, select

from academy.courses import PublishedCourse
from academy.models import Attempt
from academy.sample_figures import Array
from plg.kit.db import db

Which = Literal["first", "last", "best", "all"]
"""Which attempts of each person count: Moodle advises the first, because later ones have seen the answers."""

WHICH: Final[tuple[Which, ...]] = get_args(Which)
CHUNK: Final = 5_000


class _Slot(msgspec.Struct, gc=False):
    question: str


Codes = np.ndarray[Any, np.dtype[np.int32]]
_decode_slots = msgspec.json.Decoder(list[_Slot]).decode
_decode_shares = msgspec.json.Decoder(list[str | None]).decode
_decode_answers = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True)
class Responses:
    """marks: one row an attempt, one column a question (as the quiz lists them), NaN where it was not on the paper or
    does not count. answers: the same table, of places in `distinct`; -1 where nothing was answered. distinct: the
    different answers to each question, as (column, answer)."""

    marks: Array
    answers: Codes
    distinct: tuple[tuple[int, Any], ...]


def read(published: PublishedCourse, which: Which = "first") -> Responses:
    """Every finished attempt at this version that counts."""
    table = _Table(tuple(question.key for question in published.quiz.drawable))
    result = db.session.connection().execution_options(yield_per=CHUNK).execute(_rows(published.id, which))
    for chunk in result.partitions():
        table.add(chunk)
    return table.responses()


def _rows(version_id: int, which: Which) -> Select[*tuple[Any, ...]]:
    """Papers, shares and answers as the database keeps them, so that only what is needed is decoded."""
    columns = [cast(column, Text) for column in (Attempt.slots, Attempt.shares, Attempt.answers)]
    query = select(*columns).where(Attempt.version_id == version_id, Attempt.score.is_not(None))
    if which == "all":
        return query
    if which == "first":
        return query.where(Attempt.number == 1)
    order = Attempt.number.desc() if which == "last" else Attempt.score.desc()
    place = func.row_number().over(partition_by=Attempt.enrolment_id, order_by=[order, Attempt.number])
    finished = select(Attempt.id.label("id"), place.label("place")).where(Attempt.score.is_not(None))
    ranked = finished.where(Attempt.version_id == version_id).subquery()
    return query.join(ranked, ranked.c.id == Attempt.id).where(ranked.c.place == 1)


class _Table:
    """The arrays as they grow, one chunk of attempts at a time. Whatever happens for each of millions of answers
    happens inside of `map`."""

    def __init__(self, questions: tuple[str, ...]) -> None:
        self._columns = {key: place for place, key in enumerate(questions)}
        self._marks: list[Array] = [np.empty((0, len(questions)))]
        self._answers: list[Codes] = [np.empty((0, len(questions)), dtype=np.int32)]
        self._earned, self._codes = _Earned({None: np.nan}), _Codes()

    def add(self, chunk: Any) -> None:
        """Take in rows of (slots, shares, answers) as JSON texts."""
        slots, shares, answered = zip(*chunk, strict=True)
        papers = [[slot.question for slot in _decode_slots(text)] for text in slots]
        columns = list(map(self._columns.__getitem__, chain.from_iterable(papers)))
        rows = np.repeat(np.arange(len(papers)), [len(paper) for paper in papers])
        earned = list(map(self._earned.__getitem__, chain.from_iterable(map(_decode_shares, shares))))
        given = map(_hashable, self._given(papers, answered))
        codes = list(map(self._codes.__getitem__, zip(columns, given, strict=True)))
        marks = np.full((len(papers), len(self._columns)), np.nan)
        answers = np.full(marks.shape, -1, dtype=np.int32)
        marks[rows, columns], answers[rows, columns] = earned, codes
        self._marks.append(marks)
        self._answers.append(answers)

    def responses(self) -> Responses:
        distinct = [(column, _answer(given)) for column, given in self._codes]
        return Responses(np.concatenate(self._marks), np.concatenate(self._answers), tuple(distinct))

    def _given(self, papers: list[list[str]], answered: Iterable[str]) -> Iterable[Any]:
        numbers = [str(number) for number in range(1, max(map(len, papers)) + 1)]
        for paper, text in zip(papers, answered, strict=True):
            yield from map(_decode_answers(text).get, numbers[: len(paper)])


class _Earned(dict[str | None, float]):
    """What a share as it is kept (`1/3`) is as a number."""

    def __missing__(self, share: str) -> float:
        top, _, bottom = share.partition("/")
        self[share] = int(top) / int(bottom or 1)
        return self[share]


class _Codes(dict[tuple[int, Any], int]):
    """A number for each (column, answer), from 0 in the order in which they come; -1 for no answer."""

    def __missing__(self, key: tuple[int, Any]) -> int:
        if key[1] is None:
            return -1
        self[key] = len(self)
        return self[key]


def _hashable(answer: Any) -> Any:
    return answer if answer.__class__ is str or answer is None else msgspec.json.encode(answer)


def _answer(hashable: Any) -> Any:
    return msgspec.json.decode(hashable) if isinstance(hashable, bytes) else hashable
