"""Drafts of courses: the files of a course's folder, on which somebody works. They are read as a folder is."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select

from academy import course_text, courses
from academy.course_folder import KEY, course_files, read_course
from academy.course_text import PlacedFault
from academy.models import CourseChange, CourseDraft, CourseVersion
from academy.schemas import Course
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.errors import Conflict, Fault, FolderFaults, NotFound, TooLarge, Unprocessable

MAX_FILES: Final = 400
MAX_BYTES: Final = 4_000_000
MAX_FILE_BYTES: Final = 1_000_000
MAX_KEY: Final = 64
NONE: Final = 0
"""The edition of a draft that is not there."""
_NAME: Final = re.compile(r"(?:[a-z][a-z0-9-]{0,30}/)?[A-Za-z0-9][A-Za-z0-9._-]{0,119}")

Files = dict[str, str]
"""Name to text."""


class DraftNotFound(NotFound):
    pass


class DraftChanged(Conflict):
    """Somebody saved the draft since it was read."""


class DraftTooLarge(TooLarge):
    pass


class CourseExists(Conflict):
    pass


class CourseKeyInvalid(Unprocessable):
    pass


class FilesUnusable(Unprocessable):
    """Names or contents that no course folder can have; the errors name each."""


@dataclass(frozen=True)
class Work:
    """What an editor begins with: the draft, or what was published last where there is none. edition: NONE then."""

    key: str
    files: Files
    edition: int
    saved_by: str = ""
    saved_at: dt.datetime | None = None


@dataclass(frozen=True)
class Checked:
    """What the files say, or every fault that keeps them from being published."""

    course: Course | None
    faults: list[PlacedFault]


def create(key: str, files: Files, *, by: str) -> CourseDraft:
    """Begin a course that is not there yet."""
    if is_there(key) or was_published(key):
        raise CourseExists(f"There is a course {key!r} already.")
    return save(key, files, instead_of=NONE, by=by, what="created")


def save(key: str, files: Files, *, instead_of: int | None, by: str, what: str = "saved") -> CourseDraft:
    """Keep these files as the draft. instead_of: the edition that they were made from, DraftChanged where there is
    another one by now; None overwrites whatever there is."""
    _check_key(key)
    files = _kept(files)
    row = db.session.scalar(select(CourseDraft).where(CourseDraft.key == key).with_for_update())
    there = row.edition if row else NONE
    if instead_of is not None and instead_of != there:
        raise DraftChanged("Somebody else saved this draft meanwhile.", edition=there)
    before = row.files if row else last_files(key)
    changed = sorted(name for name in {*before, *files} if before.get(name) != files.get(name))
    given = {"files": files, "edition": there + 1, "saved_at": now(), "saved_by": by}
    if row is None and not _insert(key, given):
        raise DraftChanged("Somebody else saved this draft meanwhile.", edition=there + 1)
    if row is not None:
        row.files, row.edition, row.saved_at, row.saved_by = files, there + 1, given["saved_at"], by
        db.session.flush()
    note(key, what, changed, by=by)
    return find(key)


def _insert(key: str, given: dict[str, object]) -> bool:
    """Whether this was the first draft; of two at once only one is."""
    new = insert(CourseDraft).values(key=key, **given).on_conflict_do_nothing().returning(CourseDraft.key)
    return db.session.execute(new).first() is not None


def find(key: str) -> CourseDraft:
    row = db.session.get(CourseDraft, key, populate_existing=True)
    if row is None:
        raise DraftNotFound(f"The course {key!r} has no draft.")
    return row


def work(key: str) -> Work:
    """What an editor begins with; CourseNotFound where there was never anything."""
    row = db.session.get(CourseDraft, key, populate_existing=True)
    if row is not None:
        return Work(key, row.files, row.edition, row.saved_by, row.saved_at)
    files = last_files(key)
    if not files:
        raise courses.CourseNotFound(f"There is no course {key!r}.")
    return Work(key, files, NONE)


def is_there(key: str) -> bool:
    """Whether the course has a draft."""
    return db.session.scalar(select(CourseDraft.key).where(CourseDraft.key == key)) is not None


def was_published(key: str) -> bool:
    """Whether the course has ever had a version."""
    query = select(CourseVersion.id).where(CourseVersion.key == key).limit(1)
    return db.session.scalar(query) is not None


def last_files(key: str) -> Files:
    """The files of the newest version, retired or not; none where nothing was ever published."""
    query = select(CourseVersion).where(CourseVersion.key == key).order_by(CourseVersion.version.desc())
    row = db.session.scalar(query.limit(1))
    return {} if row is None else files_of(row)


def files_of(row: CourseVersion) -> Files:
    """The files that a version was made from, or could have been."""
    return row.source or course_files(Course.model_validate(row.definition))


def discard(key: str, *, by: str) -> None:
    """Let the draft go."""
    find(key)
    drop(key)
    note(key, "discarded", [], by=by)


def drop(key: str) -> None:
    """Take the row away, because it was discarded or published."""
    db.session.execute(delete(CourseDraft).where(CourseDraft.key == key))


def check(files: Files) -> Checked:
    """What the files say, with every fault that keeps them from being published."""
    try:
        return Checked(read_course(files), [])
    except FolderFaults as refusal:
        return Checked(None, course_text.placed(refusal.errors, files))


def note(key: str, what: str, about: list[str], *, by: str) -> None:
    """Write down who did what to a course."""
    db.session.add(CourseChange(key=key, what=what, about=about, by=by, at=now()))
    db.session.flush()


def _check_key(key: str) -> None:
    if len(key) > MAX_KEY or not KEY.fullmatch(key):
        told = f"needs small letters, digits and single hyphens, at most {MAX_KEY}"
        raise CourseKeyInvalid(errors=[Fault("key", told)])
    if key in courses.RESERVED:
        raise CourseKeyInvalid(errors=[Fault("key", "is reserved")])


def _kept(files: Files) -> Files:
    """The files as they are kept: with Unix lines, and none that a folder could not have."""
    files = {name: re.sub(r"\r\n?", "\n", text) for name, text in files.items()}
    sizes = {name: len(text.encode("utf-8", "replace")) for name, text in files.items()}
    faults = [
        *(Fault(name[:200], "is no name of a course's file") for name in files if not _NAME.fullmatch(name)),
        *(
            Fault(name, f"is larger than {MAX_FILE_BYTES:,} bytes")
            for name in files
            if sizes[name] > MAX_FILE_BYTES
        ),
        *(Fault(name, "holds a character that cannot be kept") for name in files if _unstorable(files[name])),
    ]
    if faults:
        raise FilesUnusable(errors=faults)
    if len(files) > MAX_FILES or sum(sizes.values()) > MAX_BYTES:
        raise DraftTooLarge(f"A course has at most {MAX_FILES} files and {MAX_BYTES:,} bytes of text.")
    return files


def _unstorable(text: str) -> bool:
    return "\0" in text or any("\ud800" <= each <= "\udfff" for each in text)
