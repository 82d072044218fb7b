"""Certificates: issued once for a passed attempt, found by their code."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from typing import Final

from sqlalchemy import select

from academy import courses, enrolments, event_names
from academy.models import Attempt, Certificate, Enrolment
from plg.accounts.models import Account
from plg.kit.clock import zone
from plg.kit.db import db
from plg.kit.errors import NotFound
from plg.people import people

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 20
_MISREAD: Final = str.maketrans("OIL", "011")


class CertificateNotFound(NotFound):
    pass


def new_code() -> str:
    """100 bits in Crockford's base 32, which has no letters that look like digits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def grouped(code: str) -> str:
    """The code as people read it: `9F3K-7QWX-2M8D-VT4H-P6RB`."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def normalised(typed: str) -> str | None:
    """The code that somebody typed, in any case, with or without its hyphens; None where it can be none."""
    code = re.sub(r"[\s-]", "", typed[:100]).upper().translate(_MISREAD)
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None


def issue(attempt: Attempt, enrolment: Enrolment) -> Certificate:
    """Certify a passed attempt: name, title, version and score as they are at this moment."""
    published = courses.published(attempt.version_id)
    certificate = Certificate(
        code=new_code(),
        attempt_id=attempt.id,
        person_id=attempt.person_id,
        version_id=published.id,
        course_key=published.key,
        course_version=published.version,
        person_name=people.get(attempt.person_id).name,
        course_title=published.course.title.model_dump(),
        score=attempt.score,
        pass_mark=published.quiz.pass_mark,
        issued_at=attempt.finished_at,
    )
    db.session.add(certificate)
    db.session.flush()
    score = (attempt.score or 0) / 10_000
    enrolments.record(
        enrolment, event_names.CERTIFICATE_ISSUED, certificate=certificate.code, score_percent=score
    )
    return certificate


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


def issued_on(certificate: Certificate) -> dt.date:
    """The day that is printed on it, the same for every reader: by the calendar of the workspace in which it
    was earned, else by UTC."""
    query = select(Account.timezone).join(Enrolment, Enrolment.account_id == Account.id)
    query = query.join(Attempt, Attempt.enrolment_id == Enrolment.id)
    timezone = db.session.scalar(query.where(Attempt.id == certificate.attempt_id))
    return certificate.issued_at.astimezone(zone(timezone or "UTC")).date()


def of_person(person_id: int) -> list[Certificate]:
    """All that the person holds, the newest first."""
    query = select(Certificate).where(Certificate.person_id == person_id)
    return list(db.session.scalars(query.order_by(Certificate.issued_at.desc(), Certificate.id.desc())))
