"""GIFT as a member of the family: what the folder `gift` reads and writes, file by file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from academy.interchange.carrying import QUESTION
from academy.interchange.format import Format, Found, text_of
from academy.interchange.gift import carry, read_gift
from academy.interchange.gift.writing import written
from academy.interchange.report import Notes
from academy.questions import BaseQuestion


def looks_so(data: bytes) -> bool:
    """Whether answers in braces stand in it, and it is no XML, JSON or package."""
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return (
        start not in (b"<", b"[", b"")
        and not data.startswith(b"PK")
        and (re.search(rb"(?<!\\)\{[^{}]*\}", data) is not None or b"$CATEGORY:" in data)
    )


def read(name: str, data: bytes, notes: Notes) -> Found:
    """See Read."""
    entries, broken = read_gift(text_of(name, data, notes))
    for fault in broken:
        notes.at(fault.field).lost(QUESTION, fault.message)
    asked = sum(entry.kind != "category" for entry in entries)
    return Found(carry(entries, notes), asked + len(broken))


def write(questions: Sequence[BaseQuestion], language: str, notes: Notes) -> bytes:
    """See Write."""
    return written(questions, language, notes).encode()


FORMAT: Final = Format("gift", "GIFT", (".gift", ".gift.txt"), "text/plain", looks_so, read, write)
