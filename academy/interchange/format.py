"""What a format of the family has: its names, how its files are told from others, a reader and a writer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from academy.interchange.carrying import Carried
from academy.interchange.report import Notes, Report
from academy.questions import BaseQuestion
from plg.kit.errors import Fault, TooLarge, Unprocessable
from plg.web.i18n import N_

MAX_BYTES: Final = 20_000_000
FILE: Final = N_("the file")
"""Where a note is that is about all of it."""


class FileUnreadable(Unprocessable):
    """A file that is not what its format asks for; the error names the place."""

    @classmethod
    def at(cls, place: str, why: str) -> FileUnreadable:
        """With its one fault."""
        return cls(errors=[Fault(place, why)])


class FormatUnknown(Unprocessable):
    """No format of the family has this name, or its files look like this."""


class QuestionFileTooLarge(TooLarge):
    pass


@dataclass(frozen=True)
class Found:
    """What a reader found. count: of the questions that stand in the file, carried or not; files: pictures that their
    texts point to as `files/<name>`."""

    carried: list[Carried]
    count: int
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """Questions that were read, what was not carried, and the pictures that belong to their texts."""

    questions: tuple[BaseQuestion, ...]
    report: Report
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Writing:
    """A file that was written, and what it does not hold. name: its usual name's ending; media_type: of HTTP."""

    data: bytes
    report: Report
    ending: str
    media_type: str


Read = Callable[[str, bytes, Notes], Found]
"""From the name and the content of a file; FileUnreadable where the whole is not of the format."""
Write = Callable[[Sequence[BaseQuestion], str, Notes], bytes]
"""The questions in one language (`es`, `en`), with notes on whatever the format cannot hold."""


@dataclass(frozen=True)
class Format:
    """endings: of file names, the first is that of written files; looks_so: whether a content may be such a file."""

    name: str
    title: str
    endings: tuple[str, ...]
    media_type: str
    looks_so: Callable[[bytes], bool]
    read: Read | None = None
    write: Write | None = None


def text_of(name: str, data: bytes, notes: Notes) -> str:
    """The text of a file in UTF-8, UTF-16 with its mark, or else Windows-1252, which is noted."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        place = f"{name}: byte {error.start}"
        if b"\0" in data or encoding == "utf-16":
            raise FileUnreadable.at(place, "is no text") from error
        notes.at(place).noted("Windows-1252", N_("the text is not UTF-8, so it was read as Windows-1252"))
    return data.decode("cp1252", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
