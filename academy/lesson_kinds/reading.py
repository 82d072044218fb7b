"""A text to read."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, Strict

from academy.lesson_kinds.facts import Facts
from academy.lesson_kinds.kind import BaseLessonKind, Say

DoneBy = Literal["button", "opened", "scrolled", "time"]


class Reading(BaseLessonKind):
    """done_by: what finishes it. `button`: the reader says so; `opened`; `scrolled`: they came to its end; `time`:
    it was open for so many `seconds`. Without JavaScript the button stands at the end of the text, so that pressing
    it is having come there, and the time runs from the opening."""

    kind: Literal["text"]
    done_by: DoneBy = "button"
    seconds: Annotated[int, Strict(), Field(ge=1, le=3_600)] | None = None

    def faults(self) -> list[str]:
        """See BaseLessonKind."""
        return ["`seconds` go with `done_by: time`"] if (self.done_by == "time") != bool(self.seconds) else []

    def done(self, facts: Facts) -> bool:
        """See BaseLessonKind."""
        if self.done_by == "opened":
            return facts.opened_at is not None or facts.pressed
        if self.done_by == "scrolled":
            return facts.scrolled or facts.pressed
        return self._lasted(facts) if self.done_by == "time" else facts.pressed

    def _lasted(self, facts: Facts) -> bool:
        needed = 1_000 * (self.seconds or 0)
        if facts.present_ms >= needed:
            return True
        since = facts.opened_at or facts.at
        return facts.pressed and (facts.at - since).total_seconds() * 1_000 >= needed

    def shown(self, facts: Facts, say: Say) -> dict[str, Any]:
        """See BaseLessonKind."""
        return {"done_by": self.done_by, "seconds": self.seconds}
