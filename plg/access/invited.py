"""Somebody who follows an invitation's link: the link has shown that the address is theirs."""

from __future__ import annotations

from plg.access import credentials, sessions
from plg.access.hashing import hash_password
from plg.access.models import Credential
from plg.access.passwords import WeakPassword, password_faults
from plg.events import log, names
from plg.kit.db import end_transaction, lock
from plg.kit.errors import Conflict
from plg.people import identities, people


class AddressConfirmed(Conflict):
    """Somebody has confirmed this address already: they sign in instead."""


def admit(address: str, name: str, password: str | None, *, locale: str | None = None) -> Credential:
    """A person with a confirmed address and this password (None: they sign in with a provider). A sign-up with
    the address that was never confirmed becomes theirs, its password replaced. Raises WeakPassword or
    AddressConfirmed."""
    faults = password_faults(password, (address, name)) if password is not None else []
    if faults:
        raise WeakPassword(errors=faults)
    end_transaction()
    hashed = hash_password(password) if password is not None else None
    lock(f"sign-up:{address}")
    credential = credentials.find(address)
    if credential is None:
        credential = _new(address, name, hashed, locale)
    elif credential.email_confirmed_at is not None:
        raise AddressConfirmed("This address has an account already. Sign in to go on.")
    else:
        credential.password_hash = hashed
        sessions.end_all_of(credential.person_id)
    credentials.confirm_email(credential)
    return credential


def _new(address: str, name: str, hashed: str | None, locale: str | None) -> Credential:
    person = people.add(email=address, name=name, locale=locale, by="invitation")
    identities.claim(person.id, address)
    properties = {"email": address, "name": person.name, "locale": locale}
    log.record(names.SIGNED_UP, person_id=person.id, properties=properties)
    return credentials.create(person.id, address, hashed)
