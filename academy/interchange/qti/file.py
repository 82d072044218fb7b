"""QTI as two members of the family, of which each reads both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from academy.interchange.format import Format
from academy.interchange.qti.package import manifest_of, read
from academy.interchange.qti.packing import QTI22, QTI30, packed
from academy.interchange.report import Notes
from academy.interchange.xml_tree import is_xml
from academy.questions import BaseQuestion

V3: Final = b"v3p0"


def _is_qti(data: bytes) -> bool:
    manifest = manifest_of(data)
    return is_xml(data, b"assessmentItem", b"qti-assessment-item") or b"imsqti_" in (manifest or b"")


def _looks_two(data: bytes) -> bool:
    return _is_qti(data) and V3 not in (manifest_of(data) or data[:2_000])


def _looks_three(data: bytes) -> bool:
    return _is_qti(data) and V3 in (manifest_of(data) or data[:2_000])


def _two(questions: Sequence[BaseQuestion], language: str, notes: Notes) -> bytes:
    return packed(questions, language, notes, QTI22)


def _three(questions: Sequence[BaseQuestion], language: str, notes: Notes) -> bytes:
    return packed(questions, language, notes, QTI30)


QTI2: Final = Format("qti22", "QTI 2", (".qti22.zip",), "application/zip", _looks_two, read, _two)
QTI3: Final = Format("qti3", "QTI 3", (".qti3.zip",), "application/zip", _looks_three, read, _three)
