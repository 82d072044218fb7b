"""The smallest shapes of a course: a key, and a text in every language that plg speaks."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Strict, StringConstraints

LANGUAGES: Final = ("es", "en")


def printable(text: str) -> str:
    """Refuse what no page shows and PostgreSQL cannot keep: NUL, other controls, lone surrogates."""
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t":
            raise ValueError(f"holds the character U+{ord(character):04X}, which cannot be shown")
    return text


def unix_lines(text: str) -> str:
    """The text with lines that end in a line feed alone."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


Key = Annotated[
    str, Strict(), StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", min_length=1, max_length=64)
]
"""Lower-case words joined by hyphens: safe in a file name, an address and a form."""

FILE_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
FileName = Annotated[str, Strict(), StringConstraints(pattern=FILE_NAME)]
"""The name of a file of a course, as it stands in the course's `files` folder."""

Prose = Annotated[
    str,
    Strict(),
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000),
    AfterValidator(unix_lines),
    AfterValidator(printable),
]
"""A title, a question, an option or a feedback: at most 4,000 characters, no control characters."""


class Shape(BaseModel):
    """What every part of a course shares: it never changes once read, and unknown names are faults."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)


class Text(Shape):
    """One text in Spanish and in English; both are required."""

    es: Prose
    en: Prose

    def in_language(self, language: str) -> str:
        """The text in `language`; any language that plg does not speak reads the English one."""
        return self.es if language == "es" else self.en
