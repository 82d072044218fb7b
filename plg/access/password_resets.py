"""A forgotten password: a link to its owner, who chooses a new one."""

from __future__ import annotations

import datetime as dt

from plg.access import credentials, one_time, sessions
from plg.access.credentials import WeakPassword, password_faults
from plg.access.hashing import hash_password
from plg.access.models import Credential
from plg.kit.db import end_transaction

PURPOSE = "reset-password"
MINUTES = 60


def begin(credential: Credential) -> str:
    """The token for the link. Earlier ones stop working."""
    life = dt.timedelta(minutes=MINUTES)
    return one_time.issue(PURPOSE, credential.email, person_id=credential.person_id, life=life)


def address_of(token: str) -> str:
    """Whose password the link would change (pages shown by GET). Raises LinkExpired."""
    return one_time.look_at(PURPOSE, token).email


def finish(token: str, password: str) -> Credential:
    """Use the link: the password is the new one, the address is confirmed, and every browser signs in anew.
    Raises WeakPassword or LinkExpired; then nothing has changed."""
    if faults := password_faults(password):
        raise WeakPassword(errors=faults)
    end_transaction()
    hashed = hash_password(password)
    used = one_time.use(PURPOSE, token)
    credential = credentials.find(used.email)
    if credential is None or credential.person_id != used.person_id:
        raise one_time.LinkExpired("This link does not work any more. Ask for a new one.")
    credential.password_hash = hashed
    credentials.confirm_email(credential)
    sessions.end_all_of(credential.person_id)
    return credential
