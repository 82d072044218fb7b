"""What a certificate says, in one plain object: the page, the PDF and the credential are made from it alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal

from academy.certificates.codes import grouped
from academy.certificates.finding import issued_on
from academy.models import Certificate
from plg.people import people

VALID: Final = "valid"
Status = Literal["valid", "expired", "suspended", "revoked", "renewed"]


@dataclass(frozen=True)
class CertificateFacts:
    """code: as people read it, in groups of four. title: by locale. score, pass_mark: percent, of 0 to 100.
    issued_on, expires_on: days of the holder's workspace; expires_at is the moment after which it holds no more.
    email: of the holder, for the hashed recipient of a credential; None where the holder has none."""

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


def facts_of(certificate: Certificate) -> CertificateFacts:
    """As they are now."""
    revoked = certificate.revocation
    return CertificateFacts(
        code=grouped(certificate.code),
        person_name=certificate.person_name,
        email=people.get(certificate.person_id).email,
        course_key=certificate.course_key,
        course_version=certificate.course_version,
        title=certificate.course_title,
        score=certificate.score / 10_000,
        pass_mark=float(certificate.pass_mark),
        issued_at=certificate.issued_at,
        issued_on=issued_on(certificate),
        expires_at=None,
        expires_on=None,
        status="revoked" if revoked else VALID,
        reason=revoked.reason if revoked else None,
    )
