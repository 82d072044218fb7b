"""Sessions of browsers: begun, recognised, ended. The cookie carries a random token; the row is the truth."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence

from sqlalchemy import ColumnElement, select, update

from plg.access.hashing import hash_token
from plg.access.models import SignInSession
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import NotFound
from plg.people import identities

LIFE = dt.timedelta(days=14)
STAFF_LIFE = dt.timedelta(hours=12)
FRESH = dt.timedelta(minutes=15)
SEEN_EVERY = dt.timedelta(minutes=5)


class SessionNotFound(NotFound):
    """There is no such session of this person, or it has ended."""


def begin(
    *,
    person_id: int | None = None,
    staff_id: int | None = None,
    user_agent: str = "",
    ip_address: str = "",
    way: str = "",
) -> str:
    """A new session; returns the token for the cookie. way: how they showed who they are."""
    token = secrets.token_urlsafe(32)
    row = SignInSession(token_hash=hash_token(token), person_id=person_id, staff_id=staff_id, way=way)
    row.user_agent, row.ip_address = user_agent[:200], ip_address[:45]
    row.created_at = row.proved_at = row.last_seen_at = now()
    row.expires_at = row.created_at + (STAFF_LIFE if staff_id is not None else LIFE)
    db.session.add(row)
    db.session.flush()
    return token


def find(token: str) -> SignInSession | None:
    """The session, while it is in force."""
    query = select(SignInSession).where(SignInSession.token_hash == hash_token(token), *_in_force())
    return db.session.scalar(query)


def is_due_to_be_seen(row: SignInSession) -> bool:
    """Whether it is long ago that somebody noted that this browser was here."""
    return row.last_seen_at < now() - SEEN_EVERY


def see(session_id: int, ip_address: str) -> None:
    """Note that the browser is here; of parallel requests one writes."""
    row = update(SignInSession).where(
        SignInSession.id == session_id, SignInSession.last_seen_at < now() - SEEN_EVERY
    )
    db.session.execute(row.values(last_seen_at=now(), ip_address=ip_address[:45]))


def is_fresh(row: SignInSession) -> bool:
    """Whether the person showed who they are only minutes ago: enough to change how they sign in."""
    return row.proved_at > now() - FRESH


def prove(session_id: int) -> None:
    """The person has shown anew who they are."""
    row = update(SignInSession).where(SignInSession.id == session_id)
    db.session.execute(row.values(proved_at=now()))


def of_person(person_id: int) -> Sequence[SignInSession]:
    """The sessions in force, whichever of the person's records they were begun for; the last seen first."""
    query = select(SignInSession).where(SignInSession.person_id.in_(_records(person_id)), *_in_force())
    return db.session.scalars(
        query.order_by(SignInSession.last_seen_at.desc(), SignInSession.id.desc())
    ).all()


def end(token: str) -> None:
    row = update(SignInSession).where(SignInSession.token_hash == hash_token(token))
    db.session.execute(row.values(revoked_at=now()))


def revoke(person_id: int, public_id: str) -> None:
    """End one session of this person. Raises SessionNotFound, for anybody else's, too."""
    row = update(SignInSession).where(
        SignInSession.public_id == public_id, SignInSession.person_id.in_(_records(person_id)), *_in_force()
    )
    ended = db.session.execute(row.values(revoked_at=now()).returning(SignInSession.id)).first()
    if ended is None:
        raise SessionNotFound("There is no such session.")


def end_all_of(person_id: int, *, but: int | None = None) -> int:
    """Every browser signs in anew, whichever of the person's records it was begun for. but: the id of a session
    that goes on. Returns how many ended."""
    rows = update(SignInSession).where(
        SignInSession.person_id.in_(_records(person_id)), SignInSession.revoked_at.is_(None)
    )
    if but is not None:
        rows = rows.where(SignInSession.id != but)
    return len(db.session.execute(rows.values(revoked_at=now()).returning(SignInSession.id)).all())


def _in_force() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return SignInSession.revoked_at.is_(None), SignInSession.expires_at > now()


def _records(person_id: int) -> list[int]:
    return identities.records_of(identities.survivor(person_id))
