"""Packages as ZIP files, read from the disk piece by piece. What could do harm is refused before anything is
unpacked, every reason at once; nothing is ever written where its name says."""

from __future__ import annotations

import posixpath
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self
from urllib.parse import unquote, urlsplit

from plg.kit.errors import Fault, Unprocessable

MAX_PACKED: Final = 200_000_000
MAX_UNPACKED: Final = 1_000_000_000
MAX_FILES: Final = 5_000
MAX_TEXT: Final = 5_000_000
"""Of a file that is read as a whole: a page, a manifest, questions."""
MAX_RATIO: Final = 200
"""How many bytes one packed byte may become, in files from RATIO_COUNTS on."""
RATIO_COUNTS: Final = 1_000_000
MAX_DIRECTORY: Final = 4_000_000
"""Bytes of the list of files at the end of a ZIP file, which is read as a whole."""
PIECE: Final = 256 * 1024
NESTED: Final = (".zip", ".imscc", ".jar", ".war", ".7z", ".rar", ".tar", ".gz", ".bz2", ".xz", ".tgz")
"""Archives inside of a package are kept as they are, and never opened."""
_END: Final = b"PK\x05\x06"
_CLASSIC_END: Final = struct.Struct("<4s4H2LH")


class PackageFaulty(Unprocessable):
    """A package that is not taken, with every reason that was found."""

    title = "The package is not taken"


class Archive:
    """An opened ZIP file that keeps to the limits above. Use it in a `with`."""

    def __init__(self, file: Path | IO[bytes]) -> None:
        """Raise PackageFaulty with all that is wrong with its list of files."""
        self._own: IO[bytes] | None = file.open("rb") if isinstance(file, Path) else None
        source = self._own or file
        assert not isinstance(source, Path)
        self._source = source
        try:
            _check_end(source)
            self._zip = zipfile.ZipFile(source)
            self._infos = _checked(self._zip.infolist())
        except (zipfile.BadZipFile, struct.error, NotImplementedError, ValueError) as error:
            self._close()
            raise PackageFaulty(errors=[Fault("", f"is no sound ZIP file: {error}")]) from None
        except PackageFaulty:
            self._close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        if self._own:
            self._own.close()

    @property
    def packed_size(self) -> int:
        """Of the packed file, in bytes."""
        return self._source.seek(0, 2)

    @property
    def names(self) -> list[str]:
        """Of all files, in their order; folders are none."""
        return list(self._infos)

    def __contains__(self, name: object) -> bool:
        return name in self._infos

    def size(self, name: str) -> int:
        """Unpacked, in bytes."""
        return self._infos[name].file_size

    def file(self, name: str) -> IO[bytes]:
        """The unpacked file, in which one can go to and fro."""
        return self._zip.open(self._infos[name])

    def pieces(self, name: str) -> Iterator[bytes]:
        """The file in pieces of PIECE bytes; an empty one is one empty piece."""
        try:
            with self._zip.open(self._infos[name]) as file:
                piece = file.read(PIECE)
                yield piece
                while piece := file.read(PIECE):
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
            raise PackageFaulty(errors=[Fault(name, f"cannot be unpacked: {error}")]) from None

    def itself(self) -> Iterator[bytes]:
        """The packed file as it is, in pieces of PIECE bytes."""
        self._source.seek(0)
        while piece := self._source.read(PIECE):
            yield piece

    def read(self, name: str, *, limit: int = MAX_TEXT) -> bytes:
        """The whole file."""
        if self.size(name) > limit:
            raise PackageFaulty(errors=[Fault(name, f"is larger than {limit:,} bytes")])
        return b"".join(self.pieces(name))

    def verify(self, heard: Callable[[int], None] = lambda size: None) -> None:
        """Unpack everything once, into nothing, so that broken files are known. heard: is told each piece's size."""
        faults: list[Fault] = []
        for name in self._infos:
            try:
                for piece in self.pieces(name):
                    heard(len(piece))
            except PackageFaulty as refusal:
                faults += refusal.errors
        if faults:
            raise PackageFaulty(errors=faults)


def target(base: str, href: str) -> str | None:
    """The name of the file in the package at which `href` in the file `base` points; None where it points elsewhere
    or out of the package."""
    try:
        parts = urlsplit(href.strip().replace("\\", "/"))
    except ValueError:
        return None
    if parts.scheme or parts.netloc or not parts.path or parts.path.startswith("/"):
        return None
    found = posixpath.normpath(posixpath.join(posixpath.dirname(base), unquote(parts.path)))
    return None if found == ".." or found.startswith("../") else found


def _check_end(source: IO[bytes]) -> None:
    """Look at the end of the file before `zipfile` reads the whole list of files into memory."""
    size = source.seek(0, 2)
    if size > MAX_PACKED:
        raise PackageFaulty(errors=[Fault("", f"is larger than {MAX_PACKED:,} bytes")])
    source.seek(max(0, size - _CLASSIC_END.size - 65_535))
    tail = source.read()
    source.seek(0)
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _CLASSIC_END.size:
        raise PackageFaulty(errors=[Fault("", "is no ZIP file")])
    told = _CLASSIC_END.unpack_from(tail, at)
    if told[4] > MAX_FILES or told[5] > MAX_DIRECTORY or tail[max(0, at - 20) : at].startswith(b"PK\x06\x07"):
        raise PackageFaulty(errors=[Fault("", f"holds more than {MAX_FILES:,} files")])


def _checked(infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The files by name; PackageFaulty names everything that is wrong with any of them."""
    found: dict[str, zipfile.ZipInfo] = {}
    faults: list[Fault] = []
    for info in infos:
        # zipfile makes "/" of this machine's separator and cuts names at NUL: what was written counts.
        name = info.orig_filename
        said = _faults_of(name, info)
        if not said and name in found:
            said = ["is there twice"]
        faults += [Fault(name[:200], each) for each in said]
        if not info.is_dir():
            found[name] = info
    if len(infos) > MAX_FILES:
        faults.append(Fault("", f"holds more than {MAX_FILES:,} files"))
    if sum(info.file_size for info in infos) > MAX_UNPACKED:
        faults.append(Fault("", f"unpacks to more than {MAX_UNPACKED:,} bytes"))
    if faults:
        raise PackageFaulty(errors=faults)
    return found


def _faults_of(name: str, info: zipfile.ZipInfo) -> list[str]:
    kind = stat.S_IFMT(info.external_attr >> 16)
    ratio = info.file_size / max(1, info.compress_size)
    said = {
        "is an absolute path": bool(re.match(r"[/\\]|[A-Za-z]:", name)),
        "leads out of the package": ".." in re.split(r"[/\\]", name),
        "holds a backslash or a control character": bool(re.search(r"[\x00-\x1f\x7f\\]", name)),
        "is a link or a device, not a file": kind not in (0, stat.S_IFREG, stat.S_IFDIR),
        "is encrypted": bool(info.flag_bits & 0x1),
        "is packed by a method other than deflate": info.compress_type
        not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED),
        f"unpacks to more than {MAX_RATIO} times its size": info.file_size >= RATIO_COUNTS
        and ratio > MAX_RATIO,
    }
    return [words for words, holds in said.items() if holds]
