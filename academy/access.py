"""Why somebody may begin and open what they may, and why not: the answer for learners, servers and staff."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from academy import audience, courses, enrolments, locks, prerequisites
from academy.admission import Prerequisite
from academy.courses import PublishedCourse
from academy.enrolments import Progress
from academy.locks import Locks
from academy.models import Enrolment

Obstacle = Literal["course_not_for_you", "prerequisites_missing"]


@dataclass(frozen=True)
class Access:
    """Where a person stands before, or in, a course. obstacles: codes of what keeps them from beginning or going on.

    missing: the courses that come first; locked: lessons and the quiz that are not open yet, with what they wait for.
    """

    published: PublishedCourse
    enrolment: Enrolment | None
    progress: Progress | None
    obstacles: tuple[Obstacle, ...]
    missing: tuple[Prerequisite, ...]
    locked: Locks


def of(person_id: int | None, account_id: int | None, course_key: str, *, staff: bool = False) -> Access:
    """The answer for this person, in the version that they are on, else the live one. A course that is not theirs and
    not in everybody's catalogue is not there, but for staff who ask."""
    enrolment = enrolments.find(person_id, course_key) if person_id is not None else None
    if enrolment is None:
        return _before(person_id, account_id, courses.live(course_key), staff=staff)
    published = courses.published(enrolment.version_id)
    progress = enrolments.progress([enrolment])[enrolment.id]
    missing = tuple(prerequisites.missing(enrolment.person_id, published.course))
    obstacles: tuple[Obstacle, ...] = ("prerequisites_missing",) if missing else ()
    return Access(published, enrolment, progress, obstacles, missing, locks.of(enrolment, progress))


def _before(
    person_id: int | None, account_id: int | None, published: PublishedCourse, *, staff: bool
) -> Access:
    asked, obstacles, missing = published.course.audience, list[Obstacle](), list[Prerequisite]()
    if not audience.meant({published.key: asked}, person_id, account_id):
        if not asked.shown_to_all and not staff:
            raise courses.CourseNotFound(f"There is no course {published.key!r}.")
        obstacles.append("course_not_for_you")
    if person_id is not None:
        missing = prerequisites.missing(person_id, published.course)
    if missing:
        obstacles.append("prerequisites_missing")
    return Access(published, None, None, tuple(obstacles), tuple(missing), {})
