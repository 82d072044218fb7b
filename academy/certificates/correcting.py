"""Corrections: the same certificate, under the same code, with the name or the title as they ought to be."""

from __future__ import annotations

from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from academy import event_names
from academy.certificate_models import CertificateStanding
from academy.certificate_standing import SHORTENING
from academy.certificates import tasks, telling
from academy.certificates.finding import taken
from academy.certificates.standings import CertificateSuspended, hold, reason_of
from academy.models import Certificate
from academy.texts import LANGUAGES, Prose
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Fault, Unprocessable

CORRECTION: Final = "correction"
MOST: Final = 200
_PROSE: Final = TypeAdapter(Prose)


class CorrectionFaulty(Unprocessable):
    """It says nothing else than the certificate, or something that no certificate can say."""


def correct(
    certificate: Certificate,
    *,
    name: str | None = None,
    title: dict[str, str] | None = None,
    reason: str,
    by: str,
) -> Certificate:
    """Make the next edition, which stands in the place of this one and ends with it. name, title: None leaves them.

    Raises CorrectionFaulty, ReasonFaulty, CertificateRevoked, CertificateReplaced or CertificateSuspended."""
    old, reason = hold(certificate), reason_of(reason)
    if taken(old) is not None:
        raise CertificateSuspended("A suspended certificate is reinstated first, then corrected.")
    new = {"person_name": old.person_name, "course_title": old.course_title} | _read(name, title)
    if new == {"person_name": old.person_name, "course_title": old.course_title}:
        raise CorrectionFaulty(errors=[Fault("name", "or the title has to differ from what it says now")])
    kept = {each.name: getattr(old, each.name) for each in Certificate.__table__.columns if each.name != "id"}
    made = {"kind": CORRECTION, "edition": old.edition + 1, "replaces_id": old.id}
    made |= {"made_at": now(), "made_by": by, "reason": reason}
    row = Certificate(**kept | made | new)
    db.session.add(row)
    db.session.flush()
    _carry_shortenings(old, row)
    tasks.begin(row)
    told = {"edition": row.edition, "reason": reason, "by": by}
    account_id = telling.account_of(row)
    telling.record(row, event_names.CERTIFICATE_CORRECTED, told, account_id=account_id)
    return row


def _read(name: str | None, title: dict[str, str] | None) -> dict[str, Any]:
    read: dict[str, Any] = {}
    faults: list[Fault] = []
    if name is not None:
        read["person_name"] = _line("name", name, faults)
    if title is not None:
        read["course_title"] = {
            each: _line(f"title.{each}", title.get(each, ""), faults) for each in LANGUAGES
        }
    if faults:
        raise CorrectionFaulty(errors=faults)
    return read


def _line(field: str, typed: str, faults: list[Fault]) -> str:
    try:
        line = " ".join(_PROSE.validate_python(typed).split())
    except ValidationError as error:
        faults.append(Fault(field, error.errors()[0]["msg"].removeprefix("Value error, ")))
        return ""
    if len(line) > MOST:
        faults.append(Fault(field, f"has more than {MOST} characters"))
    return line


def _carry_shortenings(old: Certificate, new: Certificate) -> None:
    rows = [each for each in old.standings if each.kind == SHORTENING]
    for number, each in enumerate(rows, 1):
        said = {"reason": each.reason, "changed_by": each.changed_by, "changed_at": each.changed_at}
        row = CertificateStanding(certificate_id=new.id, number=number, kind=SHORTENING, **said)
        row.expires_at = each.expires_at
        db.session.add(row)
    db.session.flush()
