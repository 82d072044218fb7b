"""Files of questions, alone or in a package, as the quiz of a course; their formats are the interchange family's."""

from __future__ import annotations

from academy import interchange
from academy.course_folder import as_written
from academy.interchange import Reading
from academy.packages.archive import PackageFaulty
from academy.packages.cc_questions import Assessment
from academy.packages.content import Content
from academy.packages.naming import Names
from academy.packages.report import Report
from plg.kit.errors import Fault, Refusal
from plg.web.i18n import N_


def read_questions(name: str, data: bytes) -> Content:
    """A course with nothing but a quiz. PackageFaulty where the file is none of the formats, or holds no question."""
    try:
        reading = interchange.read(name, data)
    except Refusal as refusal:
        errors = refusal.errors or [
            Fault("", f"is neither a package in a ZIP file nor questions: {refusal.detail}")
        ]
        raise PackageFaulty(errors=errors) from None
    title = name.rpartition("/")[2].partition(".")[0] or reading.report.format
    content = Content(title, "", Report(reading.report.format, title), pictures=dict(reading.files))
    bank = Assessment(title)
    add_to(content.report, bank, reading, Names(), name)
    if not bank.questions:
        raise PackageFaulty(errors=[Fault("", "holds no question that is carried")])
    key = Names().key(title, "questions")
    content.banks[key] = bank
    content.report.carry(
        "questions", name, N_("{count} questions of the bank {name}"), count=len(bank.questions), name=key
    )
    content.report.note(N_("A course needs a lesson before it can be published."))
    return content


def add_to(report: Report, bank: Assessment, reading: Reading, names: Names, source: str) -> None:
    """The questions that were read, each by a key of its own, and the notes of their report."""
    for question in reading.questions:
        key = names.key(question.key, "question")
        bank.questions.append(as_written(question.model_copy(update={"key": key})))
    for note in reading.report.notes:
        if note.outcome == "noted":
            report.note(note.reason, **dict(note.values))
        else:
            report.lose(note.what, f"{source}: {note.where}", note.reason, **dict(note.values))
