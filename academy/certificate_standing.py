"""Whether certificates hold, as a condition of queries."""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from academy.certificate_models import CertificateStanding
from academy.models import Certificate

REVOCATION: Final = "revocation"
SUSPENSION: Final = "suspension"
REINSTATEMENT: Final = "reinstatement"
SHORTENING: Final = "shortening"


def holds(moment: dt.datetime) -> ColumnElement[bool]:
    """Neither replaced nor taken away, nor over at this moment."""
    ended = select(CertificateStanding.number).where(
        CertificateStanding.certificate_id == Certificate.id, CertificateStanding.expires_at <= moment
    )
    return and_(
        is_newest(),
        is_not_taken(),
        or_(Certificate.expires_at.is_(None), Certificate.expires_at > moment),
        ~ended.exists(),
    )


def is_newest() -> ColumnElement[bool]:
    """The last one of its chain."""
    newer = aliased(Certificate)
    return ~select(newer.id).where(newer.replaces_id == Certificate.id).exists()


def is_not_taken() -> ColumnElement[bool]:
    """Neither revoked nor suspended."""
    last = select(CertificateStanding.kind).where(
        CertificateStanding.certificate_id == Certificate.id, CertificateStanding.kind != SHORTENING
    )
    said = last.order_by(CertificateStanding.number.desc()).limit(1).scalar_subquery()
    return func.coalesce(said, REINSTATEMENT) == REINSTATEMENT
