"""Courses: published as immutable versions, read, retired."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app
from pydantic import ValidationError
from sqlalchemy import func, select

from academy import audience, course_media, prerequisites
from academy.course_html import render_course
from academy.models import CourseVersion
from academy.questions import Say
from academy.schemas import Course, CourseFaulty, Quiz
from plg.kit import versions
from plg.kit.db import db, lock
from plg.kit.errors import Fault, NotFound

CACHE_SIZE = 200
RESERVED = frozenset({"attempts", "banks", "invitations", "paths", "static"})
"""Keys that no course can have, because the academy's own pages stand at their addresses."""


class CourseNotFound(NotFound):
    pass


@dataclass(frozen=True)
class PublishedCourse:
    """One version of a course, read into memory. It never changes, so a process reads it once."""

    id: int
    key: str
    version: int
    course: Course
    html: dict[str, str]

    @property
    def quiz(self) -> Quiz:
        """The quiz of a course that has one."""
        if self.course.quiz is None:
            raise CourseNotFound("This course has no quiz.")
        return self.course.quiz

    def lesson_html(self, lesson_key: str, language: str) -> str:
        """A lesson's text, without its title, as safe HTML."""
        return self.html[f"lessons.{lesson_key}.{language}"]

    def say_work(self, lesson_key: str, language: str) -> Say:
        """The texts of a lesson's work as safe HTML, by their local paths."""
        return lambda path: self.html[f"lessons.{lesson_key}.{path}.{language}"]

    def say(self, question_key: str, language: str) -> Say:
        """A question's texts as safe HTML, by their local paths."""
        return lambda path: self.html[f"questions.{question_key}.{path}.{language}"]


def publish(
    key: str, definition: dict[str, Any], *, by: str, source: dict[str, str] | None = None
) -> CourseVersion:
    """Make this the live version of the course, unless it already is. People who began stay on theirs.

    source: the files that it was made from; those of a version may get other comments, since they say the same."""
    if key in RESERVED:
        raise CourseFaulty(f"No course can be called {key!r}.", errors=[Fault("key", "is reserved")])
    try:
        course = Course.model_validate(definition)
    except ValidationError as error:
        faults = [Fault(".".join(map(str, fault["loc"])), fault["msg"]) for fault in error.errors()]
        raise CourseFaulty(f"The course {key!r} has faults.", errors=faults) from error
    _check_entry(key, course)
    _check_media(course)
    row, made = versions.publish(CourseVersion, key, definition_of(course), by=by)
    if made:
        row.html = render_course(key, course)
    row.source = source or row.source
    db.session.flush()
    return row


def _check_entry(key: str, course: Course) -> None:
    """Whether people can get in: what the course requires is there and waits for nothing of its own."""
    audience.check_publishable(course)
    if course.requires:
        lock("academy.prerequisites")  # of two that would close a circle together, the later sees the other
        prerequisites.check_publishable(key, course, {each.key: each.course for each in catalogue()})


def _check_media(course: Course) -> None:
    missing = [name for name, about in course.files.items() if not course_media.is_kept(about.digest)]
    if missing:
        raise CourseFaulty(errors=[Fault(f"files/{name}", "is not here; bring it first") for name in missing])


def retire(key: str) -> None:
    """Take the course out of the catalogue; people who began may finish it."""
    versions.retire(CourseVersion, key)


def definition_of(course: Course) -> dict[str, Any]:
    """The course as the JSON that a version keeps."""
    return course.model_dump(mode="json", exclude_none=True, exclude_defaults=True)


def published(version_id: int) -> PublishedCourse:
    """One version, from this process's memory where it was read before."""
    cache: dict[int, PublishedCourse] = current_app.extensions.setdefault("academy.courses", {})
    if version_id not in cache:
        row = db.session.get(CourseVersion, version_id)
        if row is None:
            raise CourseNotFound("There is no such version of a course.")
        if len(cache) >= CACHE_SIZE:
            cache.clear()
        course = Course.model_validate(row.definition)
        cache[version_id] = PublishedCourse(row.id, row.key, row.version, course, dict(row.html))
    return cache[version_id]


def live(key: str) -> PublishedCourse:
    """The course as somebody who begins now gets it; CourseNotFound where it is not in the catalogue."""
    newest = select(CourseVersion.id, CourseVersion.retired_at).where(CourseVersion.key == key)
    row = db.session.execute(newest.order_by(CourseVersion.version.desc()).limit(1)).first()
    if row is None or row.retired_at is not None:
        raise CourseNotFound(f"There is no course {key!r}.")
    return published(row.id)


def catalogue() -> list[PublishedCourse]:
    """Every live course, by key."""
    newest = select(func.max(CourseVersion.id)).group_by(CourseVersion.key)
    current = select(CourseVersion.id).where(CourseVersion.id.in_(newest), CourseVersion.retired_at.is_(None))
    return [published(version) for version in db.session.scalars(current.order_by(CourseVersion.key))]
