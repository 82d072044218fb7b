"""Sign-in by a link in a mail, without a password. Who reads an address's mail has shown that it is theirs."""

from __future__ import annotations

import datetime as dt

from plg.access import credentials, one_time, sessions
from plg.access.models import Credential

PURPOSE = "sign-in"
MINUTES = 15


def begin(address: str, person_id: int | None, onward: str = "") -> str:
    """The token for the link; earlier ones stop working. One for nobody (person_id is None) never works: it is
    made so that asking takes as long for an unknown address. onward: the page to go on to."""
    life = dt.timedelta(minutes=MINUTES)
    return one_time.issue(PURPOSE, address, person_id=person_id, life=life, data={"next": onward})


def address_of(token: str) -> str:
    """Whom the link would sign in (pages shown by GET). Raises LinkExpired."""
    return one_time.look_at(PURPOSE, token).email


def redeem(token: str) -> tuple[Credential, str]:
    """Use the link: the credential, its address confirmed, and the page to go on to. Raises LinkExpired.

    Whoever signed up before with an address that they never confirmed may be somebody else: their password goes."""
    used = one_time.use(PURPOSE, token)
    credential = credentials.find(used.email)
    if credential is None or credential.person_id != used.person_id:
        raise one_time.LinkExpired("This link does not work any more. Ask for a new one.")
    if credential.email_confirmed_at is None:
        credential.password_hash = None
        sessions.end_all_of(credential.person_id)
        credentials.confirm_email(credential)
    return credential, str(used.data.get("next", ""))
