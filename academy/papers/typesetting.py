"""Sheets become files by Typst, which brings its fonts along: the same inputs make the same bytes on every machine.

PDF/A-3a (ISO 19005-3, with a file inside) and PDF/UA-1 (ISO 14289-1) in one.
"""

from __future__ import annotations

import datetime as dt
import threading
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst

from plg.kit.errors import Conflict

HERE = Path(__file__).parent
SOURCE = (HERE / "certificate.typ").read_bytes()
BADGE = (HERE / "badge.typ").read_bytes()
STANDARDS: list[typst.PDFStandard] = ["a-3a", "ua-1"]
PICTURE_DPI = 103
"""A sheet of A4 becomes a picture of 1,204 by 852 pixels: what link previews show in full."""
BADGE_DPI = 108.4
"""A badge is 120 mm wide, and 512 pixels."""
Picture = Literal["svg", "png"]


class PaperNotPrintable(Conflict):
    """No font has a letter of the name or title, or the logo cannot be drawn; `detail` says which."""


def pdf(inputs: dict[str, str], moment: dt.datetime, fonts: Path | None) -> bytes:
    """moment: what the file gives as its date. fonts: a folder with more of them than Typst brings along."""
    return _set(inputs, fonts, format="pdf", pdf_standards=STANDARDS, timestamp=moment.replace(microsecond=0))


def png(inputs: dict[str, str], fonts: Path | None) -> bytes:
    """The sheet as a picture."""
    return _set(inputs, fonts, format="png", ppi=PICTURE_DPI)


def badge(inputs: dict[str, str], fonts: Path | None, kind: Picture) -> bytes:
    """A badge, by its own source."""
    return _set(inputs, fonts, source=BADGE, format=kind, ppi=BADGE_DPI)


def _set(inputs: dict[str, str], fonts: Path | None, source: bytes = SOURCE, **options: Any) -> bytes:
    try:
        made = _compiler(fonts).compile(source, sys_inputs=inputs, **options)
    except typst.TypstError as error:
        raise PaperNotPrintable(f"The certificate cannot be printed: {error.message}") from error
    if not isinstance(made, bytes):
        raise PaperNotPrintable("The certificate cannot be printed: it does not fit on one sheet.")
    return made


class _Compilers(threading.local):
    """Typst's compiler serves one thread at a time; the fonts are read once for all of them."""

    def __init__(self) -> None:
        self.by_fonts: dict[Path | None, typst.Compiler] = {}


_compilers = _Compilers()


def _compiler(fonts: Path | None) -> typst.Compiler:
    found = _compilers.by_fonts.get(fonts)
    if found is None:
        found = typst.Compiler(SOURCE, root=HERE, font_paths=_fonts(fonts), ignore_system_fonts=True)
        _compilers.by_fonts[fonts] = found
    return found


@cache
def _fonts(folder: Path | None) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[folder] if folder else [])
