"""What follows from an award, in this order: each is done once, whoever dies meanwhile (see `certificates.tasks`)."""

from __future__ import annotations

from typing import Any, Final

from academy import badges, papers
from academy.certificates import expiring, letters
from academy.certificates.tasks import EXPIRY, NOTICE, REMINDER, Step, Task
from academy.papers import Paper, PaperNotPrintable


def _decide_credential(task: Task, _prepared: Any) -> None:
    badges.prepare(task.certificate)


def _print(task: Task) -> tuple[Paper, str] | None:
    """The PDF in the language of the credential. What no font can print keeps nobody from the mail."""
    locale = badges.language_of(task.certificate)
    try:
        return papers.made(task.certificate, locale), locale
    except PaperNotPrintable:
        return None


def _keep_paper(task: Task, printed: tuple[Paper, str] | None) -> None:
    if printed is not None:
        papers.keep(task.certificate.id, *printed)


ISSUING: Final = (
    Step("credential", _decide_credential),
    Step("paper", _keep_paper, prepare=_print),
    Step("mail", letters.post, prepare=letters.issued),
)
"""The steps of issuing, one after the other: a step that fails is tried again, and those after it wait."""

TIMED: Final = (
    Step(EXPIRY, expiring.expire),
    Step(REMINDER, expiring.remind, prepare=letters.reminder),
    Step(NOTICE, expiring.remind, prepare=letters.notice),
)
