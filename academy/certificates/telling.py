"""Events about certificates: each names the course and version that it certifies, and its code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from academy.models import Attempt, Certificate, Enrolment
from plg.events import log
from plg.events.log import NewEvent
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
    log.store([event(certificate, name, properties, account_id, id=id)])


def event(
    certificate: Certificate,
    name: str,
    properties: Mapping[str, Any],
    account_id: int | None,
    id: str | None = None,
) -> NewEvent:
    """The event that `record` writes; `log.store` takes many."""
    about = {
        "course": certificate.course_key,
        "version": certificate.course_version,
        "title": certificate.course_title["en"],
        "certificate": certificate.code,
        "chain": certificate.chain,
    }
    person, told = certificate.person_id, about | dict(properties)
    return log.own(name, person_id=person, account_id=account_id, properties=told, id=id)


def accounts_of(certificates: Sequence[Certificate]) -> dict[int, int | None]:
    """The workspaces in which these were earned, by the ids of the certificates."""
    query = select(Certificate.id, Enrolment.account_id).join(Attempt, Attempt.id == Certificate.attempt_id)
    query = query.join(Enrolment, Enrolment.id == Attempt.enrolment_id)
    rows = db.session.execute(query.where(Certificate.id.in_([each.id for each in certificates])))
    return {row[0]: row[1] for row in rows}


def account_of(certificate: Certificate) -> int | None:
    """The workspace in which it was earned."""
    return accounts_of([certificate]).get(certificate.id)
