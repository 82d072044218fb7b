"""Passwords and confirmed addresses of people; sign-in of staff."""

from __future__ import annotations

import re

from sqlalchemy import select

from plg.access.hashing import hash_password, verify_password
from plg.access.models import Credential, StaffMember
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db, end_transaction
from plg.kit.errors import Conflict, Fault, Unauthorized, Unprocessable

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
MIN_PASSWORD = 8
MAX_PASSWORD = 256


class WeakPassword(Unprocessable):
    """OWASP ASVS 5: a length, no rules of composition."""


class WrongCredentials(Unauthorized):
    """Address or password is wrong; which one is not said."""


class StaffKnown(Conflict):
    """Somebody of the staff has this address."""


class BadAddress(Unprocessable):
    """This is no e-mail address."""


def password_faults(password: str) -> list[Fault]:
    if len(password) < MIN_PASSWORD:
        return [Fault("password", f"must have at least {MIN_PASSWORD} characters")]
    if len(password) > MAX_PASSWORD:
        return [Fault("password", f"must have at most {MAX_PASSWORD} characters")]
    return []


def find(email: str) -> Credential | None:
    return db.session.scalar(select(Credential).where(Credential.email == email.lower()))


def of_person(person_id: int) -> Credential | None:
    return db.session.get(Credential, person_id)


def create(person_id: int, email: str, password_hash: str | None) -> Credential:
    row = Credential(person_id=person_id, email=email.lower(), password_hash=password_hash, created_at=now())
    db.session.add(row)
    db.session.flush()
    return row


def set_password(credential: Credential, password: str) -> None:
    if faults := password_faults(password):
        raise WeakPassword(errors=faults)
    credential.password_hash = hash_password(password)


def confirm_email(credential: Credential) -> None:
    if credential.email_confirmed_at is None:
        credential.email_confirmed_at = now()
        log.record(
            names.EMAIL_CONFIRMED, person_id=credential.person_id, properties={"email": credential.email}
        )


def check(email: str, password: str) -> Credential:
    """The credential of a right password; takes as long for unknown addresses. No lock is held meanwhile."""
    found = find(email)
    stored = found.password_hash if found else None
    end_transaction()
    if not verify_password(stored, password[:MAX_PASSWORD]) or found is None:
        raise WrongCredentials("The address or the password is not right.")
    return db.session.get_one(Credential, found.person_id)


def add_staff(email: str, name: str, password: str, locale: str | None = None) -> StaffMember:
    if not _ADDRESS.fullmatch(email):
        raise BadAddress(errors=[Fault("email", "must be an e-mail address")])
    if faults := password_faults(password):
        raise WeakPassword(errors=faults)
    known = select(StaffMember.id).where(StaffMember.email == email.lower())
    if db.session.scalar(known) is not None:
        raise StaffKnown(f"{email} is on the staff already.")
    row = StaffMember(email=email.lower(), name=name, locale=locale, password_hash=hash_password(password))
    row.created_at = now()
    db.session.add(row)
    db.session.flush()
    return row


def check_staff(email: str, password: str) -> StaffMember:
    query = select(StaffMember).where(StaffMember.email == email.lower(), StaffMember.disabled_at.is_(None))
    found = db.session.scalar(query)
    stored = found.password_hash if found else None
    end_transaction()
    if not verify_password(stored, password[:MAX_PASSWORD]) or found is None:
        raise WrongCredentials("The address or the password is not right.")
    return found
