"""Another e-mail address: confirmed by a link to the new one, undone by a link to the old one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import delete

from plg.access import credentials, one_time, second_step, sessions, totp
from plg.access.models import Credential, OneTimeToken, Passkey, TotpSecret
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db, lock
from plg.people import identities, people

CONFIRM, UNDO = "change-address", "undo-address"
CONFIRM_LIFE = dt.timedelta(hours=24)
UNDO_LIFE = dt.timedelta(hours=48)


@dataclass(frozen=True)
class Changed:
    """An address that was changed. undo: the token of the link for the old address."""

    credential: Credential
    before: str
    undo: str


def begin(credential: Credential, address: str, *, known: bool) -> str:
    """The token for the link to the new address. known: somebody has it already; then the token never works, it is
    made so that asking takes as long."""
    data = {"from": credential.email}
    owner = None if known else credential.person_id
    return one_time.issue(CONFIRM, address, person_id=owner, life=CONFIRM_LIFE, data=data)


def look_at(token: str) -> OneTimeToken:
    """The change that the link would make (pages shown by GET). Raises LinkExpired."""
    row = one_time.look_at(CONFIRM, token)
    if row.person_id is None:
        raise _worthless()
    return row


def finish(token: str) -> Changed:
    """Use the link: the person signs in with the new address from now on. Raises LinkExpired."""
    used = one_time.use(CONFIRM, token)
    credential = _owner_now(used, used.data.get("from"))
    before = credential.email
    _give(credential, used.email)
    return Changed(credential, before, _undo_token(credential, before))


def _undo_token(credential: Credential, before: str) -> str:
    data = {"at": now().isoformat()}
    return one_time.draw(UNDO, email=before, person_id=credential.person_id, life=UNDO_LIFE, data=data)


def look_at_undo(token: str) -> OneTimeToken:
    """The old address (pages shown by GET). Raises LinkExpired."""
    return one_time.look_at(UNDO, token)


def undo(token: str) -> Credential:
    """The old address is back, for its owner says that it was not them, whatever came after: every session and link
    ends, the password goes, and so do ways in that were added since the change. Raises LinkExpired."""
    used = one_time.use(UNDO, token)
    credential = db.session.get(Credential, used.person_id, with_for_update=True)
    if credential is None:
        raise _worthless()
    _give(credential, used.email)
    sessions.end_all_of(credential.person_id)
    one_time.end_all_of(credential.person_id)
    credential.password_hash = None
    _forget_ways_since(credential.person_id, dt.datetime.fromisoformat(used.data["at"]))
    return credential


def _owner_now(used: OneTimeToken, address: str | None) -> Credential:
    """The credential that the link speaks of, while it still has the address that it had then."""
    found = db.session.get(Credential, used.person_id, with_for_update=True) if used.person_id else None
    if found is None or found.email != address:
        raise _worthless()
    return found


def _give(credential: Credential, address: str) -> None:
    """The address is this person's now. A sign-up with it that nobody confirmed makes way; a confirmed one stays."""
    lock(f"sign-up:{address}")
    other = credentials.find(address)
    if other is not None and other.person_id != credential.person_id:
        if other.email_confirmed_at is not None:
            raise _worthless()
        sessions.end_all_of(other.person_id)
        db.session.delete(other)
        db.session.flush()
    before, credential.email, credential.email_confirmed_at = credential.email, address, now()
    person = people.get(credential.person_id)
    people.describe(person, {"email": address})
    identities.claim(person.id, address)
    log.record(names.EMAIL_CHANGED, person_id=person.id, properties={"email": address, "before": before})
    db.session.flush()


def _forget_ways_since(person_id: int, moment: dt.datetime) -> None:
    records = identities.records_of(identities.survivor(person_id))
    added = (Passkey.person_id.in_(records), Passkey.created_at >= moment)
    db.session.execute(delete(Passkey).where(*added))
    app = db.session.get(TotpSecret, identities.survivor(person_id))
    if app is not None and app.confirmed_at is not None and app.confirmed_at >= moment:
        second_step.turn_off(person_id)
    elif app is not None and app.confirmed_at is None:
        totp.remove(person_id)


def _worthless() -> one_time.LinkExpired:
    return one_time.LinkExpired("This link does not work any more. Ask for a new one.")
