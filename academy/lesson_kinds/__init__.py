"""The kinds of lesson. A new kind is one file, one name in the table and one template; its contract test finds it."""

from __future__ import annotations

from typing import Annotated, Final, get_args

from pydantic import Field

from academy.lesson_kinds.downloads import Downloads
from academy.lesson_kinds.facts import Facts
from academy.lesson_kinds.kind import BaseLessonKind
from academy.lesson_kinds.practice import Practice
from academy.lesson_kinds.reading import Reading
from academy.lesson_kinds.scorm import Scorm
from academy.lesson_kinds.survey import Survey
from academy.lesson_kinds.video import Video

LessonKind = Annotated[
    Reading | Video | Downloads | Practice | Survey | Scorm,
    Field(discriminator="kind"),
]
"""The table of kinds."""

KINDS: Final[tuple[type[BaseLessonKind], ...]] = get_args(get_args(LessonKind)[0])
JUST_READ: Final = Reading(kind="text")
"""What a lesson is of which only the text was written."""

__all__ = [
    "JUST_READ",
    "KINDS",
    "BaseLessonKind",
    "Facts",
    "LessonKind",
    "Practice",
    "Scorm",
    "Survey",
    "Video",
]
