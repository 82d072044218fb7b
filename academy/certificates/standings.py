"""How an award stands: revoked, suspended and reinstated, each with its reason and who did it."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import select

from academy import event_names
from academy.certificate_models import CertificateStanding
from academy.certificate_standing import REINSTATEMENT, REVOCATION, SUSPENSION
from academy.certificates import telling
from academy.certificates.finding import taken
from academy.models import Certificate
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Conflict, Fault, Unprocessable

MOST_REASON: Final = 500
EVENTS: Final = {
    REVOCATION: event_names.CERTIFICATE_REVOKED,
    SUSPENSION: event_names.CERTIFICATE_SUSPENDED,
    REINSTATEMENT: event_names.CERTIFICATE_REINSTATED,
}


class ReasonFaulty(Unprocessable):
    """Whoever changes how a certificate stands says why."""


class CertificateRevoked(Conflict):
    """It is revoked, and that is for good."""


class CertificateSuspended(Conflict):
    """It is suspended already."""


class CertificateNotSuspended(Conflict):
    """Only what is suspended can be reinstated."""


class CertificateReplaced(Conflict):
    """A newer award stands in its place; that one is to be changed."""


def revoke(certificate: Certificate, reason: str, *, by: str) -> CertificateStanding:
    """It holds no more, for good."""
    return _change(hold(certificate), REVOCATION, reason, by=by)


def suspend(certificate: Certificate, reason: str, *, by: str) -> CertificateStanding:
    """It does not hold until it is reinstated."""
    if taken(hold(certificate)) is not None:
        raise CertificateSuspended("This certificate is suspended already.")
    return _change(certificate, SUSPENSION, reason, by=by)


def reinstate(certificate: Certificate, reason: str, *, by: str) -> CertificateStanding:
    """It holds again, as long as it would have."""
    if taken(hold(certificate)) is None:
        raise CertificateNotSuspended("This certificate is not suspended.")
    return _change(certificate, REINSTATEMENT, reason, by=by)


def hold(certificate: Certificate) -> Certificate:
    """The award as it is now, held until the transaction ends. Raises CertificateRevoked or CertificateReplaced."""
    query = select(Certificate).where(Certificate.id == certificate.id).with_for_update()
    row = db.session.scalars(query.execution_options(populate_existing=True)).one()
    if row.revocation is not None:
        raise CertificateRevoked("This certificate is revoked.")
    if db.session.scalar(select(Certificate.id).where(Certificate.replaces_id == row.id)) is not None:
        raise CertificateReplaced("A newer certificate stands in the place of this one.")
    return row


def reason_of(typed: str) -> str:
    """The reason, without what surrounds it. Raises ReasonFaulty."""
    if not 0 < len(typed.strip()) <= MOST_REASON:
        raise ReasonFaulty(errors=[Fault("reason", f"must have 1 to {MOST_REASON} characters")])
    return typed.strip()


def _change(certificate: Certificate, kind: str, reason: str, *, by: str) -> CertificateStanding:
    said: dict[str, Any] = {"reason": reason_of(reason), "changed_by": by, "changed_at": now()}
    number = len(certificate.standings) + 1
    row = CertificateStanding(certificate_id=certificate.id, number=number, kind=kind, **said)
    db.session.add(row)
    db.session.flush()
    db.session.refresh(certificate, ["standings"])
    told, account_id = {"reason": row.reason, "by": by}, telling.account_of(certificate)
    telling.record(certificate, EVENTS[kind], told, account_id=account_id)
    return row
