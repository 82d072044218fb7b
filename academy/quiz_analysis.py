"""The item analysis of a quiz: what its attempts say about each question, and how its options are used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sqlalchemy import select

from academy import courses, item_analysis, item_data
from academy.courses import CourseNotFound, PublishedCourse
from academy.item_analysis import Analysis, OptionUse
from academy.item_data import Responses, Which
from academy.models import CourseVersion
from academy.questions import BaseQuestion
from academy.questions.choice import ChoiceQuestion
from academy.sample_figures import Array
from plg.kit.db import db


@dataclass(frozen=True)
class QuizAnalysis:
    """figures: see `item_analysis.Analysis`, items in the order of the bank. options: by question, where its kind has
    options; answered: how many attempts answered it at all."""

    published: PublishedCourse
    which: Which
    figures: Analysis
    answered: tuple[int, ...]
    options: tuple[tuple[OptionUse, ...], ...]


def analyse(course_key: str, *, version: int | None = None, which: Which = "first") -> QuizAnalysis:
    """Analyse one version of a course's quiz, the newest one unless told otherwise."""
    published = version_of(course_key, version)
    quiz = published.quiz
    responses = item_data.read(published, which)
    guesses = [_number(question.guess()) for question in quiz.drawable]
    complete = not np.isnan(responses.marks).any()
    totals = np.nansum(responses.marks, axis=1)
    figures = item_analysis.analyse(
        responses.marks,
        np.ones(len(quiz.drawable)),
        guesses=guesses,
        missing="listwise" if complete else "pairwise",
    )
    return QuizAnalysis(
        published,
        which,
        figures,
        tuple(int(count) for count in (responses.answers >= 0).sum(axis=0)),
        tuple(_options(question, responses, place, totals) for place, question in enumerate(quiz.drawable)),
    )


def version_of(course_key: str, version: int | None) -> PublishedCourse:
    """A version of a course by its number, live or not; None: the newest one."""
    query = select(CourseVersion.id).where(CourseVersion.key == course_key)
    if version is not None:
        query = query.where(CourseVersion.version == version)
    found = db.session.scalar(query.order_by(CourseVersion.version.desc()).limit(1))
    if found is None:
        raise CourseNotFound(f"There is no such version of a course {course_key!r}.")
    return courses.published(found)


def plain(analysis: QuizAnalysis) -> dict[str, Any]:
    """The analysis as JSON."""
    figures = asdict(analysis.figures)
    items = figures.pop("items")
    for item, question, answered, options in zip(
        items, analysis.published.quiz.drawable, analysis.answered, analysis.options, strict=True
    ):
        guess = question.guess()
        item |= {
            "question": question.key,
            "kind": question.kind,
            "answered": answered,
            "random_guess": None if guess is None else 100 * float(guess),
            "options": [asdict(option) for option in options],
        }
    head = {"course": analysis.published.key, "version": analysis.published.version, "which": analysis.which}
    return head | figures | {"items": items}


def csv_rows(analysis: QuizAnalysis) -> Iterable[Sequence[object]]:
    """A heading and a row a question."""
    names = [
        "question",
        "kind",
        "attempts",
        "answered",
        "facility",
        "sd",
        "random_guess",
        "discrimination_index",
        "discriminative_efficiency",
        "intended_weight",
        "effective_weight",
    ]
    yield [*names, "flags"]
    for item in plain(analysis)["items"]:
        yield [*(item[name] for name in names), " ".join(item["flags"])]


def _options(
    question: BaseQuestion, responses: Responses, place: int, totals: Array
) -> tuple[OptionUse, ...]:
    if not isinstance(question, ChoiceQuestion):
        return ()
    marks = responses.marks[:, place]
    had = ~np.isnan(marks)
    codes, others = responses.answers[had, place], totals[had] - marks[had]
    # The last place stands for -1, no answer: nothing chosen.
    chosen: list[frozenset[str]] = [frozenset()] * (len(responses.distinct) + 1)
    for code in set(np.unique(codes).tolist()) - {-1}:
        chosen[code] = question.keys_of(responses.distinct[code])
    uses = {
        option.key: np.array([option.key in keys for keys in chosen])[codes] for option in question.options
    }
    right = {option.key for option in question.options if option.correct}
    return item_analysis.use_of_options(uses, others, right)


def _number(guess: Any) -> float | None:
    return None if guess is None else float(guess)
