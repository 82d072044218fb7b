"""Each interaction as one of our kinds, where it stands alone in its item."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from academy.interchange import markup, weights
from academy.interchange.carrying import WHOLE_ANSWER, NotCarried, Said
from academy.interchange.escaping import escaped
from academy.interchange.gift.carrying import RUBRIC
from academy.interchange.html_tree import Element
from academy.interchange.qti.item import Item, Response, number, prompt
from academy.interchange.qti.pictured import hot_spot
from academy.interchange.qti.rows import associate, match, order
from academy.interchange.qti.scoring import Marks, by_parts, marks_of, percent
from academy.interchange.weights import Weighed
from academy.questions.numbers import written
from plg.web.i18n import N_

BLANK: Final = "\ue202"
"""Where a text is typed, while the text around it becomes Markdown."""
NO_KEY: Final = N_("no right answer is declared")
FEEDBACKS: Final = ("feedbackInline", "feedbackBlock")
TYPES: Final = {
    "application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg", "text/plain": "txt", "text/csv": "csv",
    "application/zip": "zip",
}  # fmt: skip


def choice(item: Item, interaction: Element) -> dict[str, Any]:
    """One, or any number of options."""
    response = item.response(interaction)
    marks = marks_of(item, response)
    if not marks.values:
        raise NotCarried(NO_KEY)
    listed = interaction.elements("simpleChoice")
    text = {"text": item.stem(lambda each: prompt(each) if each is interaction else None)}
    told = [each.get("identifier") for each in listed]
    if sorted(told) == ["false", "true"] and response.cardinality == "single":
        return text | _true_false(item, listed, marks)
    fixed = any(each.get("fixed") == "true" for each in listed)
    options = [_option(item, each, _share(response, marks, each.get("identifier"), told)) for each in listed]
    if response.cardinality == "single":
        made = weights.single(options, item.notes)
    else:
        by_parts(marks, item.notes)
        made = weights.multiple(options, item.notes)
    shuffled = interaction.get("shuffle") == "true" or fixed
    return text | made | ({} if shuffled else {"shuffle": False})


def _share(response: Response, marks: Marks, name: str, every: list[str]) -> Decimal:
    if response.cardinality == "single":
        return percent(marks.values.get(name, marks.default), marks.best)
    if marks.whole:
        right = [each for each in every if each in marks.values]
        wrong = len(every) - len(right)
        return Decimal(100) / len(right) if name in right else Decimal(-100) / wrong
    return percent(marks.values.get(name, marks.default), marks.top)


def _option(item: Item, told: Element, share: Decimal) -> Weighed:
    words = Element(
        "div", {}, [part for part in told.parts if isinstance(part, str) or part.name not in FEEDBACKS]
    )
    said = _feedback(item, told)
    return Weighed(item.line(words), share, said, pinned=told.get("fixed") == "true")


def _feedback(item: Item, told: Element) -> Said | None:
    """Of an option: what is shown to who chose it."""
    found = [each for each in told.elements(*FEEDBACKS) if each.get("identifier") == told.get("identifier")]
    for each in told.elements(*FEEDBACKS):
        if each not in found:
            item.notes.lost(f"<{each.name}>", N_("questions here show nothing by rules of their own"))
    text = " ".join(markup.block(Element("div", {}, each.parts), item.notes) for each in found)
    return Said(text) if text.strip() else None


def _true_false(item: Item, listed: list[Element], marks: Marks) -> dict[str, Any]:
    points = {
        each.get("identifier"): marks.values.get(each.get("identifier"), marks.default) for each in listed
    }
    right = "true" if points["true"] >= points["false"] else "false"
    said = {each.get("identifier"): _feedback(item, each) for each in listed}
    wrong = "false" if right == "true" else "true"
    told = {"right_feedback": said[right], "wrong_feedback": said[wrong]}
    cost = weights.five(max(Decimal(-100), percent(points[wrong], marks.best)))
    return (
        {"kind": "true_false", "correct": right == "true"}
        | {name: text for name, text in told.items() if text}
        | ({"wrong_weight": str(cost)} if cost < 0 else {})
    )


def text_entry(item: Item, interaction: Element) -> dict[str, Any]:
    """A word or a number; where it stands within a sentence, a line marks the place."""
    response = item.response(interaction)
    marks = marks_of(item, response)
    text = item.stem(lambda each: BLANK if each is interaction else None)
    at_end = text.rstrip(" .\\\n").endswith(BLANK)
    bare = re.sub(rf"[ \n]*{BLANK}[ .]*$", "", text) if at_end else text
    text = Said((bare.strip() or text).replace(BLANK, escaped("_____")))
    return {"text": text} | (numeric(marks) if response.base in ("float", "integer") else short_text(marks))


def short_text(marks: Marks) -> dict[str, Any]:
    """Texts that are accepted."""
    if not marks.values:
        raise NotCarried(NO_KEY)
    best = marks.best
    if best <= 0:
        raise NotCarried(weights.NOTHING)
    accepted = [
        {"text": value.replace("*", "\\*")} | _weight(percent(points, best))
        for value, points in marks.values.items()
    ]
    return {"kind": "short_text", "answers": accepted} | ({"case": True} if marks.cased else {})


def numeric(marks: Marks) -> dict[str, Any]:
    """Numbers that are accepted."""
    best = marks.best
    if best <= 0:
        raise NotCarried(NO_KEY)
    answers = []
    for found, points in marks.ranges:
        near = (found.high - found.low) / 2
        value = {"value": written((found.low + found.high) / 2)} | (
            {"tolerance": written(near)} if near else {}
        )
        answers.append(value | _weight(percent(points, best)))
    for told, points in marks.values.items():
        answers.append({"value": written(number(told))} | _weight(percent(points, best)))
    return {"kind": "numeric", "answers": answers}


def _weight(share: Decimal) -> dict[str, str]:
    return {} if share == 100 else {"weight": str(weights.five(max(Decimal(-100), share)))}


def slider(item: Item, interaction: Element) -> dict[str, Any]:
    """A number that is written instead."""
    marks = marks_of(item, item.response(interaction))
    low, high = interaction.get("lowerBound"), interaction.get("upperBound")
    item.notes.changed("<sliderInteraction>", N_("is a number that is written here"))
    ends = Element("p", {}, [f"({low} – {high})"])
    return {"text": item.stem(lambda each: prompt(each, ends) if each is interaction else None)} | numeric(
        marks
    )


def extended_text(item: Item, interaction: Element) -> dict[str, Any]:
    """A text that people mark."""
    item.notes.noted("rubric", RUBRIC)
    rubric = [{"key": "answer", "text": WHOLE_ANSWER, "points": 10}]
    text = item.stem(lambda each: prompt(each) if each is interaction else None)
    return {"kind": "essay", "rubric": rubric, "text": text}


def upload(item: Item, interaction: Element) -> dict[str, Any]:
    """A file that people mark."""
    item.notes.noted("rubric", RUBRIC)
    rubric = [{"key": "answer", "text": WHOLE_ANSWER, "points": 10}]
    told = interaction.get("type").replace(",", " ").split()
    strange = [each for each in told if each not in TYPES]
    if strange:
        item.notes.lost("type", N_("these types are not taken here: {types}"), types=", ".join(strange))
    kept = [TYPES[each] for each in told if each in TYPES]
    text = item.stem(lambda each: prompt(each) if each is interaction else None)
    return {"kind": "file_upload", "rubric": rubric, "text": text} | ({"types": kept} if kept else {})


def hot_text(item: Item, interaction: Element) -> dict[str, Any]:
    """Words of a text that are chosen from a list instead."""
    response = item.response(interaction)
    marks = marks_of(item, response)
    listed = list(interaction.within("hottext"))
    told = [each.get("identifier") for each in listed]
    options = [_option(item, each, _share(response, marks, each.get("identifier"), told)) for each in listed]
    item.notes.changed("<hottextInteraction>", N_("its words are options below the text here"))
    text = item.stem(lambda each: Element("b", {}, each.parts) if each.name == "hottext" else None)
    if response.cardinality == "single":
        return {"text": text} | weights.single(options, item.notes)
    by_parts(marks, item.notes)
    return {"text": text} | weights.multiple(options, item.notes)


KINDS: Final[dict[str, Callable[[Item, Element], dict[str, Any]]]] = {
    "choiceInteraction": choice,
    "textEntryInteraction": text_entry,
    "extendedTextInteraction": extended_text,
    "uploadInteraction": upload,
    "orderInteraction": order,
    "matchInteraction": match,
    "associateInteraction": associate,
    "sliderInteraction": slider,
    "hottextInteraction": hot_text,
    "hotspotInteraction": hot_spot,
}
