"""A certificate is issued, once for each passed attempt."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from sqlalchemy import select

from academy import courses, event_names
from academy.certificate_policy import FOR_EVER, CertificatePolicy, end_of, later
from academy.certificates import tasks, telling
from academy.certificates.codes import new_code
from academy.models import Attempt, Certificate, Enrolment
from plg.accounts.models import Account
from plg.kit.clock import now, zone
from plg.kit.db import db
from plg.people import people

FIRST: Final = "first"


def issue(attempt: Attempt, enrolment: Enrolment, *, replaces: Certificate | None = None) -> Certificate:
    """Certify a passed attempt: name, title, version, score and policy as they are at this moment. replaces:
    the revoked certificate of an attempt that passes after all. The caller holds attempt and enrolment."""
    published = courses.published(attempt.version_id)
    policy, calendar = published.course.certificate or FOR_EVER, _calendar(enrolment)
    code, issued_at = new_code(), attempt.finished_at or now()
    certificate = Certificate(
        code=code,
        edition=1,
        kind=FIRST,
        chain=replaces.chain if replaces else code,
        replaces_id=replaces.id if replaces else None,
        attempt_id=attempt.id,
        person_id=attempt.person_id,
        version_id=published.id,
        course_key=published.key,
        course_version=published.version,
        person_name=people.get(attempt.person_id).name,
        course_title=published.course.title.model_dump(),
        score=attempt.score,
        pass_mark=published.quiz.pass_mark,
        policy=policy.model_dump(mode="json", exclude_none=True),
        timezone=calendar,
        issued_at=issued_at,
        expires_at=expiry(policy, issued_at.astimezone(zone(calendar)).date(), zone(calendar)),
        made_at=now(),
    )
    db.session.add(certificate)
    db.session.flush()
    tasks.begin(certificate)
    _tell(certificate, enrolment.account_id)
    return certificate


def expiry(policy: CertificatePolicy, day: dt.date, calendar: dt.tzinfo) -> dt.datetime | None:
    """When a certificate whose validity begins on this day ends: with the same day of the month there, so many
    months or years later. None: never."""
    return end_of(later(day, policy.valid_for), calendar) if policy.valid_for else None


def _calendar(enrolment: Enrolment) -> str:
    if enrolment.account_id is None:
        return "UTC"
    query = select(Account.timezone).where(Account.id == enrolment.account_id)
    return db.session.scalars(query).one()


def _tell(certificate: Certificate, account_id: int | None) -> None:
    ends = certificate.expires_at
    told: dict[str, Any] = {"kind": certificate.kind, "score_percent": certificate.score / 10_000}
    told["expires_at"] = ends.isoformat() if ends else None
    telling.record(certificate, event_names.CERTIFICATE_ISSUED, told, account_id=account_id)
