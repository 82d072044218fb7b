"""GIFT entries as our questions. What cannot be carried is a fault with its line; nothing is left out in silence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from academy.gift.as_markdown import NotCarried, as_markdown, plain_text
from academy.gift.reading import Answer, Entry, Words
from plg.kit.errors import Fault

DIFFICULTY: Final = re.compile(r"difficulty[ :_-]?([1-5])")
WHOLE_ANSWER: Final = {"es": "La respuesta en conjunto", "en": "The answer as a whole"}


@dataclass(frozen=True)
class Carried:
    """A question as authors of YAML would write it, its texts in one language (`Said`), and the line it stands on."""

    line: int
    raw: dict[str, Any]


class Said(str):
    """A text of the one language that the file is in."""


class Unlike(ValueError):  # noqa: N818 - it is named as the reason that it gives
    """What two languages of one question do not share."""


def carry(entries: list[Entry], prefix: str) -> tuple[list[Carried], list[Fault]]:
    """The questions, and a fault for each entry that cannot be one. prefix: what their keys begin with, before the
    `[id:…]`, else the title, else a number. A category becomes a tag, `[tag:difficulty-3]` a difficulty."""
    found: list[Carried] = []
    faults: list[Fault] = []
    category: str | None = None
    for entry in entries:
        if entry.kind == "category":
            category = slug(entry.stem.text.rsplit("/", 1)[-1]) or None
            continue
        try:
            if entry.kind == "description":
                raise NotCarried(
                    "is a description without a question; put it into a lesson or a section's title"
                )
            raw = _head(entry, category) | CARRIERS[entry.kind](entry)
        except NotCarried as error:
            faults.append(Fault(f"line {entry.line}", str(error)))
            continue
        taken = {each.raw["key"] for each in found}
        raw["key"] = _key(entry, prefix, len(found) + 1, taken)
        found.append(Carried(entry.line, raw))
    return found, faults


def in_both(es: Any, en: Any) -> Any:
    """One question of its two languages; Unlike says where they differ in more than words."""
    if isinstance(es, Said) and isinstance(en, Said):
        return {"es": str(es), "en": str(en)}
    if isinstance(es, dict) and isinstance(en, dict):
        if es.keys() != en.keys():
            raise Unlike(f"only one of the languages has {min(es.keys() ^ en.keys())}")
        words = es.get("kind") == "short_text" == en.get("kind")
        alike = {"key"} | ({"answers"} if words else set())
        both = {name: es[name] if name in alike else in_both(es[name], en[name]) for name in es}
        return both | ({"answers": _either(es["answers"], en["answers"])} if words else {})
    if isinstance(es, list) and isinstance(en, list) and len(es) == len(en):
        return [in_both(one, other) for one, other in zip(es, en, strict=True)]
    if es != en:
        raise Unlike(
            "the languages differ in more than words: kinds, numbers, weights and tags are the same in both"
        )
    return es


def _either(es: list[dict[str, Any]], en: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A short text is accepted in either language; its feedback is in the one that it was written in."""
    known = {each["text"] for each in es}
    return [in_both(each, each) for each in [*es, *(each for each in en if each["text"] not in known)]]


def slug(text: str) -> str:
    """Lower-case words joined by hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain))[:50].strip("-")


def _key(entry: Entry, prefix: str, number: int, taken: set[str]) -> str:
    named = slug(entry.id or "") or slug(entry.title or "")
    key = f"{prefix}-{named or number}"[:60].strip("-")
    return key if key not in taken else f"{key[:55]}-{number}"


def _head(entry: Entry, category: str | None) -> dict[str, Any]:
    levels = [match for tag in entry.tags if (match := DIFFICULTY.fullmatch(tag))]
    tags = [slug(tag) for tag in entry.tags if not DIFFICULTY.fullmatch(tag)]
    tags += [category] if category else []
    raw: dict[str, Any] = {"text": _said(entry.stem)}
    raw |= {"tags": list(dict.fromkeys(filter(None, tags)))} if any(tags) else {}
    raw |= {"difficulty": int(levels[0][1])} if levels else {}
    return raw | _optional("feedback", entry.feedback)


def _said(words: Words) -> Said:
    text = as_markdown(words)
    if not text.strip():
        raise NotCarried("has a text without words")
    return Said(text)


def _optional(name: str, words: Words | None) -> dict[str, Any]:
    return {name: _said(words)} if words and words.text.strip() else {}


def _weight(answer: Answer) -> dict[str, Any]:
    return {} if answer.weight in (None, Decimal(100)) else {"weight": str(answer.weight)}


def _essay(entry: Entry) -> dict[str, Any]:
    rubric = [{"key": "answer", "text": WHOLE_ANSWER, "points": 10}]
    return {"kind": "essay", "rubric": rubric}


def _true_false(entry: Entry) -> dict[str, Any]:
    said = _optional("wrong_feedback", entry.wrong_feedback) | _optional(
        "right_feedback", entry.right_feedback
    )
    return {"kind": "true_false", "correct": entry.true, **said}


def _short(entry: Entry) -> dict[str, Any]:
    answers = [
        {"text": plain_text(each.words), **_weight(each), **_optional("feedback", each.feedback)}
        for each in entry.answers
    ]
    return {"kind": "short_text", "answers": answers}


def _numeric(entry: Entry) -> dict[str, Any]:
    answers = []
    for each in entry.answers:
        tolerance = {"tolerance": str(each.tolerance)} if each.tolerance else {}
        answers.append(
            {"value": str(each.number), **tolerance, **_weight(each), **_optional("feedback", each.feedback)}
        )
    return {"kind": "numeric", "answers": answers, **_optional("other_feedback", entry.other_feedback)}


def _matching(entry: Entry) -> dict[str, Any]:
    pairs = []
    for place, each in enumerate(entry.answers, 1):
        left = _optional("left", each.words)
        pairs.append(
            {"key": f"p{place}", **left, "right": Said(as_markdown(Words(each.pair or "", "plain")))}
        )
    return {"kind": "matching", "pairs": pairs}


def _choice(entry: Entry) -> dict[str, Any]:
    """With a `=` Moodle shows one choice, else several; without a weight an answer with `~` is worth nothing. Of
    several with `=` each alone is right."""
    single = any(each.right for each in entry.answers)
    one_of_several = sum(each.right for each in entry.answers) > 1
    options = []
    for place, each in enumerate(entry.answers, 1):
        weight = each.weight or Decimal(0)
        correct = each.right if single else weight > 0
        told = weight if not (single and (correct or weight == 0)) else None
        option = {"key": f"o{place}", "text": _said(each.words), **({"correct": True} if correct else {})}
        told = Decimal(100) if correct and one_of_several else told
        option |= {} if told is None else {"weight": str(told)}
        options.append(option | _optional("feedback", each.feedback))
    return {"kind": "single" if single else "multiple", "options": options}


CARRIERS: Final[dict[str, Callable[[Entry], dict[str, Any]]]] = {
    "essay": _essay,
    "true_false": _true_false,
    "short": _short,
    "numeric": _numeric,
    "matching": _matching,
    "choice": _choice,
}
