"""Renewals: from when and until when a certificate can be renewed, by which exam, and what an attempt renews."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from academy import courses
from academy.certificate_models import CertificateRenewal
from academy.certificate_policy import CertificatePolicy, Renewal, earlier, end_of, last_day, later, start_of
from academy.certificate_standing import SHORTENING, is_newest
from academy.certificates.finding import ends_at, taken
from academy.courses import CourseNotFound, PublishedCourse
from academy.models import Attempt, Certificate
from plg.kit.clock import now, zone
from plg.kit.db import db


@dataclass(frozen=True)
class Window:
    """From opens_at a certificate can be renewed; whoever begins before closes_at may do so by the shorter exam, and
    the new one counts from the end of the old one. Later, the whole exam is needed."""

    opens_at: dt.datetime
    closes_at: dt.datetime


@dataclass(frozen=True)
class Exam:
    """What renews a certificate: an attempt at the live version. short: by fewer questions; None: the whole quiz."""

    certificate: Certificate
    published: PublishedCourse
    short: Renewal | None


@dataclass(frozen=True)
class Renewed:
    """The newest award of what an attempt renews, held; is_taken: it was revoked or is suspended."""

    certificate: Certificate
    is_taken: bool


def window(certificate: Certificate) -> Window | None:
    """None: it holds for ever. One that was shortened can be renewed from that moment on."""
    ends = ends_at(certificate)
    if ends is None:
        return None
    policy, calendar = CertificatePolicy.model_validate(certificate.policy), zone(certificate.timezone)
    day = last_day(ends, calendar)
    opens = [each.changed_at for each in certificate.standings if each.kind == SHORTENING]
    opens.append(start_of(earlier(day, policy.renew_from), calendar))
    closes = end_of(later(day, policy.grace), calendar) if policy.grace else ends
    return Window(min(opens), closes)


def exam_of(person_id: int, course_key: str) -> Exam | None:
    """What the person may sit now to renew their certificate of this course; None where there is nothing to renew."""
    certificate = newest_of(person_id, course_key)
    frame = window(certificate) if certificate else None
    if certificate is None or frame is None or taken(certificate) or now() < frame.opens_at:
        return None
    try:
        published = courses.live(course_key)
    except CourseNotFound:
        return None
    if published.course.quiz is None:
        return None
    policy = published.course.certificate
    return Exam(certificate, published, policy.renewal if policy and now() < frame.closes_at else None)


def newest_of(person_id: int, course_key: str) -> Certificate | None:
    """The newest award of the person in this course; of several chains, as two people who became one have them, the
    one that holds longest."""
    query = select(Certificate).where(
        Certificate.person_id == person_id, Certificate.course_key == course_key, is_newest()
    )
    held = [each for each in db.session.scalars(query) if each.revocation is None]
    far = dt.datetime.max.replace(tzinfo=dt.UTC)
    return max(held, key=lambda each: (ends_at(each) or far, each.id), default=None)


def begin(attempt: Attempt, exam: Exam) -> None:
    """Note what this new attempt renews."""
    db.session.add(CertificateRenewal(attempt_id=attempt.id, certificate_id=exam.certificate.id))
    db.session.flush()


def among(exam: Exam, attempts: Sequence[Attempt]) -> list[Attempt]:
    """Those of the attempts that were to renew the same certificate."""
    query = select(CertificateRenewal.attempt_id).where(
        CertificateRenewal.certificate_id == exam.certificate.id
    )
    ids = set(db.session.scalars(query))
    return [attempt for attempt in attempts if attempt.id in ids]


def renews(attempt: Attempt) -> bool:
    """Whether the attempt is one to renew a certificate."""
    return db.session.get(CertificateRenewal, attempt.id) is not None


def certificate_of(attempt: Attempt) -> Renewed | None:
    """What the attempt renews, as it is now: a correction may stand in its place by now. None: nothing."""
    chain = select(Certificate.chain).join(
        CertificateRenewal, CertificateRenewal.certificate_id == Certificate.id
    )
    name = db.session.scalar(chain.where(CertificateRenewal.attempt_id == attempt.id))
    if name is None:
        return None
    query = select(Certificate).where(Certificate.chain == name).order_by(Certificate.id).with_for_update()
    newest = db.session.scalars(query.execution_options(populate_existing=True)).all()[-1]
    return Renewed(newest, taken(newest) is not None)
