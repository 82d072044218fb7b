"""Certificates looked up: by code, by attempt, by person; and what is plain to see of one."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import aliased

from academy.certificate_models import CertificateStanding
from academy.certificate_standing import REINSTATEMENT, SHORTENING
from academy.certificates.codes import normalised
from academy.models import Attempt, Certificate
from plg.kit.clock import zone
from plg.kit.db import db
from plg.kit.errors import NotFound


class CertificateNotFound(NotFound):
    pass


def find(typed: str) -> Certificate:
    """By its code, as people type it: the newest edition."""
    code = normalised(typed)
    theirs = select(Certificate).where(Certificate.code == code).order_by(Certificate.edition.desc())
    row = db.session.scalar(theirs.limit(1)) if code else None
    if row is None:
        raise CertificateNotFound("There is no certificate with this code.")
    return row


def of_attempt(attempt: Attempt) -> Certificate | None:
    """The certificate that this attempt earned; the newest one, where a regrade gave it another after the first was
    revoked, or where it was corrected."""
    theirs = select(Certificate).where(Certificate.attempt_id == attempt.id)
    return db.session.scalar(theirs.order_by(Certificate.id.desc()).limit(1))


def of_person(person_id: int) -> list[Certificate]:
    """All that the person was given, the newest first; of each code its newest edition."""
    newer = aliased(Certificate)
    corrected = select(newer.id).where(newer.code == Certificate.code, newer.edition > Certificate.edition)
    query = select(Certificate).where(Certificate.person_id == person_id, ~corrected.exists())
    return list(db.session.scalars(query.order_by(Certificate.issued_at.desc(), Certificate.id.desc())))


def chain_of(certificate: Certificate) -> list[Certificate]:
    """All awards of its chain, the first one first."""
    query = select(Certificate).where(Certificate.chain == certificate.chain)
    return list(db.session.scalars(query.order_by(Certificate.id)))


def issued_on(certificate: Certificate) -> dt.date:
    """The day that is printed on it, the same for every reader: by the calendar of the workspace in which it
    was earned, else by UTC."""
    return certificate.issued_at.astimezone(zone(certificate.timezone)).date()


def ends_at(certificate: Certificate) -> dt.datetime | None:
    """The moment from which it holds no more: as it was issued, or sooner, where it was shortened since."""
    ends = [each.expires_at for each in certificate.standings if each.expires_at is not None]
    return min([*ends, *([certificate.expires_at] if certificate.expires_at else [])], default=None)


def taken(certificate: Certificate) -> CertificateStanding | None:
    """The revocation or suspension that is in force."""
    last = next((each for each in reversed(certificate.standings) if each.kind != SHORTENING), None)
    return None if last is None or last.kind == REINSTATEMENT else last
