"""One-time tokens: links in mails that confirm an address, reset a password, sign in; challenges to browsers."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from plg.access.hashing import hash_token
from plg.access.models import OneTimeToken
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import BadRequest
from plg.people import identities


class LinkExpired(BadRequest):
    """The link was used already, is too old, or was never one of ours."""


def issue(
    purpose: str,
    email: str,
    *,
    person_id: int | None,
    life: dt.timedelta,
    data: Mapping[str, Any] | None = None,
) -> str:
    """A new token; earlier ones of the same purpose and address stop working."""
    earlier = (OneTimeToken.purpose == purpose, OneTimeToken.email == email, OneTimeToken.used_at.is_(None))
    db.session.execute(update(OneTimeToken).where(*earlier).values(used_at=now()))
    return draw(purpose, email=email, person_id=person_id, life=life, data=data)


def draw(
    purpose: str,
    *,
    email: str = "",
    person_id: int | None = None,
    life: dt.timedelta,
    data: Mapping[str, Any] | None = None,
) -> str:
    """A new token beside earlier ones."""
    moment = now()
    token = secrets.token_urlsafe(32)
    row = OneTimeToken(purpose=purpose, token_hash=hash_token(token), person_id=person_id, email=email)
    row.data, row.created_at, row.expires_at = dict(data or {}), moment, moment + life
    db.session.add(row)
    db.session.flush()
    return token


def look_at(purpose: str, token: str) -> OneTimeToken:
    """The token, if it would still work; it is not used up (pages shown by GET)."""
    query = select(OneTimeToken).where(OneTimeToken.token_hash == hash_token(token))
    row = db.session.scalar(query)
    if row is None or row.purpose != purpose or row.used_at is not None or row.expires_at <= now():
        raise LinkExpired("This link does not work any more. Ask for a new one.")
    return row


def use(purpose: str, token: str) -> OneTimeToken:
    """Use the token up. Of parallel callers one succeeds."""
    row = look_at(purpose, token)
    once = update(OneTimeToken).where(OneTimeToken.id == row.id, OneTimeToken.used_at.is_(None))
    if db.session.execute(once.values(used_at=now()).returning(OneTimeToken.id)).first() is None:
        raise LinkExpired("This link was used already. Ask for a new one.")
    return row


def end_all_of(person_id: int) -> None:
    """No link that was sent to the person before works any more, whichever of their records it was for."""
    records = identities.records_of(identities.survivor(person_id))
    unused = (OneTimeToken.person_id.in_(records), OneTimeToken.used_at.is_(None))
    db.session.execute(update(OneTimeToken).where(*unused).values(used_at=now()))


def data_of_last(purpose: str, email: str) -> dict[str, Any]:
    """What the newest link of this purpose and address carries, used or not; {} where there was none."""
    query = select(OneTimeToken.data).where(OneTimeToken.purpose == purpose, OneTimeToken.email == email)
    return db.session.scalar(query.order_by(OneTimeToken.id.desc()).limit(1)) or {}
