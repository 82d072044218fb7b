"""Ten codes on paper for the day the authenticator is lost. Each works once; new ones replace the old."""

from __future__ import annotations

import secrets

from sqlalchemy import delete, func, select, update

from plg.access.models import RecoveryCode
from plg.access.sealing import keyed_hash
from plg.kit.clock import now
from plg.kit.db import db
from plg.people import identities

COUNT = 10
_LETTERS = "23456789abcdefghjkmnpqrstvwxyz"
_GROUPS, _GROUP = 3, 4  # 12 letters carry 58 bits


def renew(person_id: int) -> list[str]:
    """Ten new codes in place of the old ones; they are shown this once."""
    forget(person_id)
    owner, moment = identities.survivor(person_id), now()
    codes = [_draw() for _ in range(COUNT)]
    db.session.add_all(
        RecoveryCode(person_id=owner, hash=_hash(owner, code), created_at=moment) for code in codes
    )
    db.session.flush()
    return codes


def use(person_id: int, code: str) -> bool:
    """Use the code up; whether it was one of theirs that had not been used. Of parallel callers one succeeds."""
    owners = _records(person_id)
    once = update(RecoveryCode).where(
        RecoveryCode.person_id.in_(owners),
        RecoveryCode.hash.in_([_hash(owner, code) for owner in owners]),
        RecoveryCode.used_at.is_(None),
    )
    return db.session.execute(once.values(used_at=now()).returning(RecoveryCode.id)).first() is not None


def left(person_id: int) -> int:
    """How many are not used yet."""
    theirs = (RecoveryCode.person_id.in_(_records(person_id)), RecoveryCode.used_at.is_(None))
    return db.session.scalar(select(func.count()).select_from(RecoveryCode).where(*theirs)) or 0


def forget(person_id: int) -> None:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id.in_(_records(person_id))))


def _draw() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))


def _hash(owner: int, code: str) -> str:
    """However it was typed: with or without the dashes, in capitals."""
    letters = "".join(letter for letter in code.lower() if letter.isalnum())
    return keyed_hash(f"recovery code {owner} {letters}")


def _records(person_id: int) -> list[int]:
    return identities.records_of(identities.survivor(person_id))
