"""What stands on a certificate's sheet, in one language: the facts as words, for `certificate.typ`."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any, Final

import segno
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_percent
from flask_babel import force_locale, gettext

from academy.certificates import CertificateFacts
from academy.papers.brand import Brand
from plg.web.i18n import N_

STAMPS: Final = {
    "expired": N_("Expired"),
    "suspended": N_("Suspended"),
    "revoked": N_("Revoked"),
    "renewed": N_("Replaced"),
}


def inputs(facts: CertificateFacts, brand: Brand, address: str, locale: str) -> dict[str, str]:
    """As `certificate.typ` takes them in `sys.inputs`. address: of the page that says whether it still holds."""
    with force_locale(locale):
        said = _said(facts, brand, address, locale)
    given = {"paper": json.dumps(said, sort_keys=True), "code": _qr(address)}
    return given | ({"logo": brand.logo} if brand.logo else {})


def stamp(facts: CertificateFacts, locale: str) -> str:
    """What is stamped across the picture of a certificate that does not hold; "" where it does."""
    with force_locale(locale):
        return gettext(STAMPS[facts.status]) if facts.status in STAMPS else ""


def _said(facts: CertificateFacts, brand: Brand, address: str, locale: str) -> dict[str, Any]:
    title = facts.title[locale]
    name = facts.person_name or gettext("the holder of this code")
    deed = gettext("has completed the course and passed the quiz of")
    kind, certifies = gettext("Certificate"), gettext("This certifies that")
    return {
        "lang": locale,
        "accent": brand.accent,
        "issuer": brand.issuer,
        "heading": ": ".join((kind, title)),
        "summary": " ".join((certifies, name, deed, title)),
        "date": _typst_date(facts.issued_at),
        "kind": kind,
        "certifies": certifies,
        "name": name,
        "deed": deed,
        "title": title,
        "facts": _facts(facts, locale),
        "code": facts.code,
        "code_label": gettext("Code"),
        "check": gettext("Whether it still holds, and that this file is genuine, is said at"),
        "address": address,
        "scan": gettext("QR code with the address of the page that verifies this certificate"),
        "credential": gettext("The same certificate as a signed Open Badges credential"),
    }


def _facts(facts: CertificateFacts, locale: str) -> list[tuple[str, str]]:
    expires = [(gettext("Expires on"), _day(facts.expires_on, locale))] if facts.expires_on else []
    needed = gettext("%(share)s needed", share=_percent(facts.pass_mark, locale))
    return [
        (gettext("Issued on"), _day(facts.issued_on, locale)),
        *expires,
        (gettext("Score"), f"{_percent(facts.score, locale)} ({needed})"),
        (gettext("Course version"), str(facts.course_version)),
    ]


def _day(day: dt.date, locale: str) -> str:
    return format_date(day, "long", locale=locale)


def _percent(percent: float, locale: str) -> str:
    """Rounded down, as on every page: 69.97 % is no 70 %."""
    pattern = Locale.parse(locale).percent_formats[None].pattern.replace("0", "0.#", 1)
    return format_percent(int(percent * 10 + 1e-6) / 1000, pattern, locale=locale)


def _typst_date(moment: dt.datetime) -> dict[str, int]:
    utc = moment.astimezone(dt.UTC)
    return {name: getattr(utc, name) for name in ("year", "month", "day", "hour", "minute", "second")}


def _qr(address: str) -> str:
    """An SVG of dark squares on nothing; a quarter of it may be lost (error correction Q)."""
    drawn = io.BytesIO()
    segno.make(address, micro=False, error="q").save(drawn, kind="svg", border=0, xmldecl=False)
    return drawn.getvalue().decode()
