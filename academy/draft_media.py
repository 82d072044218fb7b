"""Images, videos and downloads of a draft: uploaded, they are kept by what is in them, and listed in `files.yaml`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from academy import course_media, drafts
from academy.course_media import CHUNK, LIST
from academy.draft_settings import readable
from academy.schemas import CourseFile
from academy.texts import FILE_NAME
from plg.kit.errors import Conflict, Fault, Unprocessable
from plg.kit.yaml_edits import rewritten

Files = dict[str, str]
MAX_BYTES: Final = 20_000_000
"""What pages take at once; a larger video is brought by the product folder."""
MAX_FILES: Final = 200
STARTS: Final[dict[str, re.Pattern[bytes]]] = {
    "png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "jpg": re.compile(rb"\xff\xd8\xff"),
    "jpeg": re.compile(rb"\xff\xd8\xff"),
    "gif": re.compile(rb"GIF8[79]a"),
    "webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "mp4": re.compile(rb"....ftyp", re.DOTALL),
    "webm": re.compile(rb"\x1a\x45\xdf\xa3"),
    "vtt": re.compile(rb"(?:\xef\xbb\xbf)?WEBVTT"),
    "pdf": re.compile(rb"%PDF-"),
    **dict.fromkeys(("zip", "docx", "xlsx", "pptx", "odt", "ods", "odp"), re.compile(rb"PK\x03\x04")),
}
"""How a file of each ending begins."""


class UploadRefused(Unprocessable):
    """A file that no draft takes: too large, or of another type than its name or its bytes say."""


class TooManyFiles(Conflict):
    pass


class ListUnreadable(Unprocessable):
    """The draft's list of files has to be mended as text before anything is added to it."""


def named(name: str) -> str:
    """The name under which a file is kept that was called so on somebody's disk."""
    last = name.replace("\\", "/").rpartition("/")[2].lower()
    return re.sub(r"[^a-z0-9.]+", "-", last).strip("-.")[-90:]


def keep(name: str, content: bytes) -> CourseFile:
    """Keep a file; UploadRefused says all that is wrong with it."""
    ending, place = name.rpartition(".")[2], f"{course_media.FOLDER}/{name}"
    faults = []
    if not re.fullmatch(FILE_NAME, name):
        faults.append(Fault(place, "is not named with letters, digits and . _ - alone"))
    if len(content) > MAX_BYTES:
        faults.append(Fault(place, f"is larger than {MAX_BYTES:,} bytes"))
    if ending not in STARTS or not STARTS[ending].match(content):
        faults.append(Fault(place, f"is none of {', '.join(STARTS)}"))
    if faults:
        raise UploadRefused(errors=faults)
    digest = hashlib.sha256(content).hexdigest()
    course_media.keep(_pieces(content), digest)
    return CourseFile(digest=digest, size=len(content))


def _pieces(content: bytes) -> Iterator[bytes]:
    for at in range(0, len(content), CHUNK):
        yield content[at : at + CHUNK]


def listed(files: Files) -> dict[str, CourseFile]:
    """The files that a draft lists, by name; what has not the form of one is left out."""
    held = readable(files, LIST) or {}
    return {name: about for name, told in sorted(held.items()) if (about := _read(told))}


def _held(files: Files) -> dict[str, Any]:
    held = readable(files, LIST)
    if held is None:
        raise ListUnreadable(f"{LIST} cannot be read, so it is mended as text first.")
    return held


def _read(told: Any) -> CourseFile | None:
    try:
        return CourseFile.model_validate(told)
    except ValueError:
        return None


def add(files: Files, new: Mapping[str, CourseFile]) -> Files:
    """The draft's files with these in its list, in place of those of the same names."""
    held = _held(files) | {name: about.model_dump() for name, about in new.items()}
    if len(held) > MAX_FILES:
        raise TooManyFiles(f"A course has at most {MAX_FILES} files.")
    return files | {LIST: rewritten(files.get(LIST, ""), held)}


def remove(files: Files, name: str) -> Files:
    """The draft's files without this one in its list."""
    held = {each: told for each, told in _held(files).items() if each != name}
    left = {each: text for each, text in files.items() if each != LIST}
    return left | ({LIST: rewritten(files[LIST], held)} if held else {})


def of_draft(course: str, name: str) -> CourseFile | None:
    """The file of this name in the draft of the course, where it has both."""
    return listed(drafts.work(course).files).get(name)
