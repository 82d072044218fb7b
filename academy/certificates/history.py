"""What was done about a certificate, from its first award on: for people who have to explain it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select

from academy.certificate_models import CertificateStanding, CertificateTask
from academy.certificates.finding import chain_of
from academy.models import Certificate
from plg.kit.db import db


@dataclass(frozen=True)
class Entry:
    """what: the kind of award, or of change to how it stands. name: as it was certified then. ends_at: the end that
    this gave it."""

    what: str
    code: str
    edition: int
    name: str
    at: dt.datetime
    by: str | None
    reason: str | None
    ends_at: dt.datetime | None


def of(certificate: Certificate) -> list[Entry]:
    """All of its chain, the oldest first."""
    awards = {each.id: each for each in chain_of(certificate)}
    query = select(CertificateStanding).where(CertificateStanding.certificate_id.in_(awards))
    made = [_made(each) for each in awards.values()]
    changed = [_changed(each, awards[each.certificate_id]) for each in db.session.scalars(query)]
    return sorted([*made, *changed], key=lambda entry: entry.at)


def tasks_of(certificate: Certificate) -> list[CertificateTask]:
    """What was done and is still to do for this award, what is due first last."""
    query = select(CertificateTask).where(CertificateTask.certificate_id == certificate.id)
    return sorted(
        db.session.scalars(query), key=lambda task: task.done_at or task.due_at or certificate.made_at
    )


def _made(award: Certificate) -> Entry:
    return Entry(
        award.kind,
        award.code,
        award.edition,
        award.person_name,
        award.made_at,
        award.made_by,
        award.reason,
        award.expires_at,
    )


def _changed(row: CertificateStanding, award: Certificate) -> Entry:
    about = (award.code, award.edition, award.person_name)
    return Entry(row.kind, *about, row.changed_at, row.changed_by, row.reason, row.expires_at)
