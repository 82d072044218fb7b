"""The types of columns that both databases share, and how their values are written where SQL is run as text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import JSON, BigInteger, DateTime, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An aware UTC datetime, in and out, on both databases. A naive value is refused.

    SQLite keeps text; it is read and written here in one step instead of the three that the type would take. So is
    what PostgreSQL gives."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        return None if value is None else _aware(value).astimezone(dt.UTC)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return plain_time if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        return _of_text if dialect.name == "sqlite" else _in_utc


BigId = BigInteger().with_variant(Integer, "sqlite")
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

_encode_json = msgspec.json.Encoder().encode
decode_json = msgspec.json.Decoder().decode


def encode_json(value: Any) -> str:
    return _encode_json(value).decode()


def plain_time(value: dt.datetime | None) -> str | None:
    """As SQLite keeps it: `2026-03-02 12:00:00.000000`, always UTC."""
    if value is None:
        return None
    # By way of JSON, where it is `"2026-03-02T12:00:00Z"`: a quarter of what isoformat() takes.
    text = encode_json(_aware(value).astimezone(dt.UTC))
    return f"{text[1:11]} {text[12:-2] if value.microsecond else text[12:20] + '.000000'}"


def plain_json(value: Any) -> str | None:
    return None if value is None else encode_json(value)


def _of_text(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text + "+00:00")


def _in_utc(value: dt.datetime | None) -> dt.datetime | None:
    return None if value is None else value.astimezone(dt.UTC)


def _aware(value: dt.datetime) -> dt.datetime:
    if value.tzinfo is None:
        raise ValueError(f"a naive datetime has no place in the database: {value!r}")
    return value
