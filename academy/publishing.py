"""Making a draft the live version: what that changes and for whom, doing it, going back, and who did what."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import defer

from academy import courses, drafts, outline
from academy.course_text import PlacedFault
from academy.courses import CourseFaulty, CourseNotFound
from academy.drafts import DraftChanged, Files
from academy.models import CourseChange, CourseDraft, CourseVersion, Enrolment
from academy.schemas import Course
from plg.kit import versions
from plg.kit.db import db
from plg.kit.errors import NotFound

TOLD_CHANGES: Final = 100
WITHOUT_TEXTS: Final = (defer(CourseVersion.html), defer(CourseVersion.source))
"""Lists of versions show none of these."""
Line = tuple[str, str]
"""A line of a difference: "+", "-", " " or "@" (a gap), and its text."""


class VersionNotFound(NotFound):
    pass


@dataclass(frozen=True)
class Difference:
    """What changes. lessons, questions: `added`, `changed`, `moved` or `removed` by key; settings: names of parts of
    `course.yaml` and `quiz.yaml`; lines: by file, those that have any."""

    lessons: dict[str, str] = field(default_factory=dict)
    questions: dict[str, str] = field(default_factory=dict)
    settings: list[str] = field(default_factory=list)
    lines: dict[str, list[Line]] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What publishing the draft would do. learners: how many are on each version, by number, newest first."""

    edition: int
    live_version: int | None
    faults: list[PlacedFault]
    difference: Difference
    learners: dict[int, int]

    @property
    def is_new(self) -> bool:
        """Whether it would say anything that is not live yet."""
        found = self.difference
        return bool(self.live_version is None or found.lessons or found.questions or found.settings)


def plan(key: str) -> Plan:
    """What publishing the draft would change, and for whom."""
    draft, live = drafts.find(key), versions.live(CourseVersion, key)
    checked = drafts.check(draft.files)
    old = drafts.files_of(live) if live else {}
    new = courses.definition_of(checked.course) if checked.course else {}
    found = difference(live.definition if live else {}, new, old, draft.files)
    return Plan(draft.edition, live.version if live else None, checked.faults, found, learners(key))


def difference(old: dict[str, Any], new: dict[str, Any], before: Files, after: Files) -> Difference:
    """What changes between two definitions, and line by line between the files that they were made from."""
    lines = _file_lines(before, after)
    if not new:
        return Difference(lines=lines)
    lessons = _items(_listed(old, "lessons"), _listed(new, "lessons"))
    return Difference(lessons, _items(_questions(old), _questions(new)), _settings(old, new), lines)


def _file_lines(before: Files, after: Files) -> dict[str, list[Line]]:
    """What is different by file; a lesson's file is the same one under another number."""
    was = {outline.unnumbered(name): text for name, text in before.items()}
    now = {outline.unnumbered(name): text for name, text in after.items()}
    names = {outline.unnumbered(name): name for name in [*before, *after]}
    return {
        name: _lines(was.get(same, ""), now.get(same, ""))
        for same, name in sorted(names.items(), key=lambda item: item[1])
        if was.get(same) != now.get(same)
    }


def _lines(before: str, after: str) -> list[Line]:
    found = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return [(line[:1], line[1:] if line[:1] != "@" else "") for line in list(found)[2:]]


def _listed(definition: dict[str, Any], part: str) -> dict[str, Any]:
    return {item["key"]: item for item in definition.get(part, [])}


def _questions(definition: dict[str, Any]) -> dict[str, Any]:
    quiz = definition.get("quiz") or {}
    banks = [quiz, *quiz.get("banks", {}).values()]
    return {each["key"]: each for bank in banks for each in bank.get("questions", [])}


def _items(old: dict[str, Any], new: dict[str, Any]) -> dict[str, str]:
    """What happened to each item; a lesson of which only the number differs has moved."""
    found = {key: "added" for key in new if key not in old}
    for key in new.keys() & old.keys():
        if old[key] != new[key]:
            moved = {**old[key], "number": None} == {**new[key], "number": None}
            found[key] = "moved" if moved else "changed"
    order = [*new, *old]
    found |= {key: "removed" for key in old if key not in new}
    return dict(sorted(found.items(), key=lambda item: order.index(item[0])))


def _settings(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """The parts of the course and of its quiz that are neither lessons nor questions; `quiz`: it comes or goes."""
    found = [
        name for name in {**new, **old} if name not in ("lessons", "quiz") and old.get(name) != new.get(name)
    ]
    if (old.get("quiz") is None) != (new.get("quiz") is None):
        return [*found, "quiz"]
    a, b = old.get("quiz") or {}, new.get("quiz") or {}
    return found + [
        f"quiz.{name}"
        for name in {**b, **a}
        if name not in ("questions", "banks") and a.get(name) != b.get(name)
    ]


def publish(key: str, *, edition: int | None = None, by: str) -> CourseVersion:
    """Make the draft the live version; people who began stay on theirs.

    edition: the one that was looked at, DraftChanged where it is another by now. CourseFaulty names every fault, and
    it stays a draft.
    """
    draft = db.session.scalar(select(CourseDraft).where(CourseDraft.key == key).with_for_update())
    if draft is None:
        raise drafts.DraftNotFound(f"The course {key!r} has no draft.")
    if edition is not None and edition != draft.edition:
        raise DraftChanged("Somebody else saved this draft meanwhile.", edition=draft.edition)
    checked = drafts.check(draft.files)
    if checked.course is None:
        raise CourseFaulty("The draft has faults.", errors=checked.faults)
    row = courses.publish(key, courses.definition_of(checked.course), by=by, source=draft.files)
    drafts.drop(key)
    drafts.note(key, "published", [str(row.version)], by=by)
    return row


def roll_back(key: str, number: int, *, by: str) -> CourseVersion:
    """Publish what that version said as the live version: a new one, where it is not live already."""
    earlier = version_of(key, number)
    row = courses.publish(key, earlier.definition, by=by, source=earlier.source)
    drafts.note(key, "rolled_back", [str(number), str(row.version)], by=by)
    return row


def retire(key: str, *, by: str) -> None:
    """Take the course out of the catalogue; people who began may finish it."""
    if versions.live(CourseVersion, key) is None:
        raise CourseNotFound(f"There is no course {key!r}.")
    courses.retire(key)
    drafts.note(key, "retired", [], by=by)


def version_of(key: str, number: int) -> CourseVersion:
    """That version, live or not."""
    query = select(CourseVersion).where(CourseVersion.key == key, CourseVersion.version == number)
    row = db.session.scalar(query)
    if row is None:
        raise VersionNotFound(f"The course {key!r} has no version {number}.")
    return row


def versions_of(key: str) -> list[CourseVersion]:
    """Every version, newest first."""
    query = select(CourseVersion).where(CourseVersion.key == key).order_by(CourseVersion.version.desc())
    return list(db.session.scalars(query.options(*WITHOUT_TEXTS)))


def learners(key: str) -> dict[int, int]:
    """How many people are on each version that has any, by its number, newest first."""
    query = (
        select(CourseVersion.version, func.count())
        .join(Enrolment, Enrolment.version_id == CourseVersion.id)
        .where(CourseVersion.key == key)
        .group_by(CourseVersion.version)
        .order_by(CourseVersion.version.desc())
    )
    return dict(db.session.execute(query).all())


def changes(key: str) -> list[CourseChange]:
    """Who did what to the course, newest first."""
    query = select(CourseChange).where(CourseChange.key == key).order_by(CourseChange.id.desc())
    return list(db.session.scalars(query.limit(TOLD_CHANGES)))


@dataclass(frozen=True)
class Known:
    """A course as the list of all of them tells it."""

    key: str
    newest: CourseVersion | None
    draft: CourseDraft | None
    learners: int
    completed: int

    @property
    def is_live(self) -> bool:
        """Whether somebody who begins now finds it."""
        return self.newest is not None and self.newest.retired_at is None


def all_courses() -> list[Known]:
    """Every course that was ever published or drafted, by key; three queries."""
    newest = select(func.max(CourseVersion.id)).group_by(CourseVersion.key)
    query = select(CourseVersion).where(CourseVersion.id.in_(newest)).options(*WITHOUT_TEXTS)
    rows = {row.key: row for row in db.session.scalars(query)}
    drafts_alone = select(CourseDraft).options(defer(CourseDraft.files))
    drafted = {row.key: row for row in db.session.scalars(drafts_alone)}
    begun = select(Enrolment.course_key, func.count(), func.count(Enrolment.completed_at))
    counts = {
        key: (all_, done) for key, all_, done in db.session.execute(begun.group_by(Enrolment.course_key))
    }
    return [
        Known(key, rows.get(key), drafted.get(key), *counts.get(key, (0, 0)))
        for key in sorted({*rows, *drafted})
    ]


def live_sources() -> dict[str, Files]:
    """The files that live versions were made from, by course, where they are known."""
    return {key: row.source for key, row in versions.all_live(CourseVersion).items() if row.source}


def title_of(definition: dict[str, Any], language: str) -> str:
    """The course's title in a sound definition."""
    return Course.model_validate(definition).title.in_language(language)
