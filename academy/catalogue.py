"""The catalogue as one reader sees it: the courses that are for them, searched and filtered.

Courses are few and read into memory anyway, so words are looked for there: the same on both databases, and without
regard to accents and case.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from academy import audience, courses, enrolments
from academy.courses import PublishedCourse
from academy.enrolments import Progress
from academy.models import Enrolment
from academy.texts import LANGUAGES

State = Literal["new", "begun", "completed"]
STATES: Final[tuple[State, ...]] = ("new", "begun", "completed")
Closed = Literal["", "others", "later"]
MINUTES: Final = (15, 30, 60)
"""The limits of time that pages offer."""


@dataclass(frozen=True)
class Entry:
    """A course with the reader's own enrolment, if any. closed: it is for `others`, or other courses come first, so
    that they can begin it `later`."""

    published: PublishedCourse
    enrolment: Enrolment | None
    progress: Progress | None
    closed: Closed = ""

    @property
    def state(self) -> State:
        if self.enrolment is None:
            return "new"
        done = self.progress is not None and self.progress.steps_done == self.progress.steps
        return "completed" if self.enrolment.completed_at is not None or done else "begun"


@dataclass(frozen=True)
class Wish:
    """What somebody looks for: words that all occur, at most so many minutes, a state, with or without a quiz that
    certifies."""

    words: str = ""
    state: State | None = None
    minutes: int | None = None
    certificate: bool = False


def entries(person_id: int | None, account_id: int | None) -> list[Entry]:
    """What this reader may see: what they have begun, the newest first, in their version; then the live courses that
    are for them, or that are shown to all. The number of queries does not grow."""
    theirs = enrolments.all_of(person_id) if person_id is not None else []
    progress = enrolments.progress(theirs)
    begun = [Entry(courses.published(each.version_id), each, progress[each.id]) for each in theirs]
    keys = {each.course_key for each in theirs}
    fresh = [each for each in courses.catalogue() if each.key not in keys]
    meant = audience.meant({each.key: each.course.audience for each in fresh}, person_id, account_id)
    shown = (each for each in fresh if each.key in meant or each.course.audience.shown_to_all)
    done = {each.course_key for each in theirs if each.completed_at is not None}
    return [*begun, *(Entry(each, None, None, _closed(each, meant, done)) for each in shown)]


def _closed(published: PublishedCourse, meant: Collection[str], done: Collection[str]) -> Closed:
    if published.key not in meant:
        return "others"
    return "later" if any(each.course not in done for each in published.course.requires) else ""


def all_live() -> list[Entry]:
    """Every live course, whoever it is for."""
    return [Entry(each, None, None) for each in courses.catalogue()]


def search(found: Iterable[Entry], wish: Wish) -> list[Entry]:
    """Those that the wish fits; with words, those first that have them in the title, then in the summary."""
    fitting = [each for each in found if _fits(each, wish)]
    words = plain(wish.words).split()
    if not words:
        return fitting
    ranked = [(_rank(each.published, words), each) for each in fitting]
    return [each for rank, each in sorted(ranked, key=lambda pair: pair[0]) if rank < _NOWHERE]


def _fits(entry: Entry, wish: Wish) -> bool:
    course = entry.published.course
    if wish.state is not None and entry.state != wish.state:
        return False
    if wish.minutes is not None and (course.minutes is None or course.minutes > wish.minutes):
        return False
    return not wish.certificate or course.quiz is not None


_NOWHERE = 3


def _rank(published: PublishedCourse, words: Sequence[str]) -> int:
    """0: all words are in the title; 1: or in the summary; 2: or in the titles of lessons; 3: nowhere."""
    seen = ""
    for rank, text in enumerate(_texts(published)):
        seen += f"\n{text}"
        if all(word in seen for word in words):
            return rank
    return _NOWHERE


def _texts(published: PublishedCourse) -> tuple[str, str, str]:
    """Title, summary and titles of lessons, each in both languages: people type what they know."""
    course = published.course
    parts: list[list[str]] = [
        [course.title.in_language(language) for language in LANGUAGES],
        [course.summary.in_language(language) for language in LANGUAGES],
        [lesson.title(language) for lesson in course.lessons for language in LANGUAGES],
    ]
    title, summary, lessons = (plain("\n".join(part)) for part in parts)
    return title, summary, lessons


def plain(text: str) -> str:
    """The text without accents and case: `Facturación` is `facturacion`."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    letters = unicodedata.normalize("NFKD", folded)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
