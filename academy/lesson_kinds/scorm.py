"""A piece of content in SCORM 1.2, which tells by itself what its learner has done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field, Strict, StringConstraints

from academy.lesson_kinds.facts import Facts
from academy.lesson_kinds.kind import BaseLessonKind, Say
from academy.texts import FileName

CONTENT: Final = "content"
"""Stands for the origin of content in `loads`, which the settings name."""

DoneBy = Literal["completed", "passed", "opened"]
Launch = Annotated[
    str,
    Strict(),
    StringConstraints(max_length=300, pattern=r"^[^/\\:?#\x00-\x1f\x7f][^\\:?#\x00-\x1f\x7f]*$"),
]
"""The name of a file in a package."""


class Scorm(BaseLessonKind):
    """package: the file of the course that holds it, a ZIP file. launch: the page in it that is opened, with its
    `parameters`. done_by: what it has to report, or, of content that reports nothing, `opened`.

    mastery_score, launch_data, max_time_allowed and time_limit_action are told to the content; a score that is
    reported counts as passed from the mastery score on. suspend_characters: how much it may keep to go on later;
    SCORM 1.2 says 4,096, and many tools need more.
    """

    kind: Literal["scorm"]
    package: FileName
    launch: Launch
    parameters: Annotated[str, Strict(), Field(max_length=300, pattern=r"^([?#][^\s\"<>\\]*)?$")] = ""
    done_by: DoneBy = "completed"
    mastery_score: Annotated[int, Strict(), Field(ge=0, le=100)] | None = None
    launch_data: Annotated[str, Strict(), Field(max_length=4_096)] = ""
    max_time_allowed: Annotated[
        str, Strict(), Field(pattern=r"^([0-9]{2,4}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,2})?)?$")
    ] = ""
    time_limit_action: Literal[
        "", "exit,message", "exit,no message", "continue,message", "continue,no message"
    ] = ""
    suspend_characters: Annotated[int, Strict(), Field(ge=4_096, le=64_000)] = 4_096

    def faults(self) -> list[str]:
        """See BaseLessonKind."""
        outside = ["`launch` leads out of the package"] if ".." in self.launch.split("/") else []
        return outside if self.package.endswith(".zip") else [*outside, f"{self.package} is no .zip"]

    def files(self) -> list[str]:
        """See BaseLessonKind."""
        return [self.package]

    @property
    def loads(self) -> Mapping[str, str]:
        """See BaseLessonKind."""
        return {"frame-src": CONTENT}

    def done(self, facts: Facts) -> bool:
        """See BaseLessonKind."""
        if self.done_by == "opened":
            return facts.opened_at is not None
        return "passed" in facts.reported or (self.done_by == "completed" and "completed" in facts.reported)

    def shown(self, facts: Facts, say: Say) -> dict[str, Any]:
        """See BaseLessonKind."""
        return {
            "done_by": self.done_by,
            "mastery_score": self.mastery_score,
            "reported": sorted(facts.reported),
        }
