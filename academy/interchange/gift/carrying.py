"""GIFT entries as our questions. What cannot be carried is noted with its line; nothing is left out in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import Any, Final

from academy.interchange import carrying, weights
from academy.interchange.carrying import WHOLE_ANSWER, Carried, NotCarried, Said, Source, labels, slug
from academy.interchange.gift.reading import Answer, Entry
from academy.interchange.markup import Words, as_markdown, line_of, plain_text
from academy.interchange.report import Notes
from academy.interchange.weights import Weighed
from plg.web.i18n import N_

RUBRIC = N_("an essay is marked by a rubric here; it got one of ten points for the whole answer")


def carry(entries: list[Entry], notes: Notes, prefix: str = "") -> list[Carried]:
    """The questions; each entry that cannot be one is noted. prefix: what their keys begin with, before the
    `[id:…]`, else the title, else a number. A category becomes a tag, `[tag:difficulty-3]` a difficulty."""
    return carrying.carry(_sources(entries), notes, prefix)


def _sources(entries: list[Entry]) -> Iterator[Source]:
    category: str | None = None
    for entry in entries:
        if entry.kind == "category":
            category = slug(entry.stem.text.rsplit("/", 1)[-1]) or None
            continue
        yield Source(f"line {entry.line}", entry.id or entry.title or "", partial(_made, entry, category))


def _made(entry: Entry, category: str | None, notes: Notes) -> dict[str, Any]:
    if entry.kind == "description":
        raise NotCarried(N_("is a description without a question; put it into a lesson or a section's title"))
    raw = {"text": _said(entry.stem, notes)} | labels(entry.tags, category)
    return raw | _optional("feedback", entry.feedback, notes) | CARRIERS[entry.kind](entry, notes)


def _said(words: Words, notes: Notes) -> Said:
    text = as_markdown(words, notes)
    if not text.strip():
        raise NotCarried(N_("has a text without words"))
    return Said(text)


def _line(words: Words, notes: Notes) -> Said:
    text = line_of(words, notes)
    if not text:
        raise NotCarried(N_("has a text without words"))
    return Said(text)


def _optional(name: str, words: Words | None, notes: Notes) -> dict[str, Any]:
    text = as_markdown(words, notes) if words else ""
    return {name: Said(text)} if text.strip() else {}


def _weight(answer: Answer) -> dict[str, Any]:
    return {} if answer.weight in (None, Decimal(100)) else {"weight": str(answer.weight)}


def _essay(entry: Entry, notes: Notes) -> dict[str, Any]:
    notes.noted("rubric", RUBRIC)
    return {"kind": "essay", "rubric": [{"key": "answer", "text": WHOLE_ANSWER, "points": 10}]}


def _true_false(entry: Entry, notes: Notes) -> dict[str, Any]:
    wrong = _optional("wrong_feedback", entry.wrong_feedback, notes)
    right = _optional("right_feedback", entry.right_feedback, notes)
    return {"kind": "true_false", "correct": entry.true} | wrong | right


def _short(entry: Entry, notes: Notes) -> dict[str, Any]:
    answers = [
        {"text": plain_text(each.words), **_weight(each), **_optional("feedback", each.feedback, notes)}
        for each in entry.answers
    ]
    return {"kind": "short_text", "answers": answers}


def _numeric(entry: Entry, notes: Notes) -> dict[str, Any]:
    answers = []
    for each in entry.answers:
        tolerance = {"tolerance": str(each.tolerance)} if each.tolerance else {}
        said = _optional("feedback", each.feedback, notes)
        answers.append({"value": str(each.number), **tolerance, **_weight(each), **said})
    return {"kind": "numeric", "answers": answers} | _optional("other_feedback", entry.other_feedback, notes)


def _matching(entry: Entry, notes: Notes) -> dict[str, Any]:
    pairs = []
    for place, each in enumerate(entry.answers, 1):
        left = {"left": _line(each.words, notes)} if each.words.text.strip() else {}
        right = _line(Words(each.pair or "", "plain"), notes)
        pairs.append({"key": f"p{place}", **left, "right": right})
    return {"kind": "matching", "pairs": pairs}


def _choice(entry: Entry, notes: Notes) -> dict[str, Any]:
    """With a `=` Moodle shows one choice, else several; without a weight an answer with `~` is worth nothing. Of
    several with `=` each alone is right."""
    single = any(each.right for each in entry.answers)
    options = [
        Weighed(
            _line(each.words, notes),
            Decimal(100) if each.right else each.weight or Decimal(0),
            _optional("feedback", each.feedback, notes).get("feedback"),
        )
        for each in entry.answers
    ]
    return weights.single(options, notes) if single else weights.multiple(options, notes)


CARRIERS: Final[dict[str, Callable[[Entry, Notes], dict[str, Any]]]] = {
    "essay": _essay,
    "true_false": _true_false,
    "short": _short,
    "numeric": _numeric,
    "matching": _matching,
    "choice": _choice,
}
