"""A certificate's PDF is made and handed out, and every one that ever was is known again by its sum."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import Select, select

from academy import badges, certificates
from academy.certificates import CertificateFacts
from academy.models import Certificate
from academy.papers import brand, sheet, typesetting
from academy.papers.models import CertificatePaper
from plg.kit.clock import now
from plg.kit.db import db, insert, writing
from plg.settings import Settings


@dataclass(frozen=True)
class Paper:
    content: bytes
    sha256: str


def hand_out(certificate: Certificate, locale: str) -> Paper:
    """The PDF in this language; its sum is kept when it is new. Raises PaperNotPrintable."""
    paper = made(certificate, locale)
    if db.session.get(CertificatePaper, (certificate.id, paper.sha256)) is None:
        keep(certificate.id, paper, locale)
    return paper


def made(certificate: Certificate, locale: str) -> Paper:
    """The PDF in this language, with the signed credential inside, and nothing kept of it. Raises
    PaperNotPrintable."""
    credential = json.dumps(badges.published(certificate), ensure_ascii=False, indent=2)
    inputs, settings = _inputs(certificate, locale)
    inputs["credential"] = credential
    content = typesetting.pdf(inputs, certificate.issued_at, settings.certificate_fonts)
    return Paper(content, hashlib.sha256(content).hexdigest())


def keep(certificate_id: int, paper: Paper, locale: str) -> None:
    """Remember that this paper was handed out, by its sum."""
    row = {"certificate_id": certificate_id, "sha256": paper.sha256, "locale": locale, "first_at": now()}
    with writing():
        db.session.execute(insert(CertificatePaper).values(row).on_conflict_do_nothing())


def picture(certificate: Certificate, locale: str) -> bytes:
    """The same sheet as a PNG, for previews of links, which nobody checks: it is stamped where it does not hold."""
    inputs, settings = _inputs(certificate, locale)
    stamp = sheet.stamp(certificates.facts_of(certificate), locale)
    return typesetting.png(inputs | ({"stamp": stamp} if stamp else {}), settings.certificate_fonts)


def _inputs(certificate: Certificate, locale: str) -> tuple[dict[str, str], Settings]:
    settings: Settings = current_app.extensions["plg.settings"]
    facts = certificates.facts_of(certificate)
    address = address_of(facts, settings.public_url)
    return sheet.inputs(facts, brand.of(settings), address, locale), settings


def address_of(facts: CertificateFacts, public_url: str) -> str:
    """The page that says whether it still holds, as it is printed and scanned."""
    return f"{public_url}/certificates/{facts.code}"


def sums(certificate: Certificate) -> list[CertificatePaper]:
    """Every PDF that was ever handed out under its code, the newest first."""
    return list(db.session.scalars(_under(certificate.code).order_by(CertificatePaper.first_at.desc())))


def known(certificate: Certificate, file: bytes) -> CertificatePaper | None:
    """The record of this very file, if it was handed out under this certificate's code; None where it was not, or
    where a single byte of it was changed since."""
    sha256 = hashlib.sha256(file).hexdigest()
    return db.session.scalars(_under(certificate.code).where(CertificatePaper.sha256 == sha256)).first()


def certificate_of(file: bytes) -> Certificate | None:
    """The newest edition of the certificate for which this very file was handed out."""
    sha256 = hashlib.sha256(file).hexdigest()
    query = select(Certificate.code).join(CertificatePaper, CertificatePaper.certificate_id == Certificate.id)
    code = db.session.scalar(query.where(CertificatePaper.sha256 == sha256).limit(1))
    return certificates.find(code) if code else None


def _under(code: str) -> Select[CertificatePaper]:
    query = select(CertificatePaper).join(Certificate, Certificate.id == CertificatePaper.certificate_id)
    return query.where(Certificate.code == code)
