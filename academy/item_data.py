"""The attempts of one version of a quiz as the item analysis reads them: one set-based read, arrays out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from types import NoneType
from typing import Any, Final, Literal, get_args

import msgspec
import numpy as np
from sqlalchemy import Select, Text, cast, func, select

from academy.courses import PublishedCourse
from academy.models import Attempt
from academy.questions import BaseQuestion
from academy.questions.choice import ChoiceQuestion
from academy.sample_figures import Array
from plg.kit.db import db

Which = Literal["first", "last", "best", "all"]
"""Which attempts of each person count: Moodle advises the first, because later ones have seen the answers."""

WHICH: Final[tuple[Which, ...]] = get_args(Which)
CHUNK: Final = 2_000


class _Slot(msgspec.Struct, gc=False):
    question: str


Codes = np.ndarray[Any, np.dtype[np.int32]]
_decode_slots = msgspec.json.Decoder(list[_Slot]).decode
_decode_shares = msgspec.json.Decoder(list[str | None]).decode
_decode_answers = msgspec.json.Decoder(dict[str, Any]).decode
_question = attrgetter("question")


@dataclass(frozen=True)
class Responses:
    """marks: one row an attempt, one column a question (as the quiz lists them), NaN where it was not on the paper or
    does not count. answers: the same table, of places in `distinct`; -1 where nothing was answered. distinct: the
    different answers to questions with options; all others have the answer None there."""

    marks: Array
    answers: Codes
    distinct: tuple[Any, ...]


def read(published: PublishedCourse, which: Which = "first") -> Responses:
    """Every finished attempt at this version that counts."""
    table = _Table(published.quiz.drawable)
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
    happens inside of `map`; texts that people wrote are not kept."""

    def __init__(self, questions: Sequence[BaseQuestion]) -> None:
        self._columns = {question.key: place for place, question in enumerate(questions)}
        self._with_options = [isinstance(question, ChoiceQuestion) for question in questions]
        self._marks: list[Array] = [np.empty((0, len(questions)))]
        self._answers: list[Codes] = [np.empty((0, len(questions)), dtype=np.int32)]
        self._earned, self._codes = _Earned({None: np.nan}), _Codes({None: -1})

    def add(self, chunk: Any) -> None:
        """Take in rows of (slots, shares, answers) as JSON texts."""
        slots, shares, answered = zip(*chunk, strict=True)
        papers = list(map(_decode_slots, slots))
        lengths = list(map(len, papers))
        keys = map(_question, chain.from_iterable(papers))
        columns = np.fromiter(map(self._columns.__getitem__, keys), np.intp, sum(lengths))
        rows = np.repeat(np.arange(len(papers)), lengths)
        earned = map(self._earned.__getitem__, chain.from_iterable(map(_decode_shares, shares)))
        given = self._comparable(columns, list(chain.from_iterable(_given(lengths, answered))))
        marks = np.full((len(papers), len(self._columns)), np.nan)
        answers = np.full(marks.shape, -1, dtype=np.int32)
        marks[rows, columns] = np.fromiter(earned, float, len(columns))
        answers[rows, columns] = np.fromiter(map(self._codes.__getitem__, given), np.int32, len(columns))
        self._marks.append(marks)
        self._answers.append(answers)

    def responses(self) -> Responses:
        distinct = [_answer(given) for given in self._codes if given is not None]
        return Responses(np.concatenate(self._marks), np.concatenate(self._answers), tuple(distinct))

    def _comparable(self, columns: np.ndarray[Any, Any], given: list[Any]) -> list[Any]:
        if all(self._with_options) and set(map(type, given)) <= {str, NoneType}:
            return given
        return [
            _hashable(answer if self._with_options[column] or answer is None else "")
            for column, answer in zip(columns.tolist(), given, strict=True)
        ]


def _given(lengths: list[int], answered: Iterable[str]) -> Iterable[Iterable[Any]]:
    """The answers of each paper, in the order of its slots."""
    numbers = [str(number) for number in range(1, max(lengths) + 1)]
    return (
        map(_decode_answers(text).get, numbers[:length])
        for length, text in zip(lengths, answered, strict=True)
    )


class _Earned(dict[str | None, float]):
    """What a share as it is kept (`1/3`) is as a number."""

    def __missing__(self, share: str) -> float:
        top, _, bottom = share.partition("/")
        self[share] = int(top) / int(bottom or 1)
        return self[share]


class _Codes(dict[Any, int]):
    """A number for each answer, from 0 in the order in which they come."""

    def __missing__(self, answer: Any) -> int:
        self[answer] = len(self) - 1
        return self[answer]


def _hashable(answer: Any) -> Any:
    return answer if answer.__class__ is str or answer is None else msgspec.json.encode(answer)


def _answer(hashable: Any) -> Any:
    if hashable == "":
        return None
    return msgspec.json.decode(hashable) if isinstance(hashable, bytes) else hashable
