"""Files to take along."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from academy.lesson_kinds.facts import Facts
from academy.lesson_kinds.kind import BaseLessonKind, Say
from academy.texts import FileName, Shape, Text


class Download(Shape):
    """One file of the course, and what it is called."""

    file: FileName
    title: Text


class Downloads(BaseLessonKind):
    """Done when the reader says so."""

    kind: Literal["downloads"]
    items: Annotated[tuple[Download, ...], Field(alias="files", min_length=1, max_length=50)]

    def texts(self) -> dict[str, Text]:
        """See BaseLessonKind; `files.<name>`."""
        return {f"files.{each.file}": each.title for each in self.items}

    def files(self) -> list[str]:
        """See BaseLessonKind."""
        return [each.file for each in self.items]

    def done(self, facts: Facts) -> bool:
        """See BaseLessonKind."""
        return facts.pressed

    def shown(self, facts: Facts, say: Say) -> dict[str, Any]:
        """See BaseLessonKind."""
        return {"files": [{"file": each.file, "html": say(f"files.{each.file}")} for each in self.items]}
