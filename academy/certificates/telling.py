"""Events about certificates: each names the course and version that it certifies, and its code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from academy.models import Attempt, Certificate, Enrolment
from plg.events import log
from plg.kit.db import db


def record(
    certificate: Certificate,
    name: str,
    properties: Mapping[str, Any],
    *,
    account_id: int | None,
    id: str | None = None,
) -> None:
    """Write an event about this certificate. account_id: see `account_of`. With an `id` that was used before nothing
    happens."""
    about = {
        "course": certificate.course_key,
        "version": certificate.course_version,
        "title": certificate.course_title["en"],
        "certificate": certificate.code,
        "chain": certificate.chain,
    }
    person, told = certificate.person_id, about | dict(properties)
    log.store([log.own(name, person_id=person, account_id=account_id, properties=told, id=id)])


def account_of(certificate: Certificate) -> int | None:
    """The workspace in which it was earned."""
    query = select(Enrolment.account_id).join(Attempt, Attempt.enrolment_id == Enrolment.id)
    return db.session.scalar(query.where(Attempt.id == certificate.attempt_id))
