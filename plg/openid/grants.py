"""Grants: a person's sign-in at a client, from the code to the last refreshed token."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import delete, select, update

from plg.access.hashing import hash_token
from plg.access.models import SignInSession, TotpSecret
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db
from plg.openid import subjects
from plg.openid.models import Grant, GrantToken, OpenidClient
from plg.openid.subjects import Subject
from plg.people import identities

CODE_LIFE = dt.timedelta(minutes=1)
ACCESS_LIFE = dt.timedelta(hours=1)
REFRESH_LIFE = dt.timedelta(days=30)
BATCH = 1000
METHODS = {"password": ("pwd",), "passkey": ("pop", "user"), "link": ("email",)}
"""How a session was begun, by the names of RFC 8176; nothing is claimed of what a provider did."""


@dataclass(frozen=True)
class SignIn:
    """Somebody who is signed in in a browser. methods: how, by the names of RFC 8176 (`pwd`, `otp`)."""

    subject: Subject
    session_id: int
    auth_time: dt.datetime
    methods: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """What a client's request to sign somebody in said."""

    scope: str
    redirect_uri: str
    nonce: str | None
    challenge: str | None


def methods_of(session: SignInSession) -> tuple[str, ...]:
    """How the person showed who they are when this session began."""
    methods = METHODS.get(session.way, ())
    if session.way == "passkey" or session.person_id is None:
        return methods
    records = identities.records_of(identities.survivor(session.person_id))
    then = TotpSecret.confirmed_at <= session.created_at
    with_code = db.session.scalar(select(TotpSecret.person_id).where(TotpSecret.person_id.in_(records), then))
    return (*methods, "otp", "mfa") if with_code is not None else methods


def begin(client: OpenidClient, signed_in: SignIn, asked: Asked, code: str) -> Grant:
    """Keep what this code stands for."""
    moment = now()
    grant = Grant(client_id=client.id, person_id=signed_in.subject.person.id, session_id=signed_in.session_id)
    grant.account_id, grant.scope = signed_in.subject.account.id, asked.scope
    grant.auth_time, grant.methods = signed_in.auth_time, list(signed_in.methods)
    grant.redirect_uri, grant.nonce, grant.challenge = asked.redirect_uri, asked.nonce, asked.challenge
    grant.code_hash, grant.code_expires_at = hash_token(code), moment + CODE_LIFE
    grant.created_at, grant.expires_at = moment, grant.code_expires_at
    db.session.add(grant)
    db.session.flush()
    return grant


def by_code(code: str, client: OpenidClient) -> Grant | None:
    """The grant of a code that this client may exchange. A code that comes again is in the wrong hands: all that
    came of it is revoked."""
    query = select(Grant).where(Grant.code_hash == hash_token(code), Grant.client_id == client.id)
    grant = db.session.scalar(query)
    if grant is not None and grant.code_used_at is not None:
        revoke(grant)
    is_good = grant is not None and grant.revoked_at is None and grant.code_expires_at > now()
    return grant if is_good else None


def use_code(grant: Grant) -> bool:
    """Use the code up. Of parallel callers one succeeds; the others end the grant, as any second use does."""
    once = update(Grant).where(Grant.id == grant.id, Grant.code_used_at.is_(None))
    if db.session.execute(once.values(code_used_at=now()).returning(Grant.id)).first() is None:
        revoke(grant)
        return False
    properties = {"client": db.session.get_one(OpenidClient, grant.client_id).name}
    log.record(names.SIGNED_IN, person_id=grant.person_id, account_id=grant.account_id, properties=properties)
    return True


def keep_token(grant: Grant, kind: str, token: str, scope: str) -> None:
    """kind: `access` or `refresh`."""
    moment = now()
    row = GrantToken(grant_id=grant.id, kind=kind, token_hash=hash_token(token), scope=scope)
    row.created_at = moment
    row.expires_at = moment + (ACCESS_LIFE if kind == "access" else REFRESH_LIFE)
    grant.expires_at = max(grant.expires_at, row.expires_at)
    db.session.add(row)
    db.session.flush()


def find_token(token: str, kind: str) -> GrantToken | None:
    query = select(GrantToken).where(GrantToken.token_hash == hash_token(token), GrantToken.kind == kind)
    return db.session.scalar(query)


def by_refresh_token(token: str, client: OpenidClient) -> GrantToken | None:
    """The refresh token, if this client may use it. One that was used before is in two hands, so neither of
    them goes on: the whole grant is revoked."""
    found = find_token(token, "refresh")
    if found is None or found.grant.client_id != client.id:
        return None
    if found.used_at is not None:
        revoke(found.grant)
        return None
    return None if found.is_expired() or found.is_revoked() else found


def use_refresh_token(token: GrantToken) -> bool:
    """Use it up. Of parallel callers one succeeds; the others end the grant."""
    once = update(GrantToken).where(GrantToken.id == token.id, GrantToken.used_at.is_(None))
    if db.session.execute(once.values(used_at=now()).returning(GrantToken.id)).first() is None:
        revoke(token.grant)
        return False
    return True


def subject_of(grant: Grant) -> Subject | None:
    """Who signed in; None where the grant or its session was revoked, or the person left the workspace."""
    session = db.session.get(SignInSession, grant.session_id)
    if grant.revoked_at is not None or session is None or session.revoked_at is not None:
        return None
    return subjects.find(grant.person_id, grant.account_id)


def revoke(grant: Grant) -> None:
    """Nothing that came of this grant works any more."""
    grant.revoked_at = grant.revoked_at or now()
    db.session.flush()


def revoke_token(token: GrantToken) -> None:
    """An access token ends alone; with a refresh token ends all that came of the same sign-in (RFC 7009)."""
    if token.kind == "refresh":
        revoke(token.grant)
    token.revoked_at = token.revoked_at or now()
    db.session.flush()


def forget_ended(moment: dt.datetime) -> int:
    """Delete one batch of grants and tokens that have expired. Returns how many."""
    deleted = 0
    for model in (Grant, GrantToken):
        old = select(model.id).where(model.expires_at <= moment).limit(BATCH)
        gone = db.session.execute(delete(model).where(model.id.in_(old)).returning(model.id)).all()
        deleted += len(gone)
    return deleted
