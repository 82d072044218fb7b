"""File upload: a file that people mark by a rubric. It is kept as bytes and only ever handed out as a download."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import Field, Strict

from academy.questions.fields import Values
from academy.questions.kind import Answer, AnswerError, Say
from academy.questions.rubric import RubricQuestion
from academy.texts import Text

FileType = Literal["pdf", "png", "jpg", "txt", "csv", "docx", "xlsx", "pptx", "odt", "zip"]
STARTS: Final[dict[str, bytes]] = {
    "pdf": b"%PDF-",
    "png": b"\x89PNG\r\n\x1a\n",
    "jpg": b"\xff\xd8\xff",
    **dict.fromkeys(("docx", "xlsx", "pptx", "odt", "zip"), b"PK\x03\x04"),
}
"""How a file of each type begins; texts begin with anything."""
SAID: Final = Text(es="Un archivo", en="A file")
_ID: Final = re.compile(r"upl_[A-Za-z0-9]{1,60}", re.ASCII)


class FileUpload(RubricQuestion):
    """One file. The answer is the id of the upload (`uploads`), which belongs to this place of this attempt."""

    kind: Literal["file_upload"]
    types: Annotated[tuple[FileType, ...], Field(min_length=1, max_length=10)] = ("pdf",)
    max_megabytes: Annotated[int, Strict(), Field(ge=1, le=10)] = 5

    def takes(self, name: str, content: bytes) -> bool:
        """Whether a file is of one of the types, by its name and by how it begins."""
        ending = name.rpartition(".")[2].lower().replace("jpeg", "jpg")
        return ending in self.types and content.startswith(STARTS.get(ending, b""))

    def shown(self, order: tuple[str, ...], say: Say) -> dict[str, Any]:
        """See BaseQuestion."""
        field = {"type": "file", "types": list(self.types), "max_megabytes": self.max_megabytes}
        return {"kind": self.kind, "html": say("text"), "fields": [field], "rubric": self.criteria(say)}

    def summary(self, answer: Answer, language: str) -> str:
        """See BaseQuestion: that there is one; markers open it."""
        return SAID.in_language(language) if answer else ""

    def width(self, order: tuple[str, ...]) -> int:
        """See FieldsQuestion."""
        return 1

    def of_values(self, values: Values, order: tuple[str, ...]) -> Answer:
        """See FieldsQuestion."""
        if not _ID.fullmatch(values[0] or ""):
            raise AnswerError("is not the id of an upload")
        return values[0]

    def values_of(self, answer: Answer, order: tuple[str, ...]) -> Values:
        """See FieldsQuestion."""
        return [answer]
