"""Texts with gaps: several fields of a text, or words that are put into it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import gcd, lcm
from typing import Any

from academy.interchange import weights
from academy.interchange.carrying import NotCarried
from academy.interchange.html_tree import Element
from academy.interchange.qti.item import Item, gap, prompt
from academy.interchange.qti.kinds import numeric, short_text
from academy.interchange.qti.scoring import Marks, by_parts, marks_of, percent
from academy.interchange.weights import Weighed
from plg.web.i18n import N_

INLINE = ("inlineChoiceInteraction", "textEntryInteraction")


def fields(item: Item, interactions: list[Element]) -> dict[str, Any]:
    """A text with fields, each worth what its response earns at best."""
    keys = {id(each): f"g{n}" for n, each in enumerate(interactions, 1)}
    marks = [marks_of(item, item.response(each)) for each in interactions]
    shares = _whole([each.best for each in marks], item)
    gaps = []
    for each, told, share in zip(interactions, marks, shares, strict=True):
        made = _choices(item, each, told) if each.name == INLINE[0] else _typed(item, each, told)
        gaps.append({"key": keys[id(each)]} | ({"weight": share} if share != 1 else {}) | made)
    return {"kind": "cloze", "gaps": gaps, "text": item.stem(lambda each: _mark(keys.get(id(each))))}


def _mark(key: str | None) -> str | None:
    return gap(key) if key else None


def _typed(item: Item, interaction: Element, marks: Marks) -> dict[str, Any]:
    if item.response(interaction).base in ("float", "integer"):
        return numeric(marks) | {"kind": "number"}
    return short_text(marks) | {"kind": "text"}


def _choices(item: Item, interaction: Element, marks: Marks) -> dict[str, Any]:
    options = [
        Weighed(item.line(each), percent(marks.values.get(each.get("identifier"), marks.default), marks.best))
        for each in interaction.elements("inlineChoice")
    ]
    return {"kind": "choice", "options": weights.single(options, item.notes)["options"]}


def _whole(points: list[Decimal], item: Item) -> list[int]:
    """Points as the smallest whole numbers of the same ratio; all 1 where they are too large."""
    exact = [Fraction(each) for each in points]
    if any(each <= 0 for each in exact):
        raise NotCarried(weights.NOTHING)
    scale = lcm(*(each.denominator for each in exact))
    found = [int(each * scale) for each in exact]
    found = [each // gcd(*found) for each in found]
    if max(found) > 100:
        item.notes.changed("mappedValue", N_("every gap counts the same here"))
        return [1] * len(found)
    return found


def gap_match(item: Item, interaction: Element) -> dict[str, Any]:
    """Words put into gaps are chosen in each gap here; a word that may be used once may be chosen again."""
    response = item.response(interaction)
    marks = marks_of(item, response)
    by_parts(marks, item.notes)
    right = {}
    for value, points in marks.values.items():
        words = value.split()
        if points > 0 and len(words) == 2:
            right[words[1]] = (words[0], points)
    places = list(interaction.within("gap"))
    keys = {each.get("identifier"): f"g{n}" for n, each in enumerate(places, 1)}
    if not keys or set(keys) - set(right):
        raise NotCarried(N_("a gap has no right answer"))
    boxes = interaction.elements("gapText")
    if interaction.elements("gapImg"):
        item.notes.lost("<gapImg>", N_("a gap holds words here, no pictures"))
    shares = _whole([right[name][1] for name in keys], item)
    gaps = [
        {"key": key, "kind": "choice", "options": _boxes(item, boxes, right[name][0])}
        | ({"weight": share} if share != 1 else {})
        for (name, key), share in zip(keys.items(), shares, strict=True)
    ]

    def replaced(each: Element) -> Element | str | None:
        if each is interaction:
            rest = [
                part
                for part in each.parts
                if isinstance(part, str) or part.name not in ("prompt", "gapText", "gapImg")
            ]
            return item.cleaned(prompt(each, *rest), replaced)
        return gap(keys[each.get("identifier")]) if each.name == "gap" else None

    return {"kind": "cloze", "gaps": gaps, "text": item.stem(replaced)}


def _boxes(item: Item, boxes: list[Element], right: str) -> list[dict[str, Any]]:
    options = [
        Weighed(item.line(each), Decimal(100 if each.get("identifier") == right else 0)) for each in boxes
    ]
    return list(weights.single(options, item.notes)["options"])
