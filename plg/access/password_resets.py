"""A forgotten password: a link to its owner, who chooses a new one."""

from __future__ import annotations

import datetime as dt

from plg.access import credentials, one_time, sessions
from plg.access.hashing import hash_password
from plg.access.models import Credential
from plg.access.passwords import WeakPassword, password_faults
from plg.events import log, names
from plg.kit.db import end_transaction

PURPOSE = "reset-password"
MINUTES = 60


def begin(address: str, person_id: int | None) -> str:
    """The token for the link. Earlier ones stop working. One for nobody (person_id is None) never works: it is
    made so that asking takes as long for an unknown address."""
    return one_time.issue(PURPOSE, address, person_id=person_id, life=dt.timedelta(minutes=MINUTES))


def address_of(token: str) -> str:
    """Whose password the link would change (pages shown by GET). Raises LinkExpired."""
    return one_time.look_at(PURPOSE, token).email


def finish(token: str, password: str) -> Credential:
    """Use the link: the password is the new one, the address is confirmed, and every browser signs in anew.
    Raises WeakPassword or LinkExpired; then nothing has changed."""
    owner = credentials.owner_of(address_of(token))
    if owner.credential and (faults := password_faults(password, (owner.credential.email, owner.name))):
        raise WeakPassword(errors=faults)
    end_transaction()
    hashed = hash_password(password)
    used = one_time.use(PURPOSE, token)
    credential = credentials.find(used.email)
    if credential is None or credential.person_id != used.person_id:
        raise one_time.LinkExpired("This link does not work any more. Ask for a new one.")
    credentials.keep_password(credential, hashed)
    log.record(names.PASSWORD_CHANGED, person_id=credential.person_id)
    credentials.confirm_email(credential)
    sessions.end_all_of(credential.person_id)
    return credential
