"""Which passwords are taken (OWASP ASVS 5: long enough, none that everybody knows, no other rules), and how hard
one is to guess."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable
from typing import Literal

from flask import current_app

from plg.kit.errors import Fault, Unprocessable

MIN_PASSWORD = 8
MAX_PASSWORD = 256
_LEFT_OVER = 4  # letters that a password must have beside the name of its owner or of the product
_MOST_LOOKED_AT = 72  # zxcvbn's work grows with the square of the length

Weakness = Literal["too_short", "too_long", "known", "about_you"]

WORDS: dict[Weakness, str] = {
    "too_short": f"must have at least {MIN_PASSWORD} characters",
    "too_long": f"must have at most {MAX_PASSWORD} characters",
    "known": "is one of the passwords that are tried first everywhere",
    "about_you": "must be more than a name or an address",
}


class WeakPassword(Unprocessable):
    """The password is too short, too long, or among those that are guessed first."""


def password_faults(password: str, context: Iterable[str] = ()) -> list[Fault]:
    """At most one fault. context: the owner's address and name; the product's name counts always."""
    found = weakness(password, context)
    return [Fault("password", WORDS[found])] if found else []


def weakness(password: str, context: Iterable[str] = ()) -> Weakness | None:
    """Why this password is not taken; None where it is."""
    if len(password) < MIN_PASSWORD:
        return "too_short"
    if len(password) > MAX_PASSWORD:
        return "too_long"
    if _fold(password) in _known_everywhere():
        return "known"
    return "about_you" if _only_says(_fold(password), context_words(context)) else None


def strength(password: str, context: Iterable[str] = ()) -> int:
    """0 (guessed at once) to 4 (not in this life), by zxcvbn; a password that is not taken has at most 1."""
    from zxcvbn import zxcvbn  # its dictionaries take long to read; most requests need none

    if not password:
        return 0
    score: int = zxcvbn(password[:_MOST_LOOKED_AT], sorted(context_words(context)))["score"]
    return min(score, 1) if weakness(password, context) else score


def context_words(context: Iterable[str]) -> set[str]:
    """What anybody would try who knows the product and the owner: names, addresses and their parts."""
    texts = [current_app.extensions["plg.settings"].product_name, *context]
    whole = {_fold(text) for text in texts}
    parts = {part for text in whole for part in re.split(r"[\s@._+-]+", text)}
    return {word for word in whole | parts if len(word) >= 3}


def _fold(text: str) -> str:
    """As somebody who guesses would write it: no capitals, no accents."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _only_says(password: str, words: set[str]) -> bool:
    rest = password
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, "")
    return rest != password and len(re.sub(r"[\W\d_]", "", rest)) < _LEFT_OVER


@functools.cache
def _known_everywhere() -> frozenset[str]:
    """The most common passwords of real leaks that are long enough for us (over eleven thousand)."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) >= MIN_PASSWORD)
