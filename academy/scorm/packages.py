"""Files of a package that is kept as one file of a course, handed out of it without unpacking it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final, cast

from sqlalchemy.engine import Engine

from academy import course_media
from academy.course_media import CHUNK
from academy.packages.archive import MAX_TEXT, Archive
from academy.schemas import CourseFile

PAGES: Final = (".html", ".htm", ".xhtml")
TYPES: Final = {
    **dict.fromkeys((".html", ".htm"), "text/html"),
    ".xhtml": "application/xhtml+xml",
    ".css": "text/css",
    **dict.fromkeys((".js", ".mjs"), "text/javascript"),
    ".json": "application/json",
    ".xml": "application/xml",
    ".txt": "text/plain",
    ".vtt": "text/vtt",
    ".png": "image/png",
    **dict.fromkeys((".jpg", ".jpeg"), "image/jpeg"),
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
    ".ico": "image/x-icon",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".ttf": "font/ttf",
    ".otf": "font/otf",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".ogg": "audio/ogg",
    ".m4a": "audio/mp4",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".pdf": "application/pdf",
}
_PLACES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (rb"<head(?:\s[^>]*)?>", rb"<html(?:\s[^>]*)?>", rb"<!doctype[^>]*>")
)
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")


def media_type(name: str) -> str:
    """Of a file in a package, by its name alone."""
    return TYPES.get(f".{name.rpartition('.')[2].lower()}", "application/octet-stream")


@contextmanager
def opened(about: CourseFile, engine: Engine) -> Iterator[Archive]:
    """The package, read from where it is kept, piece by piece."""
    kept = io.BufferedReader(course_media.Reader(about, engine), CHUNK)
    with Archive(cast(IO[bytes], kept)) as archive:
        yield archive


def is_page(archive: Archive, name: str) -> bool:
    """Whether the file is a page into which a script can be put."""
    return name.lower().endswith(PAGES) and archive.size(name) <= MAX_TEXT


def with_script(page: bytes, address: str) -> bytes:
    """The page, which loads this script before any of its own; one in UTF-16 stays as it is."""
    if page[:2] in _WIDE:
        return page
    start = page[:65_536]
    found = next((match.end() for place in _PLACES if (match := place.search(start))), 0)
    return page[:found] + f'<script src="{address}"></script>'.encode() + page[found:]
