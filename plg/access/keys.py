"""API keys: made, known, revoked."""

from __future__ import annotations

import time
from typing import Any

from flask import current_app
from sqlalchemy import select

from plg.access.hashing import hash_token
from plg.access.models import ApiKey
from plg.kit.caller import Kind
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Fault, NotFound, Unprocessable
from plg.kit.ids import new_id

PREFIXES: dict[str, str] = {"publishable": "pk", "secret": "sk"}
REMEMBERED_SECONDS = 5.0
REMEMBERED_KEYS = 10_000


class UnknownKeyKind(Unprocessable):
    pass


class KeyNotFound(NotFound):
    pass


def create(kind: str, name: str, *, by: str) -> tuple[ApiKey, str]:
    """A new key and its plain text, which is shown this once and kept nowhere."""
    if kind not in PREFIXES:
        raise UnknownKeyKind(errors=[Fault("kind", "must be publishable or secret")])
    plain = new_id(PREFIXES[kind], 32)
    key = ApiKey(kind=kind, name=name, hint=f"{plain[:7]}…{plain[-4:]}", hash=hash_token(plain))
    key.created_at, key.created_by = now(), by
    db.session.add(key)
    db.session.flush()
    return key, plain


def revoke(key_id: int, *, by: str) -> None:
    """The key opens no door any more; other processes follow within REMEMBERED_SECONDS."""
    key = db.session.get(ApiKey, key_id)
    if key is None:
        raise KeyNotFound("There is no such key.")
    key.revoked_at = key.revoked_at or now()
    forget_cache()


def all_keys() -> list[ApiKey]:
    return list(db.session.scalars(select(ApiKey).order_by(ApiKey.id.desc())))


def check(plain: str) -> tuple[int, Kind] | None:
    """The id and kind of a key that is in force. An answer is remembered for REMEMBERED_SECONDS."""
    cache = _cache()
    hashed, moment = hash_token(plain), time.monotonic()
    remembered = cache.get(hashed)
    if remembered is not None and remembered[0] > moment:
        return remembered[1]
    query = select(ApiKey.id, ApiKey.kind).where(ApiKey.hash == hashed, ApiKey.revoked_at.is_(None))
    row: Any = db.session.execute(query).first()
    found: tuple[int, Kind] | None = (row[0], row[1]) if row else None
    if found is not None:
        if len(cache) > REMEMBERED_KEYS:
            cache.clear()
        cache[hashed] = (moment + REMEMBERED_SECONDS, found)
    return found


def forget_cache() -> None:
    _cache().clear()


def _cache() -> dict[str, tuple[float, tuple[int, Kind]]]:
    return current_app.extensions.setdefault("plg.api_keys", {})
