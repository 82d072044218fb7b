"""The way in: a package becomes the draft of a course, or only the report of what it would become."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

from academy import course_media, drafts
from academy.course_text import PlacedFault
from academy.models import CourseDraft
from academy.packages import content as contents
from academy.packages import manifest as manifests
from academy.packages.archive import Archive, PackageFaulty
from academy.packages.cartridge import read_cartridge
from academy.packages.content import Content
from academy.packages.naming import slug
from academy.packages.scorm import read_scorm
from academy.schemas import CourseFile
from plg.kit.errors import Fault

Heard = Callable[[str, int, int], None]
"""Is told how far an import is: what is being done, how many bytes of it, of how many."""
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
            "files": len(self.content.media),
            "faults": [
                {"field": each.field, "message": each.message, "line": each.line} for each in self.faults
            ],
            **self.content.report.plain(),
        }


def _silence(what: str, done: int, whole: int) -> None:
    """Nobody listens."""


def inspect(file: Path | IO[bytes], key: str = "", *, heard: Heard = _silence) -> Imported:
    """What the package would become; nothing is kept. PackageFaulty names all that is wrong with it."""
    with opened(file) as archive:
        return _imported(archive, key, _read(archive, heard), heard, keep=False)


def make_draft(file: Path | IO[bytes], key: str = "", *, by: str, heard: Heard = _silence) -> Imported:
    """Make the package the draft of a new course. key: of the course; made from its title where none is given.

    Raises PackageFaulty, CourseExists and CourseKeyInvalid; nothing is published.
    """
    with opened(file) as archive:
        content = _read(archive, heard)
        key = key or slug(content.title) or "course"
        if drafts.is_there(key) or drafts.was_published(key):
            raise drafts.CourseExists(f"There is a course {key!r} already.")
        found = _imported(archive, key, content, heard, keep=True)
    draft = drafts.create(key, found.files, by=by)
    return Imported(key, content, found.files, found.faults, draft)


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


def _read(archive: Archive, heard: Heard) -> Content:
    whole, done = sum(map(archive.size, archive.names)), 0

    def checked(size: int) -> None:
        nonlocal done
        done += size
        heard("checking", done, whole)

    manifest = manifests.read(archive)
    archive.verify(checked)
    if manifest.format == "common_cartridge":
        return read_cartridge(archive, manifest)
    if manifest.format == "scorm_1_2":
        return read_scorm(archive, manifest)
    raise PackageFaulty(errors=[Fault(manifests.NAME, f"is {manifest.format}, which is not read yet")])


def _imported(archive: Archive, key: str, content: Content, heard: Heard, *, keep: bool) -> Imported:
    kept = _media(archive, content, heard, keep=keep)
    files = contents.files(content, kept)
    return Imported(key or slug(content.title) or "course", content, files, drafts.check(files).faults)


def _media(archive: Archive, content: Content, heard: Heard, *, keep: bool) -> dict[str, CourseFile]:
    """The files of the course, read from the package piece by piece; kept, if so wished."""
    whole, done = sum(archive.size(name) for name in content.media.values()), 0
    sources: dict[str, Callable[[], Iterator[bytes]]] = {
        file: partial(archive.pieces, name) for file, name in content.media.items()
    }
    if content.package:
        sources, whole = {content.package: archive.itself}, archive.packed_size
    found = {}
    for file, pieces in sources.items():
        digest, size = hashlib.sha256(), 0
        for piece in pieces():
            digest.update(piece)
            size += len(piece)
            heard(file, done + size, whole)
        done += size
        found[file] = CourseFile(digest=digest.hexdigest(), size=size)
        if keep:
            course_media.keep(pieces(), found[file].digest)
    return found
