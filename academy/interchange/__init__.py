"""Questions from and for other systems. A format is one file or folder, and one line in the table of formats.

`read` gives questions of ours and a report, `write` gives a file and a report; whatever was not carried is in it.
"""

from __future__ import annotations

from collections.abc import Sequence

from academy.interchange.carrying import faults_of, questions_of
from academy.interchange.format import (
    FILE,
    MAX_BYTES,
    FileUnreadable,
    Format,
    FormatUnknown,
    QuestionFileTooLarge,
    Reading,
    Writing,
)
from academy.interchange.languages import joined
from academy.interchange.report import Note, Notes, Report
from academy.interchange.table import FORMATS
from academy.questions import BaseQuestion
from academy.questions.true_false import WORDS
from academy.texts import LANGUAGES
from plg.web.i18n import N_

__all__ = [
    "FORMATS",
    "FileUnreadable",
    "Format",
    "FormatUnknown",
    "Note",
    "QuestionFileTooLarge",
    "Reading",
    "Report",
    "Writing",
    "faults_of",
    "format_of",
    "joined",
    "named",
    "read",
    "write",
]


def read(name: str, data: bytes, *, format: str | None = None) -> Reading:
    """The questions of a file. name: of the file; format: its format's name, found out by its look where None.

    FormatUnknown, QuestionFileTooLarge or FileUnreadable where nothing of it can be read; all else is in the report.
    """
    if len(data) > MAX_BYTES:
        raise QuestionFileTooLarge(f"{name} is larger than {MAX_BYTES:,} bytes.")
    member = named(format) if format else format_of(name, data)
    if member.read is None:
        raise FormatUnknown(f"{member.title} is only written, not read.")
    notes = Notes(FILE)
    found = member.read(name, data, notes)
    questions = questions_of(found.carried, notes)
    report = Report(member.title, found.count, len(questions), tuple(notes.listed))
    return Reading(tuple(questions), report, found.files)


def write(format: str, questions: Sequence[BaseQuestion], *, language: str = LANGUAGES[0]) -> Writing:
    """The questions as a file. format: the name of one that can be written (FormatUnknown); language: whose words."""
    member = named(format)
    if member.write is None:
        raise FormatUnknown(f"{member.title} is only read, not written.")
    notes = Notes(FILE)
    texts = {text for question in questions for text in question.texts().values()} - {*WORDS.values()}
    if any(text.es != text.en for text in texts):
        others = ", ".join(each for each in LANGUAGES if each != language)
        notes.lost(others, N_("a file holds one language; write another one for the other"))
    for question in questions:
        for name in sorted(question.files()):
            notes.at(question.key).lost(
                f"files/{name}", N_("pictures stay in the course; the text points to them")
            )
    data = member.write(questions, language, notes)
    lost = {note.where for note in notes.listed if note.outcome == "lost" and note.what == "the question"}
    carried = sum(question.key not in lost for question in questions)
    report = Report(member.title, len(questions), carried, tuple(notes.listed))
    return Writing(data, report, member.endings[0], member.media_type)


def named(format: str) -> Format:
    """The format of this name."""
    for member in FORMATS:
        if member.name == format:
            return member
    raise FormatUnknown(f"There is no format {format!r}, only {', '.join(each.name for each in FORMATS)}.")


def format_of(name: str, data: bytes) -> Format:
    """The format of a file by its ending and by how it begins; the look decides where several share an ending."""
    readable = [member for member in FORMATS if member.read]
    named_so = [member for member in readable if name.lower().endswith(member.endings)]
    for member in [*named_so, *readable]:
        if member.looks_so(data):
            return member
    if len(named_so) == 1:
        return named_so[0]
    known = ", ".join(each.title for each in readable)
    raise FormatUnknown(f"{name} looks like none of these: {known}.")
