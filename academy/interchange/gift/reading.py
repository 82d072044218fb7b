"""GIFT as it is written: entries with their answers, nothing of ours yet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, Literal

from academy.interchange.markup import Words
from plg.kit.errors import Fault

Kind = Literal["category", "description", "essay", "true_false", "numeric", "choice", "matching", "short"]

FORMAT: Final = re.compile(r"\s*\[(html|moodle|plain|markdown)\]")
WEIGHT: Final = re.compile(r"%(-?\d{1,3}(?:\.\d*)?)%")
NUMBER: Final = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,2})?", re.ASCII)
COMMENT: Final = re.compile(r"\[(id|tag):((?:\\.|[^\]\\])+)\]")
BLANK: Final = "_____"
ESCAPED: Final = {character: chr(0xE000 + place) for place, character in enumerate("~=#{}:\n\\")}
"""Escaped characters stand aside, as private ones, while the structure is read."""


@dataclass(frozen=True)
class Answer:
    """One answer. right: written with `=`; weight: its `%…%`, where it has one; pair: what it is matched with;
    number and tolerance: of a numeric one."""

    words: Words
    right: bool = True
    weight: Decimal | None = None
    feedback: Words | None = None
    pair: str | None = None
    number: Decimal | None = None
    tolerance: Decimal = Decimal(0)


@dataclass(frozen=True)
class Entry:
    """One entry of a file and the line on which it begins. missing_word: the answers stood within the text.

    true: the right answer of a true-false; its feedbacks are for the wrong and the right answer, in this order;
    other_feedback: of a numeric, for any other number.
    """

    line: int
    kind: Kind
    stem: Words
    title: str | None = None
    id: str | None = None
    tags: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    feedback: Words | None = None
    missing_word: bool = False
    true: bool = False
    wrong_feedback: Words | None = None
    right_feedback: Words | None = None
    other_feedback: Words | None = None


class _Broken(ValueError):  # noqa: N818 - it is named as the reason that it gives
    """What is wrong with an entry."""


def read_gift(text: str) -> tuple[list[Entry], list[Fault]]:
    """The entries of a file, and what could not be read, by `line <n>`."""
    entries: list[Entry] = []
    faults: list[Fault] = []
    for start, lines in _blocks(text):
        line = start + next((n for n, each in enumerate(lines) if not _is_comment(each)), 0)
        try:
            entry = _entry(line, lines)
        except _Broken as error:
            faults.append(Fault(f"line {line}", str(error)))
        else:
            entries += [entry] if entry else []
    return entries, faults


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Runs of lines between blank ones, each with the number of its first line. A category ends with its line."""
    block: list[str] = []
    start = 1
    for number, line in enumerate([*text.lstrip("\ufeff").splitlines(), ""], 1):
        if line.strip() and not block:
            start = number
        if line.strip():
            block.append(line)
        if block and (not line.strip() or line.lstrip().startswith("$CATEGORY:")):
            yield start, block
            block = []


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("//")


def _entry(line: int, lines: list[str]) -> Entry | None:
    comments = [each for each in lines if _is_comment(each)]
    text = "\n".join(each for each in lines if not _is_comment(each)).strip()
    if not text:
        return None
    if text.startswith("$CATEGORY:"):
        return Entry(line, "category", Words(text.removeprefix("$CATEGORY:").strip()))
    told = [
        (kind, re.sub(r"\\(.)", r"\1", value)) for each in comments for kind, value in COMMENT.findall(each)
    ]
    ids, tags = [v for kind, v in told if kind == "id"], [v for kind, v in told if kind == "tag"]
    entry = _question(line, _set_aside(text))
    return replace(entry, id=ids[-1] if ids else None, tags=tuple(tags))


def _question(line: int, text: str) -> Entry:
    title = None
    if text.startswith("::"):
        title, closed, text = text[2:].partition("::")
        if not closed:
            raise _Broken("the title that begins with :: does not end with ::")
        title, text = _back(title).strip(), text.strip()
    start, end = text.find("{"), text.find("}")
    if start < 0 and end < 0:
        return Entry(line, "description", _words(text), title)
    if start < 0 or end < start:
        raise _Broken("the answers are not between { and }; write \\{ and \\} for braces that are text")
    if "{" in text[start + 1 :] or "}" in text[end + 1 :]:
        raise _Broken("has more than one pair of braces; write \\{ and \\} for those that are text")
    answers, tail = text[start + 1 : end].strip(), text[end + 1 :]
    missing_word = bool(tail.strip())
    stem = _words(text[:start] + (BLANK if missing_word else "") + tail)
    answers, mark, general = answers.rpartition("####") if "####" in answers else (answers, "", "")
    entry = Entry(line, "essay", stem, title, missing_word=missing_word)
    if mark:
        entry = replace(entry, feedback=_words(general, stem.format))
    return _answered(entry, answers.strip())


def _answered(entry: Entry, text: str) -> Entry:
    """The entry with its answers, told apart in Moodle's order."""
    form = entry.stem.format
    if not text:
        return entry
    if text.startswith("#"):
        return _numeric(entry, text[1:])
    if "~" in text:
        parts = _split(text.replace("=", "~="), "~")
        return _several(
            replace(entry, kind="choice", answers=tuple(_answer(each, form, False) for each in parts))
        )
    if "=" in text and "->" in text:
        return _several(
            replace(entry, kind="matching", answers=tuple(_pair(e, form) for e in _split(text, "=")))
        )
    said = text.split("#", 2)
    if said[0].strip() in ("T", "TRUE", "F", "FALSE"):
        wrong, right = (_feedback(said[n], form) if len(said) > n else None for n in (1, 2))
        true = said[0].strip().startswith("T")
        return replace(entry, kind="true_false", true=true, wrong_feedback=wrong, right_feedback=right)
    parts = _split(text, "=")
    return replace(entry, kind="short", answers=tuple(_answer(each, form, True) for each in parts))


def _numeric(entry: Entry, text: str) -> Entry:
    text, _, other = text.partition("~")
    answers = tuple(_number(_answer(each, entry.stem.format, True)) for each in _split(text, "="))
    if not answers:
        raise _Broken("a numeric question without a number")
    feedback = _feedback(other.partition("#")[2], entry.stem.format)
    return replace(entry, kind="numeric", answers=answers, other_feedback=feedback)


def _number(answer: Answer) -> Answer:
    text = answer.words.text.strip()
    if ".." in text:
        low, high = (_decimal(end) for end in text.split("..", 1))
        return replace(answer, number=(low + high) / 2, tolerance=abs(high - low) / 2)
    number, _, tolerance = text.partition(":")
    return replace(answer, number=_decimal(number), tolerance=_decimal(tolerance or "0"))


def _decimal(text: str) -> Decimal:
    if not NUMBER.fullmatch(text.strip()):
        raise _Broken(f"{text.strip()!r} is no number")
    return Decimal(text.strip())


def _answer(text: str, form: str, right: bool) -> Answer:
    text = text.strip()
    if text.startswith("="):
        text, right = text[1:].strip(), True
    weight = WEIGHT.match(text)
    words, mark, feedback = text[weight.end() if weight else 0 :].partition("#")
    said = _feedback(feedback, form) if mark else None
    return Answer(_words(words, form), right, Decimal(weight[1]) if weight else None, said)


def _pair(text: str, form: str) -> Answer:
    left, arrow, right = text.partition("->")
    if not arrow:
        raise _Broken(f"{_back(text).strip()!r} has no -> to what it is matched with")
    return Answer(_words(left, form), pair=_back(right).strip())


def _several(entry: Entry) -> Entry:
    if len(entry.answers) < 2:
        raise _Broken("needs at least two answers")
    return entry


def _split(text: str, mark: str) -> list[str]:
    """The parts that begin with a mark; what stands before the first one is one too, unless it is blank."""
    first, *others = text.split(mark)
    return [*([first] if first.strip() else []), *others]


def _feedback(text: str, form: str) -> Words | None:
    words = _words(text, form)
    return words if words.text else None


def _words(text: str, form: str = "moodle") -> Words:
    found = FORMAT.match(text)
    return Words(_back(text[found.end() if found else 0 :].strip()), found[1] if found else form)


def _set_aside(text: str) -> str:
    """Escaped characters as private ones. Of a double backslash the second is not what escapes."""

    def aside(match: re.Match[str]) -> str:
        return ESCAPED["\n" if match[1] == "n" else match[1]]

    return re.sub(r"\\([~=#{}:n\\])", aside, text)


def _back(text: str) -> str:
    for character, private in ESCAPED.items():
        text = text.replace(private, character)
    return text
