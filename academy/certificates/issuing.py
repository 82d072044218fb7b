"""A certificate is issued, once for each passed attempt: the first one, or the next one of whoever renews."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import select

from academy import courses, event_names
from academy.certificate_policy import FOR_EVER, CertificatePolicy, end_of, last_day, later
from academy.certificates import renewing, tasks, telling
from academy.certificates.codes import new_code
from academy.certificates.correcting import CORRECTION
from academy.certificates.finding import chain_of, ends_at
from academy.models import Attempt, Certificate, Enrolment
from plg.accounts.models import Account
from plg.kit.clock import now, zone
from plg.kit.db import db
from plg.people import people

FIRST: Final = "first"
RENEWAL: Final = "renewal"


def issue(
    attempt: Attempt, enrolment: Enrolment, *, replaces: Certificate | None = None
) -> Certificate | None:
    """Certify a passed attempt: name, title, version, score and policy as they are at this moment. replaces:
    the revoked certificate of an attempt that passes after all. The caller holds attempt and enrolment.

    None where the attempt was to renew a certificate that was revoked or suspended meanwhile."""
    renews = renewing.certificate_of(attempt) if attempt.number > 1 and replaces is None else None
    if renews is None:
        made = _make(attempt, enrolment, kind=FIRST, replaces=replaces)
        _tell(event_names.CERTIFICATE_ISSUED, made, enrolment, kind=made.kind)
        return made
    if renews.is_taken:
        return None
    made = _make(attempt, enrolment, kind=RENEWAL, replaces=renews.certificate)
    _tell(event_names.CERTIFICATE_RENEWED, made, enrolment, renews=renews.certificate.code)
    return made


def _make(attempt: Attempt, enrolment: Enrolment, *, kind: str, replaces: Certificate | None) -> Certificate:
    published = courses.published(attempt.version_id)
    policy, calendar = published.course.certificate or FOR_EVER, _calendar(enrolment)
    code, issued_at = new_code(), attempt.finished_at or now()
    begins = issued_at.astimezone(zone(calendar)).date()
    if kind == RENEWAL and replaces is not None:
        begins = _follows(replaces, attempt.started_at, policy, begins)
    certificate = Certificate(
        code=code,
        edition=1,
        kind=kind,
        chain=replaces.chain if replaces else code,
        replaces_id=replaces.id if replaces else None,
        attempt_id=attempt.id,
        person_id=attempt.person_id,
        version_id=published.id,
        course_key=published.key,
        course_version=published.version,
        person_name=name_for(attempt.person_id, replaces),
        course_title=published.course.title.model_dump(),
        score=attempt.score,
        pass_mark=published.quiz.pass_mark,
        policy=policy.model_dump(mode="json", exclude_none=True),
        timezone=calendar,
        issued_at=issued_at,
        expires_at=expiry(policy, begins, zone(calendar)),
        made_at=now(),
    )
    db.session.add(certificate)
    db.session.flush()
    tasks.begin(certificate)
    return certificate


def name_for(person_id: int, replaces: Certificate | None) -> str:
    """What the holder is called, as staff corrected it, unless the holder is called otherwise since."""
    called = people.get(person_id).name
    chain = chain_of(replaces) if replaces else []
    corrected = {
        old.person_name: new
        for old, new in pairwise(chain)
        if new.kind == CORRECTION and new.person_name != old.person_name
    }
    return list(corrected.values())[-1].person_name if called in corrected else called


def expiry(policy: CertificatePolicy, day: dt.date, calendar: dt.tzinfo) -> dt.datetime | None:
    """When a certificate whose validity begins on this day ends: with the same day of the month there, so many
    months or years later. None: never."""
    return end_of(later(day, policy.valid_for), calendar) if policy.valid_for else None


def _follows(old: Certificate, started_at: dt.datetime, policy: CertificatePolicy, today: dt.date) -> dt.date:
    """The day from which a renewal counts: the last one of the old certificate, for whoever began in time; else, and
    where the new one would be over already, the day of the exam."""
    ends, window = ends_at(old), renewing.window(old)
    if ends is None or window is None or started_at >= window.closes_at:
        return today
    day = last_day(ends, zone(old.timezone))
    return day if policy.valid_for is None or later(day, policy.valid_for) >= today else today


def _calendar(enrolment: Enrolment) -> str:
    if enrolment.account_id is None:
        return "UTC"
    query = select(Account.timezone).where(Account.id == enrolment.account_id)
    return db.session.scalars(query).one()


def _tell(name: str, certificate: Certificate, enrolment: Enrolment, **told: Any) -> None:
    ends = certificate.expires_at
    told["score_percent"] = certificate.score / 10_000
    told["expires_at"] = ends.isoformat() if ends else None
    telling.record(certificate, name, told, account_id=enrolment.account_id)
