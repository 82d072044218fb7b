"""How right the decisions were: what staff confirmed and what they overruled, signal by signal."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import case, func, select

from plg.kit.clock import now
from plg.kit.db import db
from plg.signups.models import Case, Decision, Overrule, Reason
from plg.signups.scoring import ALLOW, DECISIONS, HOLD, VERIFY

DAYS = 90


@dataclass(frozen=True)
class Judged:
    """Sign-ups that were kept waiting and that staff looked at. confirmed: rightly; overruled: false positives."""

    confirmed: int
    overruled: int

    @property
    def reviewed(self) -> int:
        return self.confirmed + self.overruled

    @property
    def precision(self) -> float | None:
        """The share of those rightly kept waiting; None before anybody looked."""
        return self.confirmed / self.reviewed if self.reviewed else None


@dataclass(frozen=True)
class Report:
    """The sign-ups of the last days. by_decision: how many stand at each decision now; all: those judged; signals:
    the same for each signal that spoke in them."""

    days: int
    signups: int
    by_decision: dict[str, int]
    waiting: int
    all: Judged
    signals: dict[str, Judged]

    @property
    def false_positive_rate(self) -> float | None:
        """Of all sign-ups that were fair as far as we know, the share that staff had to let in."""
        fair = self.by_decision[ALLOW] + self.by_decision["join"] + self.by_decision[VERIFY]
        return self.all.overruled / fair if fair else None


def of_last(days: int = DAYS) -> Report:
    """Three queries, however many sign-ups there are."""
    since = now() - dt.timedelta(days=days)
    counts = select(Case.decision, func.count(), func.sum(case((Case.waits_for == "staff", 1), else_=0)))
    rows = db.session.execute(counts.where(Case.created_at >= since).group_by(Case.decision)).all()
    by_decision = dict.fromkeys(DECISIONS, 0) | {decision: count for decision, count, _ in rows}
    return Report(
        days,
        sum(by_decision.values()),
        by_decision,
        sum(int(waiting) for _, _, waiting in rows),
        *_judged(since),
    )


def _judged(since: dt.datetime) -> tuple[Judged, dict[str, Judged]]:
    """Staff's last word about each case that rules kept waiting; a word about what was allowed is no judgement of
    a signal."""
    last = select(func.max(Overrule.id)).where(Overrule.decided_at >= since).group_by(Overrule.case_id)
    judged = select(Overrule.decision_id, Overrule.decision).join(
        Decision, Decision.id == Overrule.decision_id
    )
    judged = judged.where(Overrule.id.in_(last), Decision.decision.in_([VERIFY, HOLD]))
    words = judged.subquery()
    tally = (
        func.coalesce(func.sum(case((words.c.decision == HOLD, 1), else_=0)), 0),
        func.coalesce(func.sum(case((words.c.decision == ALLOW, 1), else_=0)), 0),
    )
    whole = Judged(*map(int, db.session.execute(select(*tally)).one()))
    by_signal = select(Reason.signal, *tally).join(words, words.c.decision_id == Reason.decision_id)
    rows = db.session.execute(by_signal.where(Reason.points > 0).group_by(Reason.signal)).all()
    signals = {signal: Judged(int(right), int(wrong)) for signal, right, wrong in rows}
    return whole, dict(sorted(signals.items(), key=lambda one: -one[1].reviewed))
