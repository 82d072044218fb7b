"""The end of a certificate comes, or comes near."""

from __future__ import annotations

from typing import Any

from academy import event_names
from academy.certificate_policy import last_day
from academy.certificates import letters, telling
from academy.certificates.finding import ends_at, taken
from academy.certificates.standings import CertificateReplaced, CertificateRevoked, hold
from academy.certificates.tasks import Task
from academy.models import Certificate
from plg.kit.clock import zone


def expire(task: Task, _: Any) -> None:
    """Tell that it came to its end, once, unless it was revoked or renewed, or ends at another time."""
    row = _still(task)
    if row is not None:
        once, told = (
            f"certificate-expired:{row.id}",
            {"expires_at": (ends_at(row) or row.made_at).isoformat()},
        )
        account_id = telling.account_of(row)
        telling.record(row, event_names.CERTIFICATE_EXPIRED, told, account_id=account_id, id=once)


def remind(task: Task, written: dict[str, Any] | None) -> None:
    """Post the reminder, unless it was revoked, suspended or renewed, or ends at another time, or has ended."""
    row = _still(task)
    if row is not None and taken(row) is None and task.facts.status == "valid":
        letters.post(task, written)


def _still(task: Task) -> Certificate | None:
    """The award as it is now, held, if the end that the task was noted for is still its end."""
    try:
        row = hold(task.certificate)
    except (CertificateReplaced, CertificateRevoked):
        return None
    ends = ends_at(row)
    is_same = ends is not None and str(last_day(ends, zone(row.timezone))) == task.about.partition(":")[0]
    return row if is_same else None
