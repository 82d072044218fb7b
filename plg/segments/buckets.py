"""Buckets: everybody, and every account, gets a number from 0 to 99 for each salt, always the same and evenly spread,
so that a rule can hold for a share of them. It is the sum of the public id's letters, each times a weight that the
salt gives, modulo a prime: a hash that both databases can compute."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, SQLColumnExpression, func, literal

from plg.kit.db_expressions import code_point

LETTERS = 16
PRIME = 2**31 - 1
BUCKETS = 100
_FIRST = len("per_")


def of(public_id: str, salt: str) -> int:
    """The bucket of one person, or account."""
    letters = public_id[_FIRST : _FIRST + LETTERS]
    return sum(ord(a) * w for a, w in zip(letters, _weights(salt), strict=False)) % PRIME % BUCKETS


def in_sql(public_id: SQLColumnExpression[Any], salt: str) -> ColumnElement[Any]:
    """The same for everybody."""
    total: ColumnElement[Any] = literal(0, BigInteger())
    for number, weight in enumerate(_weights(salt)):
        letter = func.substr(public_id, _FIRST + 1 + number, 1)
        total = total + code_point(letter) * literal(weight, BigInteger())
    return total % PRIME % BUCKETS


def _weights(salt: str) -> list[int]:
    digest = hashlib.shake_256(salt.encode()).digest(8 * LETTERS)
    return [weight % PRIME for weight in struct.unpack(f">{LETTERS}Q", digest)]
