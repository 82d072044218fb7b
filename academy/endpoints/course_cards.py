"""What pages show of courses and paths in a few words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from academy import courses
from academy.admission import Prerequisite
from academy.courses import PublishedCourse
from academy.paths import PathSeen
from plg.web.i18n import current_locale


def lesson_titles(published: PublishedCourse) -> dict[str, str]:
    """The lessons of a course by key, in their order, in the reader's language."""
    language = current_locale()
    return {each.key: each.title(language) for each in published.course.lessons}


def missing_courses(missing: Iterable[Prerequisite]) -> list[dict[str, Any]]:
    """The courses that come first, by title."""
    language, found = current_locale(), []
    for each in missing:
        title = courses.live(each.course).course.title.in_language(language)
        found.append({"key": each.course, "title": title, "certified": each.certified})
    return found


def path_card(seen: PathSeen) -> dict[str, Any]:
    """A learning path, and how far the reader is on it."""
    language, whole = current_locale(), seen.published.path
    return {
        "key": seen.published.key,
        "title": whole.title.in_language(language),
        "summary": whole.summary.in_language(language),
        "course_count": len(whole.courses),
        "begun": seen.enrolment is not None,
        "completed": seen.enrolment is not None and seen.enrolment.completed_at is not None,
        "progress": seen.progress,
    }
