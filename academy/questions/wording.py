"""Texts that are accepted: normalised, with wildcards, never guessed at.

As Moodle's shortanswer compares (question/type/shortanswer/question.php, compare_string_with_wildcard): both sides
in Unicode's normal form C, without space at the ends, `*` for any characters and `\\*` for an asterisk. Runs of
white space count as one space, which Moodle leaves to the learner.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import Strict, StringConstraints

from academy.questions.kind import Percent
from academy.texts import Shape, Text

Pattern = Annotated[str, Strict(), StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class AcceptedText(Shape):
    """A text that earns `weight` percent of the mark, with feedback of its own. The first that matches counts."""

    text: Pattern
    weight: Percent = Decimal(100)
    feedback: Text | None = None


def normalised(text: str, *, case: bool) -> str:
    """The text as it is compared. case: whether capitals matter."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    return text if case else unicodedata.normalize("NFC", text.casefold())


def matches(pattern: str, given: str, *, case: bool) -> bool:
    """Whether the text is one that the pattern stands for. Takes time in proportion to both, whatever they hold."""
    text = normalised(given, case=case)
    parts = [part.replace("\\*", "*") for part in re.split(r"(?<!\\)\*", normalised(pattern, case=case))]
    first, *middle, last = parts if len(parts) > 1 else (parts[0], None)
    if last is None:
        return text == first
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    place, end = len(first), len(text) - len(last)
    for part in middle:
        place = text.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True


def first_match(accepted: Sequence[AcceptedText], given: str | None, *, case: bool) -> int | None:
    """The place of the first text that matches, from 0."""
    if given is None:
        return None
    return next((n for n, each in enumerate(accepted) if matches(each.text, given, case=case)), None)


def guessed(accepted: Sequence[AcceptedText]) -> Fraction:
    """What any text at all earns, as in Moodle: the weight of `*` where nothing before it can match less."""
    return next((Fraction(each.weight) / 100 for each in accepted if each.text == "*"), Fraction(0))


def plain(pattern: str) -> str:
    """A pattern as people read it: an asterisk that stands for anything becomes an ellipsis."""
    return re.sub(r"(?<!\\)\*", "…", pattern).replace("\\*", "*")
