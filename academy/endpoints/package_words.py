"""Reports on packages, and why they are not taken, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from academy.endpoints.fault_words import said
from academy.packages.report import Report, Words
from plg.kit.errors import Fault
from plg.web.i18n import N_

KINDS: Final = (
    *(N_("page"), N_("file"), N_("web link"), N_("assessment"), N_("questions"), N_("item"), N_("link")),
    *(N_("discussion"), N_("LTI link"), N_("assignment"), N_("question"), N_("module"), N_("limits")),
    *("SCO", N_("asset"), N_("prerequisites"), N_("mastery_score")),
)
"""What elements of packages are called in reports."""
_REASONS: Final[tuple[tuple[str, Any], ...]] = (
    (r"leads out of the package", lazy_gettext("leads out of the package")),
    (r"is an absolute path", lazy_gettext("is an absolute path")),
    (r"is a link or a device, not a file|is a link, not a file", lazy_gettext("is a link, not a file")),
    (r"is encrypted", lazy_gettext("is encrypted")),
    (r"is there twice", lazy_gettext("is there twice")),
    (
        r"unpacks to more than (?P<n>[\d,]+) times its size",
        lazy_gettext("unpacks to more than {n} times its size"),
    ),
    (r"unpacks to more than (?P<n>[\d,]+) bytes", lazy_gettext("unpacks to more than {n} bytes")),
    (r"holds more than (?P<n>[\d,]+) files", lazy_gettext("holds more than {n} files")),
    (r"is larger than (?P<n>[\d,]+) bytes", lazy_gettext("is larger than {n} bytes")),
    (r"is missing at the top of the package", lazy_gettext("is missing at the top of the package")),
    (
        r"declares a document type or entities.*",
        lazy_gettext("declares a document type or entities, which no package may"),
    ),
    (
        r"is neither a package in a ZIP file nor questions.*",
        lazy_gettext("is neither a package in a ZIP file nor a file of questions"),
    ),
    (
        r"is neither a Common Cartridge nor a SCORM package",
        lazy_gettext("is neither a Common Cartridge nor a SCORM package"),
    ),
    (r"holds nothing that becomes a lesson", lazy_gettext("holds nothing that becomes a lesson")),
    (
        r"is SCORM (?P<n>.+): SCORM 2004 is not run here.*",
        lazy_gettext("is SCORM {n}: SCORM 2004 is not run here; export the package as SCORM 1.2"),
    ),
    (
        r"opens '(?P<n>.+)', which is not in the package",
        lazy_gettext("opens {n}, which is not in the package"),
    ),
    (r"points at no resource of the package", lazy_gettext("points at no resource of the package")),
    (r"is no sound ZIP file.*|cannot be unpacked.*", lazy_gettext("is damaged")),
)
"""The commonest reasons; what is rarer is told as it was found."""


def told(report: Report) -> dict[str, list[Any]]:
    """The report as a page shows it."""
    return {
        "carried": [(_kind(each.what), each.source, _words(each.became)) for each in report.carried],
        "lost": [(_kind(each.what), each.source, _words(each.reason)) for each in report.lost],
        "notes": [_words(each) for each in report.notes],
    }


def faults_of(faults: Iterable[Fault]) -> list[tuple[str, str]]:
    """Where and why, for each reason of a refusal."""
    return [(fault.field, _reason(fault.message)) for fault in faults]


def _kind(what: str) -> str:
    return _(what) if what in KINDS else what


def _words(words: Words) -> str:
    if not words.values:
        return _reason(_(words.sentence))
    return _(words.sentence).format(**dict(words.values))


def _reason(message: str) -> str:
    for pattern, words in _REASONS:
        if match := re.fullmatch(pattern, message, re.DOTALL):
            return str(words).format(**match.groupdict())
    return said(message)
