"""What a certificate says, in one plain object: the page, the PDF and the credential are made from it alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from academy.certificate_policy import CertificatePolicy, last_day
from academy.certificate_standing import SUSPENSION
from academy.certificates.codes import grouped
from academy.certificates.finding import ends_at, issued_on, taken
from academy.models import Certificate
from plg.kit.clock import now, zone
from plg.kit.db import db
from plg.people.models import Person

VALID: Final = "valid"
Status = Literal["valid", "expired", "suspended", "revoked", "renewed"]
Kind = Literal["first", "renewal", "correction"]


@dataclass(frozen=True)
class CertificateFacts:
    """code: as people read it, in groups of four; a correction keeps it, and has the next edition. title: by locale.
    score, pass_mark: percent, of 0 to 100. issued_on, expires_on: days of the calendar of the workspace where it was
    earned, the last one included; expires_at is the moment from which it holds no more.
    email: of the holder, for the hashed recipient of a credential; None where the holder has none.
    status: `renewed` where a newer award stands in its place. reason, changed_at: of a revocation or suspension.
    kind: a `correction` of a renewal is a correction. made_at: when this edition was made; issued_at stays as it was.
    previous, next: codes of the award that it replaced and of the one that replaced it, where these differ from its
    own. chain: the code of the first award, the same for all that follow from it."""

    code: str
    person_name: str
    email: str | None
    course_key: str
    course_version: int
    title: dict[str, str]
    score: float
    pass_mark: float
    issued_at: dt.datetime
    issued_on: dt.date
    expires_at: dt.datetime | None
    expires_on: dt.date | None
    status: Status
    reason: str | None = None
    changed_at: dt.datetime | None = None
    kind: Kind = "first"
    edition: int = 1
    made_at: dt.datetime | None = None
    previous: str | None = None
    next: str | None = None
    chain: str | None = None
    policy: CertificatePolicy = CertificatePolicy()


def facts_of(certificate: Certificate) -> CertificateFacts:
    """As they are now."""
    return facts_of_all([certificate])[0]


def facts_of_all(certificates: Sequence[Certificate]) -> list[CertificateFacts]:
    """Of each of these, in the same order, in three queries however many they are."""
    before, after = _neighbours(certificates)
    emails = _emails({each.person_id for each in certificates})
    return [
        _facts(each, emails.get(each.person_id), before.get(each.replaces_id or 0), after.get(each.id))
        for each in certificates
    ]


def _facts(
    row: Certificate, email: str | None, before: Certificate | None, after: Certificate | None
) -> CertificateFacts:
    ends, calendar, took = ends_at(row), zone(row.timezone), taken(row)
    return CertificateFacts(
        code=grouped(row.code),
        person_name=row.person_name,
        email=email,
        course_key=row.course_key,
        course_version=row.course_version,
        title=row.course_title,
        score=row.score / 10_000,
        pass_mark=float(row.pass_mark),
        issued_at=row.issued_at,
        issued_on=issued_on(row),
        expires_at=ends,
        expires_on=last_day(ends, calendar) if ends else None,
        status=_status(row, replaced=after is not None),
        reason=took.reason if took else None,
        changed_at=took.changed_at if took else None,
        kind=cast(Kind, row.kind),
        edition=row.edition,
        made_at=row.made_at,
        previous=grouped(before.code) if before and before.code != row.code else None,
        next=grouped(after.code) if after and after.code != row.code else None,
        chain=grouped(row.chain),
        policy=CertificatePolicy.model_validate(row.policy),
    )


def _status(row: Certificate, *, replaced: bool) -> Status:
    took, ends = taken(row), ends_at(row)
    if took is not None and took.kind != SUSPENSION:
        return "revoked"
    if replaced:
        return "renewed"
    if took is not None:
        return "suspended"
    return "expired" if ends is not None and ends <= now() else "valid"


def _emails(person_ids: set[int]) -> dict[int, str | None]:
    query = select(Person).where(Person.id.in_(person_ids))
    return {person.id: person.email for person in db.session.scalars(query)}


def _neighbours(
    certificates: Sequence[Certificate],
) -> tuple[dict[int, Certificate], dict[int, Certificate]]:
    """The awards that these replaced, by their own ids, and those that replaced these, by the ids of these. How they
    stand is read with them."""
    ids = [each.id for each in certificates]
    near = [*ids, *(each.replaces_id for each in certificates if each.replaces_id)]
    query = select(Certificate).where(Certificate.id.in_(near) | Certificate.replaces_id.in_(ids))
    rows = list(db.session.scalars(query.options(selectinload(Certificate.standings))))
    return {row.id: row for row in rows}, {row.replaces_id: row for row in rows if row.replaces_id}
