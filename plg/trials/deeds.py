"""Days for deeds that a room above knows of, such as a step of a flow: in the same ledger, under the same cap and in
the same states as the days that a trial's own rule gives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from plg.trials import cases, earning, ledger
from plg.trials.cases import Case
from plg.trials.models import TrialGrant

NO_TRIAL: Final = "no_trial"
BEFORE_TRIAL: Final = "before_trial"
CAP: Final = "cap"


@dataclass(frozen=True)
class Deed:
    """Something done in an account. cause: its name, by which it earns once in a trial and is taken back; reason:
    what the account's people read in their trial's ledger; at: when it was done; event_id: the event behind it."""

    account_id: int
    cause: str
    days: int
    reason: str
    at: dt.datetime
    event_id: str | None = None


@dataclass(frozen=True)
class Earned:
    """The days that were given. less: why it were none, or fewer: NO_TRIAL, BEFORE_TRIAL, CAP."""

    days: int
    less: str | None = None


def earn(deeds: Sequence[Deed]) -> dict[str, Earned]:
    """Give the days of these deeds; cause -> what was given. Repeated they add nothing."""
    found, books = _running({deed.account_id for deed in deeds})
    told: dict[str, Earned] = {}
    written: list[tuple[Case, TrialGrant]] = []
    for deed in deeds:
        case = found.get(deed.account_id)
        if case is None:
            told[deed.cause] = Earned(0, NO_TRIAL)
            continue
        book = books[case.trial.id]
        told[deed.cause], row = _earned(case, book, deed)
        if row is not None:
            book.append(row)
            written.append((case, row))
    earning.make_known(written)
    return told


def _earned(case: Case, book: list[TrialGrant], deed: Deed) -> tuple[Earned, TrialGrant | None]:
    known = next((row for row in book if row.cause == deed.cause), None)
    if known is not None:
        return Earned(known.days), None
    if deed.at < case.trial.requested_at:
        return Earned(0, BEFORE_TRIAL), None
    days = min(deed.days, case.rule.earn_cap - sum(row.days for row in earning.in_force(book)))
    if days <= 0:
        return Earned(0, CAP), None
    row = earning.row_of(case.trial.id, ledger.EARNED, days, reason=deed.reason, event_id=deed.event_id)
    row.cause = deed.cause
    return Earned(days, CAP if days < deed.days else None), row


def take_back(causes: Mapping[str, int]) -> None:
    """Take back the days of these deeds, cause -> account, of trials that still run. Repeated it takes nothing."""
    found, books = _running(set(causes.values()))
    written: list[tuple[Case, TrialGrant]] = []
    for case in found.values():
        for given in earning.in_force(books[case.trial.id]):
            if given.cause is not None and causes.get(given.cause) == case.trial.account_id:
                row = earning.row_of(
                    case.trial.id,
                    ledger.REVERSAL,
                    -given.days,
                    reason=given.reason,
                    event_id=given.event_id,
                )
                row.reverses_id = given.id
                written.append((case, row))
    earning.make_known(written)


def _running(account_ids: set[int]) -> tuple[dict[int, Case], dict[int, list[TrialGrant]]]:
    """The trials of these accounts in which days can be earned, held, and their ledgers by trial."""
    held = cases.take(cases.with_open_trial(account_ids)) if account_ids else []
    found = {case.trial.account_id: case for case in held if case.trial.status in earning.RUNS}
    return found, ledger.rows_of([case.trial.id for case in found.values()])
