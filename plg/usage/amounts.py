"""Amounts of use: exact decimals of six places, kept as whole millionths, so that a database adds them exactly."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

from sqlalchemy import BigInteger, Dialect
from sqlalchemy.types import TypeDecorator

PLACES = 6
MILLION = 10**PLACES
MOST = 9 * 10**12
_SMALLEST = Decimal(1).scaleb(-PLACES)

Number = int | Decimal
"""An int where it is whole: so `5` stays `5` wherever it is told."""


class Amount(TypeDecorator[Number]):
    """A Number of at most MOST, in and out."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Number | None, dialect: Dialect) -> int | None:
        if isinstance(value, int):
            return value * MILLION
        return None if value is None else int(value.scaleb(PLACES))

    def process_result_value(self, value: int | None, dialect: Dialect) -> Number | None:
        if value is None:
            return None
        return Decimal(value).scaleb(-PLACES).normalize() if value % MILLION else value // MILLION


def amount_of(value: Any) -> Number | None:
    """A number, or a text that is one, with six places (half to even); None for anything else, or beyond MOST."""
    if type(value) is int:
        return value if -MOST <= value <= MOST else None
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        found = Decimal(value if not isinstance(value, float) else repr(value))
        if not found.is_finite() or abs(found) > MOST:
            return None
        return found.quantize(_SMALLEST, ROUND_HALF_EVEN)
    except (InvalidOperation, ValueError):
        return None


def within(value: Number) -> Number:
    """No further from 0 than MOST, where sums stop."""
    return max(-MOST, min(MOST, value))


def tidy(value: Number) -> Number:
    """An int where it is whole."""
    return int(value) if value == int(value) else Decimal(value).normalize()


def plain(value: Number) -> int | float:
    """As JSON writes it: digits as they are, up to the 15 that every reader of JSON keeps."""
    return value if isinstance(value, int) else float(value)
