"""One file a segment: magic, header length, JSON header, then the arrays, each at a multiple of eight bytes.

The header's offsets count from the end of the header. Readers map the file and copy nothing.
"""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from plg.kit.errors import Refusal

from .keys import ACTORS
from .segment import Run, Segment

MAGIC = b"plgcol1\n"
_PREFIX = len(MAGIC) + 8


class ColumnsUnreadable(Refusal):
    """A file of the columns is damaged, or of a format that this version does not know."""

    status = 503
    title = "The reports' data cannot be read"


def save(segment: Segment, path: Path) -> None:
    """Write a segment and force it to the disk. The directory entry is the caller's to sync."""
    arrays: list[np.ndarray[Any, Any]] = []
    runs = {kind: _described(segment.runs[kind], arrays) for kind in ACTORS}
    header = json.dumps({"events": segment.events, "values": segment.values, "runs": runs}).encode()
    header += b" " * (-len(header) % 8)
    with path.open("wb") as file:
        file.write(MAGIC + len(header).to_bytes(8, "little") + header)
        for array in arrays:
            _write_aligned(file, array)
        file.flush()
        os.fsync(file.fileno())


def load(path: Path) -> Segment:
    """Map a segment. Raises FileNotFoundError, or `ColumnsUnreadable` for a file that is no segment."""
    with path.open("rb") as file:
        prefix = file.read(_PREFIX)
        if len(prefix) < _PREFIX or not prefix.startswith(MAGIC):
            raise ColumnsUnreadable(f"{path.name} is no segment")
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    start = _PREFIX + int.from_bytes(prefix[len(MAGIC) :], "little")
    try:
        header = json.loads(data[_PREFIX:start])
        runs = {kind: _mapped(header["runs"][kind], data, start) for kind in ACTORS}
        return Segment(header["events"], runs, header["values"])
    except (ValueError, KeyError, TypeError) as error:
        raise ColumnsUnreadable(f"{path.name} is damaged: {error}") from error


def _described(runs: Mapping[str, Run], arrays: list[np.ndarray[Any, Any]]) -> dict[str, Any]:
    """The header's words about runs, whose arrays are put at the end of `arrays`."""
    offset = sum(_padded(array.nbytes) for array in arrays)
    described: dict[str, Any] = {}
    for name, run in runs.items():
        entry: dict[str, Any] = {"rows": run.keys.size, "keys": offset, "codes": {}}
        arrays.append(run.keys)
        offset += _padded(run.keys.nbytes)
        for property_name, codes in run.codes.items():
            entry["codes"][property_name] = offset
            arrays.append(codes)
            offset += _padded(codes.nbytes)
        described[name] = entry
    return described


def _mapped(described: dict[str, Any], data: mmap.mmap, start: int) -> dict[str, Run]:
    return {
        name: Run(
            np.frombuffer(data, dtype="<u8", count=entry["rows"], offset=start + entry["keys"]),
            {
                property_name: np.frombuffer(data, dtype="<i4", count=entry["rows"], offset=start + offset)
                for property_name, offset in entry["codes"].items()
            },
        )
        for name, entry in described.items()
    }


def _padded(size: int) -> int:
    return size + -size % 8


def _write_aligned(file: BinaryIO, array: np.ndarray[Any, Any]) -> None:
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    file.write(little.data)
    file.write(b"\0" * (-array.nbytes % 8))


def sync_folder(folder: Path) -> None:
    """Force the folder's entries to the disk, so that a rename in it survives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_durably(path: Path, content: bytes) -> None:
    """Put `content` in place of the file at once: whoever opens it sees all of the old or all of the new."""
    draft = path.with_name(path.name + ".new")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)
