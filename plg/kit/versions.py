"""Published things are versioned and immutable: plans, flows, courses, messages."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Integer, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from plg.kit.clock import now
from plg.kit.db import BigId, Json, UtcDateTime, db, lock


class Versioned:
    """Mixin of a table of versions: one row a published version of `key`, never changed afterwards.

    The live version is the newest that is not retired."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(100))
    version: Mapped[int] = mapped_column(Integer)
    digest: Mapped[str] = mapped_column(String(64))
    definition: Mapped[dict[str, Any]] = mapped_column(Json)
    published_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    published_by: Mapped[str] = mapped_column(String(100))
    retired_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("key", "version"),)


V = TypeVar("V", bound=Versioned)


def digest(definition: dict[str, Any]) -> str:
    """A fingerprint of the content: equal for equal definitions, whatever the order of their keys."""
    return hashlib.sha256(msgspec.json.encode(definition, order="sorted")).hexdigest()


def publish(model: type[V], key: str, definition: dict[str, Any], *, by: str) -> tuple[V, bool]:
    """The live version with this content, and whether it had to be made. One publisher a key at a time."""
    lock(f"{model.__name__}:{key}")
    current = live(model, key)
    if current is not None and current.digest == digest(definition):
        return current, False
    newest = db.session.scalar(select(func.max(model.version)).where(model.key == key)) or 0
    row = model()
    row.key, row.version, row.digest = key, newest + 1, digest(definition)
    row.definition, row.published_at, row.published_by = definition, now(), by
    db.session.add(row)
    db.session.flush()
    return row, True


def retire(model: type[V], key: str) -> None:
    """No version of `key` is live any more; those who have one keep it."""
    for row in db.session.scalars(select(model).where(model.key == key, model.retired_at.is_(None))):
        row.retired_at = now()


def live(model: type[V], key: str) -> V | None:
    newest = select(model).where(model.key == key).order_by(model.version.desc()).limit(1)
    row = db.session.scalar(newest)
    return row if row is not None and row.retired_at is None else None


def all_live(model: type[V]) -> dict[str, V]:
    """Every live version by key, in one query."""
    newest = select(func.max(model.id)).group_by(model.key)
    rows = db.session.scalars(select(model).where(model.id.in_(newest), model.retired_at.is_(None)))
    return {row.key: row for row in sorted(rows, key=lambda row: row.key)}
