"""Texts with gaps: Moodle's embedded answers `{1:MULTICHOICE:=Yes~No}`, and its select or drag into `[[1]]`."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape
from typing import Any, Final

from academy.interchange import markup, weights
from academy.interchange.carrying import NotCarried, Said
from academy.interchange.escaping import escaped
from academy.interchange.html_tree import Element, read_html
from academy.interchange.moodle.words import Here, bare, number, stem
from academy.interchange.report import Notes
from academy.interchange.weights import Weighed
from plg.web.i18n import N_

GAP: Final = re.compile(r"\{(\d*):([A-Z_]+):((?:\\.|[^}\\])*)\}", re.DOTALL)
PART: Final = re.compile(r"\s*(=|%(-?\d+(?:\.\d*)?)%)?((?:\\.|[^#\\])*)(?:#(.*))?", re.DOTALL)
CHOICES: Final = ("MULTICHOICE", "MC")
TEXTS: Final = ("SHORTANSWER", "SA", "MW")
CASED: Final = ("SHORTANSWER_C", "SAC", "MWC")
NUMBERS: Final = ("NUMERICAL", "NM")
OPEN, CLOSE = "\ue200", "\ue201"
"""A gap while its text becomes Markdown."""


def cloze(question: Element, here: Here) -> dict[str, Any]:
    """Embedded answers."""
    holder = question.first("questiontext") or Element("questiontext")
    gaps: list[dict[str, Any]] = []

    def gap(match: re.Match[str]) -> str:
        gaps.append(_gap(len(gaps) + 1, match, here.notes))
        return f"{OPEN}{len(gaps)}{CLOSE}"

    text = GAP.sub(gap, bare(holder))
    return {"kind": "cloze", "gaps": gaps, "text": _stem(holder, text, here)}


def gap_select(question: Element, here: Here) -> dict[str, Any]:
    """Words chosen for `[[1]]`, each from those of its group."""
    holder = question.first("questiontext") or Element("questiontext")
    boxes = question.elements("selectoption", "dragbox")
    gaps: list[dict[str, Any]] = []

    def gap(match: re.Match[str]) -> str:
        place = int(match[1])
        if not 1 <= place <= len(boxes):
            raise NotCarried(N_("a gap names the choice {place}, which is not there"), place=place)
        gaps.append(_choice_gap(len(gaps) + 1, boxes, boxes[place - 1]))
        return f"{OPEN}{len(gaps)}{CLOSE}"

    text = re.sub(r"\[\[(\d{1,3})\]\]", gap, bare(holder))
    return {"kind": "cloze", "gaps": gaps, "text": _stem(holder, text, here)}


def _stem(holder: Element, text: str, here: Here) -> Said:
    files = holder.elements("file")
    made = stem(Element(holder.name, holder.attributes, [Element("text", {}, [text]), *files]), here)
    return Said(re.sub(f"{OPEN}(\\d+){CLOSE}", r"[[g\1]]", made))


def _choice_gap(place: int, boxes: list[Element], right: Element) -> dict[str, Any]:
    group = bare(right.first("group"))
    options = [
        {"key": f"o{n}", "text": Said(escaped(bare(each)))} | ({"correct": True} if each is right else {})
        for n, each in enumerate(boxes, 1)
        if bare(each.first("group")) == group
    ]
    return {"key": f"g{place}", "kind": "choice", "options": options}


def _gap(place: int, match: re.Match[str], notes: Notes) -> dict[str, Any]:
    kind = match[2]
    parts = [PART.fullmatch(each) for each in re.split(r"(?<!\\)~", match[3])]
    answers = [(_percent(each), each[3].strip(), each[4]) for each in parts if each and each[3].strip()]
    if any(told and told.strip() for _, _, told in answers):
        notes.lost("feedback", N_("a gap has no feedback of its own here"))
    gap: dict[str, Any] = {"key": f"g{place}"} | (
        {"weight": int(match[1])} if match[1] not in ("", "1") else {}
    )
    if kind in NUMBERS:
        return gap | {"kind": "number", "answers": [_number(percent, text) for percent, text, _ in answers]}
    if kind in TEXTS + CASED:
        accepted = [{"text": unescape(_bare(text))} | _weight(percent) for percent, text, _ in answers]
        return gap | {"kind": "text", "answers": accepted} | ({"case": True} if kind in CASED else {})
    if kind.removesuffix("S").rstrip("_VH").removesuffix("S").rstrip("_") not in CHOICES:
        raise NotCarried(N_("this format has gaps of the kind {kind}, which texts here have not"), kind=kind)
    options = [
        Weighed(Said(markup.line(read_html(_bare(text)), notes)), percent) for percent, text, _ in answers
    ]
    return gap | {"kind": "choice", "options": weights.single(options, notes)["options"]}


def _percent(part: re.Match[str]) -> Decimal:
    if part[2]:
        return number(part[2], "fraction")
    return Decimal(100 if part[1] else 0)


def _weight(percent: Decimal) -> dict[str, str]:
    return {} if percent == 100 else {"weight": str(percent)}


def _number(percent: Decimal, text: str) -> dict[str, Any]:
    told, _, tolerance = _bare(text).partition(":")
    near = number(tolerance, "tolerance")
    value = {"value": str(number(told, "answer"))}
    return value | ({"tolerance": str(near)} if near else {}) | _weight(percent)


def _bare(text: str) -> str:
    return re.sub(r"\\([}~#\\=\"/])", r"\1", text).strip()
