"""Aiken: single choices in plain text, as Moodle reads them (question/format/aiken/format.php).

A stem of one or more lines, options `A. text` or `A) text`, a line `ANSWER: B`, and a blank line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from string import ascii_uppercase
from typing import Any, Final

from academy.interchange import carrying, weights
from academy.interchange.carrying import NotCarried, Said, Source
from academy.interchange.escaping import escaped
from academy.interchange.format import Format, Found, text_of
from academy.interchange.report import Notes
from academy.interchange.saying import plain, written_of
from academy.interchange.weights import Weighed
from academy.questions import BaseQuestion
from academy.questions.single import SingleChoice
from academy.questions.true_false import WORDS, TrueFalse
from plg.web.i18n import N_

OPTION: Final = re.compile(r"\s*([A-Z])[).]\s+(\S.*)")
ANSWER: Final = re.compile(r"\s*ANSWER:\s*([A-Z]?)\s*")


@dataclass
class _Item:
    line: int
    stem: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    answer: str | None = None


def looks_so(data: bytes) -> bool:
    """Whether an answer's line stands in it, and no brace of GIFT."""
    return re.search(rb"(?m)^\s*ANSWER:\s*[A-Z]\s*$", data) is not None and b"{" not in data


def read(name: str, data: bytes, notes: Notes) -> Found:
    """See Read."""
    items = list(_items(text_of(name, data, notes)))
    sources = [Source(f"line {item.line}", "", partial(_made, item)) for item in items]
    return Found(carrying.carry(sources, notes), len(items))


def _items(text: str) -> Iterator[_Item]:
    """A blank line, or the line after an answer, ends an item."""
    item: _Item | None = None
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if item and (not line.strip() or item.answer is not None):
            yield item
            item = None
        if line.strip():
            item = item or _Item(number)
            _take(item, line)


def _take(item: _Item, line: str) -> None:
    if found := ANSWER.fullmatch(line):
        item.answer = found[1]
    elif found := OPTION.fullmatch(line):
        item.options[found[1]] = found[2].strip()
    elif item.options:
        last = list(item.options)[-1]
        item.options[last] += f" {line.strip()}"
    else:
        item.stem.append(line.strip())


def _made(item: _Item, notes: Notes) -> dict[str, Any]:
    if item.answer is None:
        raise NotCarried(N_("no line `ANSWER:` ends it"))
    if not item.stem:
        raise NotCarried(N_("has a text without words"))
    if item.answer not in item.options:
        raise NotCarried(N_("there is no option {answer}"), answer=item.answer)
    options = [
        Weighed(Said(escaped(words)), Decimal(100 if letter == item.answer else 0))
        for letter, words in item.options.items()
    ]
    return {"text": Said("\\\n".join(map(escaped, item.stem)))} | weights.single(options, notes)


def write(questions: Sequence[BaseQuestion], language: str, notes: Notes) -> bytes:
    """See Write."""
    written = written_of(questions, {"single": _single, "true_false": _true_false}, language, notes)
    return "\n".join(text for _question, text in written).encode()


def _single(question: SingleChoice, language: str, notes: Notes) -> str:
    right = [place for place, each in enumerate(question.options) if each.correct]
    if len(right) > 1:
        raise NotCarried(N_("this format has one right option"))
    for each in question.options:
        if each.weight and not each.correct:
            notes.lost("weight", N_("this format has none; the option earns nothing"))
        if each.feedback:
            notes.lost("feedback", N_("this format has none"))
    texts = [plain(each.text, language, notes, "options") for each in question.options]
    return _block(question, texts, right[0], language, notes)


def _true_false(question: TrueFalse, language: str, notes: Notes) -> str:
    notes.changed("true_false", N_("is written as a choice of two"))
    for told in (question.wrong_feedback, question.right_feedback):
        if told:
            notes.lost("feedback", N_("this format has none"))
    texts = [text.in_language(language) for text in WORDS.values()]
    return _block(question, texts, 0 if question.correct else 1, language, notes)


def _block(question: BaseQuestion, options: list[str], right: int, language: str, notes: Notes) -> str:
    if question.feedback:
        notes.lost("feedback", N_("this format has none"))
    if question.tags or question.difficulty:
        notes.lost("tags", N_("this format has none"))
    notes.noted("key", N_("this format has no ids"))
    stem = plain(question.text, language, notes)
    if OPTION.fullmatch(stem) or ANSWER.fullmatch(stem):
        raise NotCarried(N_("its text looks like an option or an answer of this format"))
    letters = dict(zip(ascii_uppercase, options, strict=False))
    lines = [stem, *(f"{letter}. {words}" for letter, words in letters.items())]
    return "\n".join([*lines, f"ANSWER: {ascii_uppercase[right]}", ""])


FORMAT: Final = Format("aiken", "Aiken", (".aiken.txt", ".aiken"), "text/plain", looks_so, read, write)
