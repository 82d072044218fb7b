"""Questions of other formats come into a draft, and those of a draft go out as files of other formats."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from academy import bank_files, draft_media, draft_questions, drafts, interchange
from academy.course_folder import QUIZ, as_written
from academy.draft_media import UploadRefused
from academy.draft_settings import readable
from academy.drafts import Files
from academy.interchange import Reading, Report, Writing
from academy.interchange.report import Note, Notes
from academy.questions import BaseQuestion, Question
from plg.kit.errors import NotFound, Unprocessable
from plg.kit.yaml_edits import rewritten
from plg.web.i18n import N_

MAX_QUESTIONS: Final = 2_000
_SHAPE: Final[TypeAdapter[BaseQuestion]] = TypeAdapter(Question)
_BANK: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class BankNameInvalid(Unprocessable):
    """A bank is named by lower-case words joined by hyphens."""


class PartUnreadable(Unprocessable):
    """The file that the questions would go into is mended as text first."""


class QuestionsNotFound(NotFound):
    """There is no such bank, or no question in it that could be written."""


@dataclass(frozen=True)
class Brought:
    """The draft's files with the questions; what they are called there, and what was not carried."""

    files: Files
    keys: tuple[str, ...]
    report: Report


def bring(
    course: str,
    name: str,
    data: bytes,
    *,
    format: str | None,
    bank: str,
    english: tuple[str, bytes] | None = None,
) -> Brought:
    """The draft with a file's questions at the end of a bank, or of the quiz itself (""). Nothing is saved but its
    pictures, which nobody sees before the draft is. english: name and content of a file with the same questions in
    English, the other is Spanish then. See `interchange.read` for what is refused."""
    reading = interchange.read(name, data, format=format)
    if english:
        other = interchange.read(*english, format=format)
        reading = interchange.joined(reading, other, english[0])
    return brought(drafts.work(course).files, reading, bank)


def brought(files: Files, reading: Reading, bank: str) -> Brought:
    """See `bring`. A question whose key the draft has is called otherwise, which is noted."""
    part = part_of(bank)
    files = _with_quiz(files, bank) if reading.questions else files
    held = readable(files, part)
    listed = (held or {}).get("questions", [])
    if held is None or not isinstance(listed, list):
        raise PartUnreadable(f"{part} cannot be read.")
    notes = Notes()
    questions = _renamed(
        reading.questions, {each.question["key"] for each in draft_questions.every(files)}, notes
    )
    if len(listed) + len(questions) > MAX_QUESTIONS:
        raise PartUnreadable(f"{part} would hold more than {MAX_QUESTIONS:,} questions.")
    new = files
    if questions:
        value = copy.deepcopy(held) | {"questions": [*copy.deepcopy(listed), *map(as_written, questions)]}
        new = files | {part: rewritten(files.get(part, ""), value)}
    new = _with_pictures(new, reading, notes)
    report = replace(reading.report, notes=(*reading.report.notes, *notes.listed))
    return Brought(new, tuple(question.key for question in questions), report)


def _with_quiz(files: Files, bank: str) -> Files:
    """The files with a quiz, where there was none; it draws from the bank."""
    if QUIZ in files:
        return files
    draws = f"draw:\n- from: {bank}\n" if bank else ""
    return files | {QUIZ: draft_questions.BEGINNING + draws}


def part_of(bank: str) -> str:
    """The file of a bank, or of the quiz itself."""
    if bank and (len(bank) > 60 or not _BANK.fullmatch(bank)):
        raise BankNameInvalid(f"{bank!r} is not lower-case words joined by hyphens.")
    return f"{bank_files.FOLDER}/{bank}.yaml" if bank else QUIZ


def _renamed(questions: Iterable[BaseQuestion], taken: set[str], notes: Notes) -> list[BaseQuestion]:
    found = []
    for question in questions:
        ways = (question.key, *(f"{question.key[:55]}-{n}" for n in range(2, 10_000)))
        key = next(each for each in ways if each not in taken)
        taken.add(key)
        if key != question.key:
            notes.at(question.key).noted(
                "key", N_("another question has this key; it is called {key}"), key=key
            )
        found.append(question.model_copy(update={"key": key}))
    return found


def _with_pictures(files: Files, reading: Reading, notes: Notes) -> Files:
    kept = {}
    for name, content in reading.files.items():
        try:
            kept[name] = draft_media.keep(name, content)
        except UploadRefused as refusal:
            notes.at(name).lost("picture", refusal.detail)
    return draft_media.add(files, kept) if kept else files


def save(course: str, brought: Brought, *, edition: int | None, by: str) -> int:
    """Keep the draft with what was brought; its new edition. edition: see `drafts.save`."""
    return drafts.save(course, brought.files, instead_of=edition, by=by).edition


def banks(files: Files) -> list[str]:
    """The names of the banks in YAML that a draft has."""
    start = f"{bank_files.FOLDER}/"
    return [
        name.removeprefix(start).removesuffix(".yaml")
        for name in sorted(files)
        if name.startswith(start) and name.endswith(".yaml")
    ]


def take_out(course: str, format: str, *, language: str, bank: str | None = None) -> Writing:
    """The questions of a draft as a file: of a bank, of the quiz itself (""), or all (None). Those with faults are
    noted."""
    files = drafts.work(course).files
    part = None if bank is None else part_of(bank)
    places = [each for each in draft_questions.every(files) if part in (None, each.file)]
    if not places:
        raise QuestionsNotFound(f"{part or course} has no question.")
    sound, faulty = _sound(place.question for place in places)
    writing = interchange.write(format, sound, language=language)
    report = writing.report
    told = replace(report, found=len(places), notes=(*faulty, *report.notes))
    return replace(writing, report=told)


def _sound(raw: Iterable[dict[str, Any]]) -> tuple[list[BaseQuestion], list[Note]]:
    sound: list[BaseQuestion] = []
    notes = Notes()
    for each in raw:
        try:
            sound.append(_SHAPE.validate_python(each))
        except ValidationError as error:
            for place, message in interchange.faults_of(error):
                notes.at(str(each.get("key"))).lost(f"the question ({place})", message)
    return sound, notes.listed
