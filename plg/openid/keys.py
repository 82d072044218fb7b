"""Keys that sign ID tokens: the next one is shown before it signs, a retired one until nothing needs it."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from cryptography.fernet import InvalidToken
from joserfc.jwk import ECKey, Key, KeySet, RSAKey, import_key
from sqlalchemy import delete, select

from plg.access import sealing
from plg.kit.clock import now
from plg.kit.db import db, decode_json, encode_json, end_transaction, lock, writing
from plg.openid.models import SigningKey

Algorithm = Literal["RS256", "ES256"]
ALGORITHMS: tuple[Algorithm, ...] = ("RS256", "ES256")
RSA_BITS = 2048
ID_TOKEN_LIFE = dt.timedelta(hours=1)
SHOWN_AFTERWARDS = ID_TOKEN_LIFE + dt.timedelta(minutes=10)
ROTATE_AFTER = dt.timedelta(days=90)


def current(algorithm: str) -> Key:
    """The key that signs at present. Where there is none, or where it was kept under another `secret_key`, new
    ones are made."""
    row = _current(algorithm)
    if row is None or _open(row) is None:
        rotate(algorithm, unless_usable=True)
        row = _current(algorithm)
    private = _open(row) if row is not None else None
    if private is None:
        raise RuntimeError(f"no key signs {algorithm}")
    return import_key(private)


def shown(moment: dt.datetime) -> list[SigningKey]:
    """The keys whose public part the world needs: next, current, and retired ones for a while."""
    query = select(SigningKey).order_by(SigningKey.id)
    return [row for row in db.session.scalars(query) if _is_shown(row, moment)]


def public_set(moment: dt.datetime) -> dict[str, Any]:
    """The JSON Web Key Set. At the very first call the first keys are made."""
    if {row.algorithm for row in shown(moment)} != set(ALGORITHMS):
        with writing():
            for algorithm in ALGORITHMS:
                current(algorithm)
            db.session.commit()
    return {"keys": [row.public for row in shown(moment)]}


def key_set(moment: dt.datetime) -> KeySet:
    """The same for checking our own ID tokens."""
    return KeySet.import_key_set(public_set(moment))  # type: ignore[arg-type]


def rotate(algorithm: str, *, unless_usable: bool = False) -> SigningKey:
    """The next key signs from now on, the current one is retired, and a new next one is made.
    unless_usable: do nothing where, meanwhile, a key signs."""
    fresh = [_generate(algorithm), _generate(algorithm)]  # before the lock: this takes a moment
    lock(f"openid keys {algorithm}")
    moment, signing = now(), _current(algorithm)
    if unless_usable and signing is not None and _open(signing) is not None:
        return signing
    if signing is not None:
        signing.retired_at = moment
    following = _next(algorithm)
    if following is None or _open(following) is None:
        if following is not None:
            following.retired_at = moment
        following = _keep(fresh.pop(), algorithm, moment)
    following.activated_at = moment
    _keep(fresh.pop(), algorithm, moment)
    db.session.flush()
    return following


def rotate_old(moment: dt.datetime) -> list[SigningKey]:
    """Rotate where the current key signed for ROTATE_AFTER. Returns the keys that took over."""
    signing = (_current(algorithm) for algorithm in ALGORITHMS)
    old = [row.algorithm for row in signing if row is not None and _age(row, moment) >= ROTATE_AFTER]
    end_transaction()
    return [rotate(algorithm) for algorithm in old]


def forget_retired(moment: dt.datetime) -> None:
    """Delete keys whose last token has expired."""
    db.session.execute(delete(SigningKey).where(SigningKey.retired_at < moment - SHOWN_AFTERWARDS))


def state(row: SigningKey) -> str:
    """`next`, `current` or `retired`."""
    if row.retired_at is not None:
        return "retired"
    return "current" if row.activated_at is not None else "next"


def _is_shown(row: SigningKey, moment: dt.datetime) -> bool:
    return row.retired_at is None or row.retired_at > moment - SHOWN_AFTERWARDS


def _age(row: SigningKey, moment: dt.datetime) -> dt.timedelta:
    return moment - (row.activated_at or moment)


def _current(algorithm: str) -> SigningKey | None:
    return _newest(algorithm, SigningKey.activated_at.is_not(None))


def _next(algorithm: str) -> SigningKey | None:
    return _newest(algorithm, SigningKey.activated_at.is_(None))


def _newest(algorithm: str, condition: Any) -> SigningKey | None:
    query = select(SigningKey).where(SigningKey.algorithm == algorithm, SigningKey.retired_at.is_(None))
    query = query.where(condition).order_by(SigningKey.id.desc()).limit(1)
    return db.session.scalar(query.execution_options(populate_existing=True))


def _generate(algorithm: str) -> Key:
    parameters: Any = {"use": "sig", "alg": algorithm}
    if algorithm == "RS256":
        return RSAKey.generate_key(RSA_BITS, parameters, auto_kid=True)
    return ECKey.generate_key("P-256", parameters, auto_kid=True)


def _keep(key: Key, algorithm: str, moment: dt.datetime) -> SigningKey:
    row = SigningKey(kid=key.kid, algorithm=algorithm, public=dict(key.as_dict(private=False)))
    row.private = sealing.seal(encode_json(dict(key.as_dict(private=True))))
    row.created_at = moment
    db.session.add(row)
    return row


def _open(row: SigningKey) -> Any:
    """The private key as a JWK; None where it was kept under another `secret_key`."""
    try:
        return decode_json(sealing.unseal(row.private))
    except InvalidToken:
        return None
