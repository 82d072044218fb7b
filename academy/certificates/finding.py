"""Certificates looked up: by code, by attempt, by person."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from academy.certificates.codes import normalised
from academy.models import Attempt, Certificate, Enrolment
from plg.accounts.models import Account
from plg.kit.clock import zone
from plg.kit.db import db
from plg.kit.errors import NotFound


class CertificateNotFound(NotFound):
    pass


def find(typed: str) -> Certificate:
    """By its code, as people type it."""
    code = normalised(typed)
    row = db.session.scalar(select(Certificate).where(Certificate.code == code)) if code else None
    if row is None:
        raise CertificateNotFound("There is no certificate with this code.")
    return row


def of_attempt(attempt: Attempt) -> Certificate | None:
    """The certificate that this attempt earned; the newest one, where a regrade gave it another after the first was
    revoked."""
    theirs = select(Certificate).where(Certificate.attempt_id == attempt.id)
    return db.session.scalar(theirs.order_by(Certificate.id.desc()).limit(1))


def of_person(person_id: int) -> list[Certificate]:
    """All that the person holds, the newest first."""
    query = select(Certificate).where(Certificate.person_id == person_id)
    return list(db.session.scalars(query.order_by(Certificate.issued_at.desc(), Certificate.id.desc())))


def issued_on(certificate: Certificate) -> dt.date:
    """The day that is printed on it, the same for every reader: by the calendar of the workspace in which it
    was earned, else by UTC."""
    query = select(Account.timezone).join(Enrolment, Enrolment.account_id == Account.id)
    query = query.join(Attempt, Attempt.enrolment_id == Enrolment.id)
    timezone = db.session.scalar(query.where(Attempt.id == certificate.attempt_id))
    return certificate.issued_at.astimezone(zone(timezone or "UTC")).date()
