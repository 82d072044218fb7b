"""The issuer's keys: the next one is shown before it signs, a retired one for ever, a withdrawn one no more."""

from __future__ import annotations

from typing import Any

from cryptography.fernet import InvalidToken
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from academy.badges import multikey as encoding
from academy.badges.models import BadgeKey
from plg.access import sealing
from plg.kit.clock import now
from plg.kit.db import db, lock, writing


def current() -> BadgeKey:
    """The key that signs new awards. Where there is none, or where it was kept under another `secret_key`, new ones
    are made."""
    row = _newest(BadgeKey.activated_at.is_not(None))
    return row if row is not None and private(row) is not None else rotate(unless_usable=True)


def ready() -> BadgeKey:
    """`current` for doors that only read: new keys are kept at once."""
    row = _newest(BadgeKey.activated_at.is_not(None))
    if row is None or private(row) is None:
        with writing():
            current()
            db.session.commit()
    return current()


def shown() -> list[BadgeKey]:
    """The keys whose public part the world needs, the one that signs at present first."""
    query = select(BadgeKey).where(BadgeKey.withdrawn_at.is_(None))
    first = (BadgeKey.activated_at.is_(None), BadgeKey.retired_at.is_not(None), BadgeKey.id.desc())
    return list(db.session.scalars(query.order_by(*first)))


def find(multikey: str) -> BadgeKey | None:
    """The issuer's key that has this public part, whether it counts or not."""
    return db.session.scalar(select(BadgeKey).where(BadgeKey.multikey == multikey))


def private(row: BadgeKey) -> Ed25519PrivateKey | None:
    """None where it was withdrawn, or kept under another `secret_key`."""
    if row.withdrawn_at is not None:
        return None
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(sealing.unseal(row.private)))
    except InvalidToken:
        return None


def rotate(*, withdraw: bool = False, unless_usable: bool = False) -> BadgeKey:
    """The next key signs from now on, the current one is retired, and a new next one is made.

    withdraw: somebody else may have the current one; what it signed holds no more.
    unless_usable: do nothing where, meanwhile, a key signs."""
    lock("badge keys")
    moment, signing = now(), _newest(BadgeKey.activated_at.is_not(None))
    if unless_usable and signing is not None and private(signing) is not None:
        return signing
    if signing is not None:
        signing.retired_at = moment
        signing.withdrawn_at = moment if withdraw else None
    following = _newest(BadgeKey.activated_at.is_(None))
    if following is None or private(following) is None:
        if following is not None:
            following.retired_at = moment
        following = _make()
    following.activated_at = moment
    _make()
    db.session.flush()
    return following


def _newest(condition: Any) -> BadgeKey | None:
    query = select(BadgeKey).where(BadgeKey.retired_at.is_(None), condition)
    query = query.order_by(BadgeKey.id.desc()).limit(1)
    return db.session.scalar(query.execution_options(populate_existing=True))


def _make() -> BadgeKey:
    key = Ed25519PrivateKey.generate()
    row = BadgeKey(multikey=encoding.multikey(key.public_key()), created_at=now())
    row.private = sealing.seal(key.private_bytes_raw().hex())
    db.session.add(row)
    return row
