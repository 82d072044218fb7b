"""Reports on questions from and for other formats, in the reader's language."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask_babel import gettext as _

from academy.endpoints.fault_words import said
from academy.interchange.report import LABELS, Note, Report


@dataclass(frozen=True)
class Told:
    """A note as a page shows it."""

    outcome: str
    where: str
    what: str
    why: str


def words_of(report: Report) -> list[tuple[str, str, list[Told]]]:
    """The notes of each outcome, with the outcome's own words; none that nothing came to."""
    return [
        (outcome, _(label), [_told(note) for note in report.of(outcome)])
        for outcome, label in LABELS.items()
        if report.of(outcome)
    ]


def _told(note: Note) -> Told:
    where = re.sub(r"\bline (\d+)", lambda match: _("line %(num)s", num=match[1]), note.where)
    reason = _(note.reason)
    why = reason.format(**dict(note.values)) if note.values else said(reason)
    what, bracket, place = note.what.partition(" (")
    return Told(note.outcome, _(where), _(what) + bracket + place, why)
