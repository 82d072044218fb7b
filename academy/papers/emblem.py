"""The badge of a course as a picture: its title and whose it is, in the company's colour."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from flask import current_app

from academy.models import Certificate
from academy.papers import brand, typesetting
from academy.papers.typesetting import Picture
from plg.settings import Settings


def emblem(certificate: Certificate, locale: str, kind: Picture) -> bytes:
    """As `svg`, whose letters are paths, or as `png`, 512 pixels wide; the same for all awards of a course."""
    settings: Settings = current_app.extensions["plg.settings"]
    own = brand.of(settings)
    title = certificate.course_title[locale]
    said = {"lang": locale, "accent": own.accent, "issuer": own.issuer, "title": title}
    return _drawn(json.dumps(said, sort_keys=True), settings.certificate_fonts, kind)


@lru_cache(maxsize=64)
def _drawn(said: str, fonts: Path | None, kind: Picture) -> bytes:
    return typesetting.badge({"badge": said}, fonts, kind)
