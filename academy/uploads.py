"""Files that learners hand in: kept with their attempt, handed out to its owner and to whoever marks it."""

from __future__ import annotations

import unicodedata
from typing import Final

from sqlalchemy import func, select

from academy import attempts, courses
from academy.models import IN_PROGRESS, Attempt, Upload
from academy.paper import Slot
from academy.questions import FileUpload
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Conflict, Fault, NotFound, Unprocessable

MAX_UPLOADS: Final = 10
"""How many files one question of one attempt takes, the last of which counts."""


class UploadNotFound(NotFound):
    pass


class UploadFaulty(Unprocessable):
    """A file that the question does not take: too large, or of another type than its name or its bytes say."""


class TooManyUploads(Conflict):
    """This question was given more files than anybody hands in; the last one counts."""


def keep(public_id: str, number: int, name: str, content: bytes, *, person_id: int | None) -> Upload:
    """Keep a file for the question in this place of a running attempt. It counts once it is saved as the answer.

    Raises UploadNotFound where no file is asked for, UploadFaulty, TooManyUploads, AttemptFinished, AttemptExpired.
    """
    attempt = attempts.find(public_id, person_id=person_id, for_update=True)
    if attempt.state != IN_PROGRESS:
        raise attempts.AttemptFinished("This attempt is over.", state=attempt.state)
    if attempts.is_over(attempt):
        raise attempts.AttemptExpired("The time is over; what was saved before counts.")
    question = _question(attempt, number)
    if len(content) > question.max_megabytes * 1_000_000:
        raise UploadFaulty(errors=[Fault("file", f"is larger than {question.max_megabytes} megabytes")])
    if not content or not question.takes(name, content):
        raise UploadFaulty(errors=[Fault("file", f"is no {', '.join(question.types)}")])
    of_slot = (Upload.attempt_id == attempt.id, Upload.slot == number)
    if (db.session.scalar(select(func.count()).where(*of_slot)) or 0) >= MAX_UPLOADS:
        raise TooManyUploads("This question was given too many files.")
    row = Upload(attempt_id=attempt.id, slot=number, name=_safe(name), size=len(content), content=content)
    row.uploaded_at = now()
    db.session.add(row)
    db.session.flush()
    return row


def answered(attempt: Attempt, number: int) -> Upload:
    """The file that is the answer in this place; UploadNotFound where none is, or none of this very place."""
    query = select(Upload).where(Upload.attempt_id == attempt.id, Upload.slot == number)
    row = db.session.scalar(query.where(Upload.public_id == str(attempt.answers.get(str(number)))))
    if row is None:
        raise UploadNotFound("There is no such file.")
    return row


def _question(attempt: Attempt, number: int) -> FileUpload:
    if 1 <= number <= len(attempt.slots):
        slot = Slot.from_json(attempt.slots[number - 1])
        question = courses.published(attempt.version_id).quiz.question(slot.question)
        if isinstance(question, FileUpload):
            return question
    raise UploadNotFound("No file is asked for here.")


def _safe(name: str) -> str:
    """The name without folders, and without characters that no page shows."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(each for each in last if unicodedata.category(each)[0] != "C")[-200:] or "file"
