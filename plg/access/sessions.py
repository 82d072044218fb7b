"""Sessions of browsers: begun, recognised, ended. The cookie carries a random token; the row is the truth."""

from __future__ import annotations

import datetime as dt
import secrets

from sqlalchemy import select, update

from plg.access.hashing import hash_token
from plg.access.models import SignInSession
from plg.kit.clock import now
from plg.kit.db import db
from plg.people import identities

LIFE = dt.timedelta(days=14)
STAFF_LIFE = dt.timedelta(hours=12)


def begin(*, person_id: int | None = None, staff_id: int | None = None, user_agent: str = "") -> str:
    """A new session; returns the token for the cookie."""
    token = secrets.token_urlsafe(32)
    row = SignInSession(token_hash=hash_token(token), person_id=person_id, staff_id=staff_id)
    row.user_agent, row.created_at = user_agent[:200], now()
    row.expires_at = row.created_at + (STAFF_LIFE if staff_id is not None else LIFE)
    db.session.add(row)
    db.session.flush()
    return token


def find(token: str) -> SignInSession | None:
    """The session, while it is in force."""
    query = select(SignInSession).where(
        SignInSession.token_hash == hash_token(token),
        SignInSession.revoked_at.is_(None),
        SignInSession.expires_at > now(),
    )
    return db.session.scalar(query)


def end(token: str) -> None:
    row = update(SignInSession).where(SignInSession.token_hash == hash_token(token))
    db.session.execute(row.values(revoked_at=now()))


def end_all_of(person_id: int) -> None:
    """After a password reset: every browser signs in anew, whichever of the person's records it was begun for."""
    records = identities.records_of(identities.survivor(person_id))
    rows = update(SignInSession).where(
        SignInSession.person_id.in_(records), SignInSession.revoked_at.is_(None)
    )
    db.session.execute(rows.values(revoked_at=now()))
