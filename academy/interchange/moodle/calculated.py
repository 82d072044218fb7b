"""Calculated questions: Moodle's `{a}*{b}` with its ranges as our formula with variables."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from academy.interchange.carrying import NotCarried
from academy.interchange.html_tree import Element
from academy.interchange.moodle.words import Here, bare, number, stem, value
from plg.web.i18n import N_

TOLERANCES: Final = {"1": "relative", "2": "nominal", "3": "geometric"}
WHOLE_NUMBERS, DECIMALS = "1", "2"


def calculated(question: Element, here: Here) -> dict[str, Any]:
    """One formula; its numbers are drawn anew from the ranges that the file tells."""
    answers = [
        each for each in question.elements("answer") if number(each.get("fraction", "0"), "fraction") == 100
    ]
    if len(answers) != 1 or len(question.elements("answer")) != 1:
        raise NotCarried(N_("has several answers; a calculated question has one formula here"))
    (answer,) = answers
    names = {
        name: f"v{n}" if not re.fullmatch(r"[a-z][a-z0-9_]{0,19}", name) else name
        for n, name in enumerate(_names(question), 1)
    }
    kind = TOLERANCES.get(value(answer, "tolerancetype", "1"), "relative")
    raw: dict[str, Any] = {
        "kind": "calculated",
        "text": type(text := stem(question.first("questiontext"), here))(_renamed(text, names, keep=True)),
        "variables": [_variable(each, names) for each in _datasets(question)],
        "formula": _renamed(bare(answer), names, keep=False),
        "decimals": min(
            10, max(0, int(number(value(answer, "correctanswerlength", "2"), "correctanswerlength")))
        ),
        "tolerance": str(number(value(answer, "tolerance"), "tolerance")),
        "measure": kind,
    }
    if value(answer, "correctanswerformat", "1") == "2":
        here.notes.changed("correctanswerformat", N_("significant figures are decimals here"))
    here.notes.changed("dataset_items", N_("the numbers are drawn anew from the same ranges"))
    return raw


def _datasets(question: Element) -> list[Element]:
    return [
        each
        for holder in question.elements("dataset_definitions")
        for each in holder.elements("dataset_definition")
    ]


def _names(question: Element) -> list[str]:
    return [value(each, "name") for each in _datasets(question)]


def _variable(each: Element, names: dict[str, str]) -> dict[str, Any]:
    decimals = int(number(value(each, "decimals", "0"), "decimals"))
    ends = {end: number(value(each, name), name) for end, name in (("min", "minimum"), ("max", "maximum"))}
    scale = Decimal(1).scaleb(-decimals)
    told = {end: f"{found.quantize(scale).normalize():f}" for end, found in ends.items()}
    return {"name": names[value(each, "name")], **told, "decimals": decimals}


def _renamed(text: str, names: dict[str, str], *, keep: bool) -> str:
    """`{a}` by the name that it has here; keep: with its braces."""

    def name(match: re.Match[str]) -> str:
        found = names.get(match[1].replace("\\", ""))
        return match[0] if found is None else f"{{{found}}}" if keep else found

    return re.sub(r"\{([^{}=]{1,40})\}", name, text)
