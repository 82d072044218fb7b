"""The sums of the files that were handed out."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from plg.kit.db import BigId, UtcDateTime, db


class CertificatePaper(db.Model):
    """One PDF of a certificate as it was handed out, known by its SHA-256 in hex. The file itself is not kept: the
    same facts make the same bytes, and where they changed (a new logo, a corrected name), what was handed out before
    is still known by its sum."""

    __tablename__ = "certificate_papers"

    certificate_id: Mapped[int] = mapped_column(BigId, ForeignKey("certificates.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)
    locale: Mapped[str] = mapped_column(String(5))
    first_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
