"""Passwords and confirmed addresses of people; sign-in of staff."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from plg.access.hashing import hash_password, outdated, verify_password
from plg.access.models import Credential, StaffMember
from plg.access.passwords import MAX_PASSWORD as MAX_PASSWORD
from plg.access.passwords import MIN_PASSWORD as MIN_PASSWORD
from plg.access.passwords import WeakPassword as WeakPassword
from plg.access.passwords import password_faults as password_faults
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db, end_transaction
from plg.kit.errors import Conflict, Fault, Unauthorized, Unprocessable
from plg.people import identities
from plg.people.models import Person

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


class WrongCredentials(Unauthorized):
    """Address or password is wrong; which one is not said."""


class StaffKnown(Conflict):
    """Somebody of the staff has this address."""


class BadAddress(Unprocessable):
    """This is no e-mail address."""


@dataclass(frozen=True)
class Owner:
    """Whom a mail to an address greets. credential: None where nobody signed up with it."""

    credential: Credential | None
    name: str = ""
    locale: str | None = None

    @property
    def person_id(self) -> int | None:
        return self.credential.person_id if self.credential else None


def find(email: str) -> Credential | None:
    return db.session.scalar(select(Credential).where(Credential.email == email.lower()))


def owner_of(email: str) -> Owner:
    """Who signs in with this address; one query, whether somebody does or not."""
    survivor = aliased(Person)
    query = (
        select(Credential, survivor.name, survivor.locale)
        .join(Person, Person.id == Credential.person_id)
        .join(survivor, survivor.id == func.coalesce(Person.merged_into_id, Person.id))
        .where(Credential.email == email.lower())
    )
    row = db.session.execute(query).first()
    return Owner(*row) if row else Owner(None)


def of_person(person_id: int) -> Credential | None:
    """The person's credential; where several of their records have one, that of the oldest record."""
    own = db.session.get(Credential, person_id)
    if own is not None:
        return own
    records = identities.records_of(identities.survivor(person_id))
    query = select(Credential).where(Credential.person_id.in_(records))
    return db.session.scalar(query.order_by(Credential.person_id).limit(1))


def create(person_id: int, email: str, password_hash: str | None) -> Credential:
    row = Credential(person_id=person_id, email=email.lower(), password_hash=password_hash, created_at=now())
    db.session.add(row)
    db.session.flush()
    return row


def context_of(credential: Credential) -> tuple[str, ...]:
    """What a password of this person must not consist of."""
    name = db.session.scalar(select(Person.name).where(Person.id == credential.person_id))
    return (credential.email, name or "")


def change_password(credential: Credential, password: str, *, by: int) -> None:
    """A new password. by: the person who shows that they may. Raises WeakPassword. No lock is held meanwhile."""
    person_id = credential.person_id
    if faults := password_faults(password, context_of(credential)):
        raise WeakPassword(errors=faults)
    end_transaction()
    hashed = hash_password(password)
    row = db.session.get_one(Credential, person_id, with_for_update=True)
    keep_password(row, hashed)
    log.record(names.PASSWORD_CHANGED, person_id=by)


def keep_password(credential: Credential, hashed: str) -> None:
    credential.password_hash, credential.password_changed_at = hashed, now()


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
    renewed = hash_password(password) if stored and outdated(stored) else None
    credential = db.session.get_one(Credential, found.person_id)
    if renewed:
        credential.password_hash = renewed
    return credential


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
