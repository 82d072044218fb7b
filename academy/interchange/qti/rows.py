"""Interactions in which parts are put in order or brought together."""

from __future__ import annotations

from typing import Any

from academy.interchange.carrying import NotCarried
from academy.interchange.html_tree import Element
from academy.interchange.qti.item import Item, prompt
from academy.interchange.qti.scoring import Marks, by_parts, marks_of
from plg.web.i18n import N_


def order(item: Item, interaction: Element) -> dict[str, Any]:
    """Items in their right order, which counts as a whole."""
    response = item.response(interaction)
    parts = {each.get("identifier"): each for each in interaction.elements("simpleChoice")}
    if sorted(response.correct) != sorted(parts):
        raise NotCarried(N_("its right order does not name each part once"))
    if "match_correct" not in item.processing.get("template"):
        marks = marks_of(item, response)
        if not marks.whole or len(marks.values) > len(parts):
            item.notes.changed("responseProcessing", N_("here only the whole order earns the mark"))
    items = [{"key": f"i{n}", "text": item.line(parts[name])} for n, name in enumerate(response.correct, 1)]
    text = item.stem(lambda each: prompt(each) if each is interaction else None)
    return {"kind": "ordering", "items": items, "grading": "all_or_nothing", "text": text}


def match(item: Item, interaction: Element) -> dict[str, Any]:
    """Rows that each get one target; the sides change where only that gives each row one."""
    marks = marks_of(item, item.response(interaction))
    sides = [
        {each.get("identifier"): each for each in group.elements("simpleAssociableChoice")}
        for group in interaction.elements("simpleMatchSet")
    ]
    if len(sides) != 2:
        raise NotCarried(N_("has not two sides"))
    pairs = _pairs(marks)
    for rows, targets, turned in ((sides[0], sides[1], False), (sides[1], sides[0], True)):
        found = [(b, a) if turned else (a, b) for a, b in pairs]
        if len({row for row, _ in found}) == len(found) and found:
            return _matching(item, interaction, marks, rows, targets, dict(found))
    raise NotCarried(N_("a row has several right partners"))


def associate(item: Item, interaction: Element) -> dict[str, Any]:
    """Pairs of one group: the first of each pair is a row."""
    marks = marks_of(item, item.response(interaction))
    parts = {each.get("identifier"): each for each in interaction.elements("simpleAssociableChoice")}
    pairs = dict(_pairs(marks))
    if len({*pairs, *pairs.values()}) != 2 * len(pairs) or not pairs:
        raise NotCarried(N_("a row has several right partners"))
    item.notes.changed("<associateInteraction>", N_("the first of each pair is a row here"))
    rows = {name: each for name, each in parts.items() if name in pairs}
    targets = {name: each for name, each in parts.items() if name not in pairs}
    return _matching(item, interaction, marks, rows, targets, pairs)


def _pairs(marks: Marks) -> list[tuple[str, str]]:
    """The right pairs."""
    told = [value.split() for value, points in marks.values.items() if points > 0]
    if any(len(each) != 2 for each in told):
        raise NotCarried(N_("an answer that is no pair"))
    return [(each[0], each[1]) for each in told]


def _matching(
    item: Item,
    interaction: Element,
    marks: Marks,
    rows: dict[str, Element],
    targets: dict[str, Element],
    right: dict[str, str],
) -> dict[str, Any]:
    by_parts(marks, item.notes)
    if len({points for points in marks.values.values() if points > 0}) > 1:
        item.notes.changed("mapping", N_("every row counts the same here"))
    if set(right) != set(rows):
        item.notes.changed(
            "<simpleAssociableChoice>", N_("a row without a right partner is not asked for here")
        )
    strange = {*right} - {*rows} | {*right.values()} - {*targets}
    if strange:
        raise NotCarried(N_("an answer names {name}, which is not there"), name=min(strange))
    said = {name: item.line(each) for name, each in targets.items()}
    pairs: list[dict[str, Any]] = [
        {"left": item.line(each), "right": said[right[name]]} for name, each in rows.items() if name in right
    ]
    pairs += [{"right": words} for name, words in said.items() if name not in right.values()]
    text = item.stem(lambda each: prompt(each) if each is interaction else None)
    return {
        "kind": "matching", "text": text,
        "pairs": [{"key": f"p{n}"} | pair for n, pair in enumerate(pairs, 1)],
    }  # fmt: skip
