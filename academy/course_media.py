"""The files of courses beside their texts (images, videos, downloads), kept once by what is in them, in pieces.

In a course folder they stand in `files/`. A course names them in `files.yaml`, which is made when a folder is read:
name, SHA-256 and size."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.engine import Engine

from academy.lesson_models import CourseFileChunk
from academy.schemas import CourseFile
from academy.texts import FILE_NAME
from plg.kit.db import db, insert, reading
from plg.kit.errors import Fault, FolderFaults

FOLDER: Final = "files"
LIST: Final = "files.yaml"
MAX_BYTES: Final = 200_000_000
CHUNK: Final = 256 * 1024
SHOWN: Final = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".svg": "image/svg+xml",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".vtt": "text/vtt",
}
"""The types that pages show; any other file is only handed out to be kept."""


def address(course_key: str, name: str, digest: str) -> str:
    """Where a learner's page finds the file. What is in it never changes under one address."""
    return f"/academy/{course_key}/files/{digest[:16]}/{name}"


def media_type(name: str) -> str | None:
    """The type of a file that pages show; None for one that they do not."""
    return SHOWN.get(Path(name).suffix.lower())


def listed(folder: Path) -> dict[str, dict[str, Any]]:
    """The files of a course folder as `files.yaml` would list them; FolderFaults names those that cannot be kept."""
    found: dict[str, dict[str, Any]] = {}
    faults: list[Fault] = []
    for path in _paths(folder):
        if not re.fullmatch(FILE_NAME, path.name):
            faults.append(Fault(f"{FOLDER}/{path.name}", "is not named with letters, digits and . _ - alone"))
        elif not path.is_file() or path.stat().st_size > MAX_BYTES:
            faults.append(Fault(f"{FOLDER}/{path.name}", f"is not a file of at most {MAX_BYTES:,} bytes"))
        else:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            found[path.name] = {"digest": digest, "size": path.stat().st_size}
    if faults:
        raise FolderFaults(errors=faults)
    return found


def keep(content: Iterable[bytes], digest: str) -> None:
    """Keep a file, given in pieces of CHUNK bytes; one that is there is left as it is."""
    if is_kept(digest):
        return
    for number, piece in enumerate(content):
        row = {"digest": digest, "number": number, "content": piece}
        db.session.execute(insert(CourseFileChunk).values(row).on_conflict_do_nothing())


def keep_all(folder: Path) -> None:
    """Keep every file of a course folder."""
    for name, about in listed(folder).items():
        keep(_pieces(folder / FOLDER / name), about["digest"])


def is_kept(digest: str) -> bool:
    """Whether the file is here; an empty one is one empty piece."""
    return db.session.get(CourseFileChunk, (digest, 0)) is not None


def write(folder: Path, files: Mapping[str, CourseFile]) -> None:
    """Write the files of a course into its folder, and remove what is no part of it."""
    for path in _paths(folder):
        if path.name not in files:
            path.unlink()
    for name, about in files.items():
        (folder / FOLDER).mkdir(parents=True, exist_ok=True)
        with (folder / FOLDER / name).open("wb") as file:
            for piece in _kept(about.digest):
                file.write(piece)
    if (folder / FOLDER).is_dir() and not any((folder / FOLDER).iterdir()):
        (folder / FOLDER).rmdir()


class Reader(io.RawIOBase):
    """A kept file that can be read from anywhere in it. Each piece is a short transaction of its own, so that a slow
    download holds no connection."""

    def __init__(self, about: CourseFile, engine: Engine) -> None:
        self._about, self._engine, self._at = about, engine, 0
        self._number, self._piece = -1, b""

    def readable(self) -> bool:
        """See io."""
        return True

    def seekable(self) -> bool:
        """See io."""
        return True

    def readinto(self, buffer: Any) -> int:
        """See io: with this, an io.BufferedReader gives as many bytes as are asked for."""
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def tell(self) -> int:
        """See io."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """See io."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._about.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """At most the rest of one piece."""
        number, start = divmod(self._at, CHUNK)
        if self._at >= self._about.size:
            return b""
        if number != self._number:
            self._number, self._piece = number, self._fetch(number)
        found = self._piece[start:] if size < 0 else self._piece[start : start + size]
        self._at += len(found)
        return found

    def _fetch(self, number: int) -> bytes:
        chunk = CourseFileChunk.__table__.c
        query = select(chunk.content).where(chunk.digest == self._about.digest, chunk.number == number)
        with reading(), self._engine.begin() as connection:
            return bytes(connection.execute(query).scalar_one())


def _kept(digest: str) -> Iterator[bytes]:
    number = 0
    while True:
        row = db.session.get(CourseFileChunk, (digest, number))
        if row is None:
            return
        yield row.content
        db.session.expunge(row)
        number += 1


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        piece = file.read(CHUNK)
        yield piece
        while piece := file.read(CHUNK):
            yield piece


def _paths(folder: Path) -> list[Path]:
    inside = folder / FOLDER
    return sorted(path for path in inside.iterdir() if path.name[0] != ".") if inside.is_dir() else []
