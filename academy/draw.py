"""Chance that can be repeated: which questions a person gets, and in which order everything is shown.

Items are put in the order of SHA-256(seed, salt, item). Unlike the stream of a pseudo-random generator this
does not depend on Python's version nor on the order in which the items come; it is uniform, and nobody can
foresee it while the seed is secret.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from types import MappingProxyType


def new_seed() -> str:
    """128 bits that nobody can guess, as 32 hexadecimal digits."""
    return secrets.token_hex(16)


def shuffled(items: Iterable[str], seed: str, salt: str) -> tuple[str, ...]:
    """The items in the order that `seed` gives them; `salt` keeps the shuffles of one attempt independent."""

    def place(item: str) -> bytes:
        return hashlib.sha256(f"{seed}\0{salt}\0{item}".encode()).digest()

    return tuple(sorted(items, key=place))


def drawn(
    items: Iterable[str], seed: str, count: int | None, seen: Mapping[str, int] = MappingProxyType({})
) -> tuple[str, ...]:
    """`count` different items in the order that `seed` gives them; all of them when `count` is None.

    seen: how often each was drawn before; those that were drawn least come first, and chance decides among equals
    (Moodle's random_question_loader does the same).
    """
    by_chance = shuffled(items, seed, "draw")
    taken = frozenset(sorted(by_chance, key=lambda item: seen.get(item, 0))[:count])
    return tuple(item for item in by_chance if item in taken)
