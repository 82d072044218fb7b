"""The way in: a package becomes the draft of a course, or only the report of what it would become."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

from academy import course_media, drafts, interchange
from academy.course_text import PlacedFault
from academy.models import CourseDraft
from academy.packages import content as contents
from academy.packages import manifest as manifests
from academy.packages.archive import Archive, PackageFaulty
from academy.packages.cartridge import read_cartridge
from academy.packages.content import Content
from academy.packages.naming import slug
from academy.packages.question_files import read_questions
from academy.packages.scorm import read_scorm
from academy.schemas import CourseFile
from plg.kit.errors import Fault
from plg.web.i18n import N_

Heard = Callable[[str, int, int], None]
"""Is told how far an import is: what is being done, how much of it, of how much."""
Pieces = Callable[[], Iterator[bytes]]
"""Reads a file from its beginning, in pieces of `course_media.CHUNK` bytes."""
IN_MEMORY: Final = 1_000_000
"""A folder is packed into a file on the disk from this many bytes on."""


@dataclass(frozen=True)
class Imported:
    """What a package becomes. faults: what keeps the draft from being published as it is."""

    key: str
    content: Content
    files: drafts.Files
    faults: list[PlacedFault]
    draft: CourseDraft | None = None

    def plain(self) -> dict[str, Any]:
        """The report as JSON."""
        return {
            "course": self.key,
            "edition": self.draft.edition if self.draft else None,
            "lessons": len(self.content.lessons),
            "questions": sum(len(bank.questions) for bank in self.content.banks.values()),
            "files": len(self.content.media) + len(self.content.pictures) + bool(self.content.package),
            "faults": [
                {"field": each.field, "message": each.message, "line": each.line} for each in self.faults
            ],
            **self.content.report.plain(),
        }


def _silence(what: str, done: int, whole: int) -> None:
    """Nobody listens."""


def inspect(file: Path | IO[bytes], key: str = "", *, name: str = "", heard: Heard = _silence) -> Imported:
    """What the package would become; nothing is kept. PackageFaulty names all that is wrong with it.

    name: of the file, where it is handed over opened; files of questions are called by it."""
    with _read(file, name, heard) as (archive, content):
        return _imported(archive, key, content, heard, keep=False)


def make_draft(
    file: Path | IO[bytes], key: str = "", *, by: str, name: str = "", heard: Heard = _silence
) -> Imported:
    """Make the package the draft of a new course. key: of the course; made from its title where none is given.

    Raises PackageFaulty, CourseExists and CourseKeyInvalid; nothing is published.
    """
    with _read(file, name, heard) as (archive, content):
        key = key or _key(content)
        if drafts.is_there(key) or drafts.was_published(key):
            raise drafts.CourseExists(f"There is a course {key!r} already.")
        found = _imported(archive, key, content, heard, keep=True)
    draft = drafts.create(key, found.files, by=by)
    return Imported(key, content, found.files, found.faults, draft)


@contextmanager
def _read(file: Path | IO[bytes], name: str, heard: Heard) -> Iterator[tuple[Archive | None, Content]]:
    """The course in a file; with the package, where it is one."""
    name = name or (file.name if isinstance(file, Path) else "")
    loose = _questions(file)
    if loose is not None:
        yield None, read_questions(name, loose)
        return
    with opened(file) as archive:
        yield archive, _content(archive, name, heard)


def _questions(file: Path | IO[bytes]) -> bytes | None:
    """A file that is no ZIP file, and may be one of questions."""
    if isinstance(file, Path):
        if file.is_dir():
            return None
        with file.open("rb") as opened_file:
            return _questions(opened_file)
    found = None if file.read(2) == b"PK" else b""
    file.seek(0)
    if found is not None:
        found = file.read(interchange.MAX_BYTES + 1)
        file.seek(0)
    return found


@contextmanager
def opened(file: Path | IO[bytes]) -> Iterator[Archive]:
    """The package; a folder is packed first, so that the same limits hold for it."""
    if isinstance(file, Path) and file.is_dir():
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as packed:
            _pack(file, packed)
            with Archive(packed) as archive:
                yield archive
        return
    with Archive(file) as archive:
        yield archive


def _pack(folder: Path, into: IO[bytes]) -> None:
    links = [path for path in sorted(folder.rglob("*")) if path.is_symlink()]
    if links:
        told = [Fault(path.relative_to(folder).as_posix(), "is a link, not a file") for path in links]
        raise PackageFaulty(errors=told)
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as packing:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                packing.write(path, path.relative_to(folder).as_posix())


def _content(archive: Archive, name: str, heard: Heard) -> Content:
    whole, done = sum(map(archive.size, archive.names)), 0

    def checked(size: int) -> None:
        nonlocal done
        done += size
        heard("checking", done, whole)

    manifest = manifests.read(archive)
    archive.verify(checked)
    readers = {"common_cartridge": read_cartridge, "scorm_1_2": read_scorm}
    if manifest.format in readers:
        content = readers[manifest.format](archive, manifest)
        for element, count in manifest.unread.items():
            content.report.lose(
                f"<{element}>",
                manifests.NAME,
                N_("courses have no place for it (×{count})"),
                count=count,
            )
        return content
    if archive.packed_size > interchange.MAX_BYTES:
        raise PackageFaulty(errors=[Fault("", f"is larger than {interchange.MAX_BYTES:,} bytes")])
    return read_questions(name, b"".join(archive.itself()))


def _key(content: Content) -> str:
    return slug(content.title) or "course"


def _imported(archive: Archive | None, key: str, content: Content, heard: Heard, *, keep: bool) -> Imported:
    kept = _media(_sources(archive, content), heard, keep=keep)
    files = contents.files(content, kept)
    return Imported(key or _key(content), content, files, drafts.check(files).faults)


def _sources(archive: Archive | None, content: Content) -> dict[str, Pieces]:
    """Where each file of the course is read from."""
    found: dict[str, Pieces] = {name: partial(_cut, data) for name, data in content.pictures.items()}
    if archive is not None:
        found |= {file: partial(archive.pieces, name) for file, name in content.media.items()}
        found |= {content.package: archive.itself} if content.package else {}
    return found


def _cut(data: bytes) -> Iterator[bytes]:
    return (data[at : at + course_media.CHUNK] for at in range(0, max(1, len(data)), course_media.CHUNK))


def _media(sources: Mapping[str, Pieces], heard: Heard, *, keep: bool) -> dict[str, CourseFile]:
    """The files of the course, read piece by piece; kept, if so wished."""
    found = {}
    for number, (file, pieces) in enumerate(sources.items(), 1):
        digest, size = hashlib.sha256(), 0
        for piece in pieces():
            digest.update(piece)
            size += len(piece)
        found[file] = CourseFile(digest=digest.hexdigest(), size=size)
        if keep:
            course_media.keep(pieces(), found[file].digest)
        heard(file, number, len(sources))
    return found
