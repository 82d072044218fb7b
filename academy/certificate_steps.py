"""What follows from an award, in this order: each is done once, whoever dies meanwhile (see `certificates.tasks`)."""

from __future__ import annotations

from typing import Any, Final

from academy import badges
from academy.certificates import expiring, letters
from academy.certificates.tasks import EXPIRY, NOTICE, REMINDER, Step, Task


def _decide_credential(task: Task, _prepared: Any) -> None:
    badges.prepare(task.certificate)


ISSUING: Final = (Step("credential", _decide_credential), Step("mail", letters.post, prepare=letters.issued))
"""The steps of issuing, one after the other: a step that fails is tried again, and those after it wait."""

TIMED: Final = (
    Step(EXPIRY, expiring.expire),
    Step(REMINDER, expiring.remind, prepare=letters.reminder),
    Step(NOTICE, expiring.remind, prepare=letters.notice),
)
