"""A certificate is issued, once for each passed attempt."""

from __future__ import annotations

from academy import courses, enrolments, event_names
from academy.certificates.codes import new_code
from academy.models import Attempt, Certificate, Enrolment
from plg.kit.db import db
from plg.people import people


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
