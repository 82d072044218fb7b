"""What was answered to a survey, as staff read it: counted, and as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select

from academy.lesson_kinds.survey import Choice, Scale
from academy.models import CourseVersion
from academy.surveys import Results
from plg.kit.db import db
from plg.people import people


def told(results: Results) -> dict[str, Any]:
    """For the API: every question with what was given."""
    return {
        "course": results.course_key,
        "lesson": results.lesson.key,
        "anonymous": results.survey.anonymous,
        "answered": results.count,
        "hidden": results.hidden,
        "questions": [
            {
                "key": each.key,
                "kind": each.kind,
                "text": each.text.model_dump(),
                "counts": {value: count for value, _, count in counted(results, each.key, "en")},
                "texts": written(results, each.key),
            }
            for each in results.survey.questions
        ],
    }


def counted(results: Results, key: str, language: str) -> list[tuple[str, str, int]]:
    """(value, what it is called, how often it was given) of a scale or a choice; options that are gone come last."""
    question = next(each for each in results.survey.questions if each.key == key)
    counts = results.counts(key)
    if isinstance(question, Scale):
        names: dict[Any, str] = {number: str(number) for number in range(1, question.points + 1)}
    elif isinstance(question, Choice):
        names = {option.key: option.text.in_language(language) for option in question.options}
    else:
        return []
    gone = {value: str(value) for value in counts if value not in names}
    return [(str(value), name, counts[value]) for value, name in {**names, **gone}.items()]


def mean(results: Results, key: str) -> float | None:
    """Of the numbers of a scale; None where there are none."""
    given = [row.answers[key] for row in results.rows if isinstance(row.answers.get(key), int)]
    return sum(given) / len(given) if given else None


def written(results: Results, key: str) -> list[str]:
    """What people wrote, in no order that says who they are."""
    given = [row.answers.get(key) for row in results.rows]
    return [each for each in given if isinstance(each, str)]


def csv_rows(results: Results) -> Iterable[Sequence[object]]:
    """A heading, and a row for each who answered. Of an anonymous survey no row says who or when."""
    keys = [question.key for question in results.survey.questions]
    head = [] if results.survey.anonymous else ["person", "answered_at"]
    yield [*head, "version", *keys]
    numbered = select(CourseVersion.id, CourseVersion.version).where(CourseVersion.key == results.course_key)
    versions = {row.id: row.version for row in db.session.execute(numbered)}
    names = people.get_all([row.person_id for row in results.rows if row.person_id is not None])
    for row in results.rows:
        who: list[object] = []
        if head:
            person = names.get(row.person_id or 0)
            who = [person.name if person else "", row.answered_at.isoformat() if row.answered_at else ""]
        yield [*who, versions[row.version_id], *(_cell(row.answers.get(key)) for key in keys)]


def _cell(value: Any) -> object:
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else value
