"""Trials by credits: over when so much of a metered feature was used."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from plg.events.models import Event
from plg.events.stream import LoggedEvent
from plg.kit.clock import now
from plg.kit.db import db
from plg.plans import catalogue
from plg.trials import cases, ending, states
from plg.trials.cases import Case
from plg.trials.models import Trial


def hear(events: Sequence[LoggedEvent]) -> None:
    """End the trials whose credits these events used up. Counted from the log, so that a repeat counts nothing."""
    counted = _counted_events()
    told = {e.account_id for e in events if e.name in counted.values() and e.account_id is not None}
    if not told:
        return
    found = [
        case
        for case in cases.take(cases.with_open_trial(told))
        if case.rule.credits is not None and case.trial.status == states.ACTIVE
    ]
    used = used_by([case.trial.account_id for case in found], set(counted.values()))
    ending.use_up([case for case in found if _used(case, used, counted) >= _given(case)], now())


def used_by(account_ids: Sequence[int], event_names: set[str]) -> dict[tuple[int, str], int]:
    """How often each event happened in each of these accounts since its trial began; history does not count."""
    query = (
        select(Event.account_id, Event.name, func.count())
        .join(Trial, (Trial.account_id == Event.account_id) & Trial.closed_at.is_(None))
        .where(Event.account_id.in_(account_ids), Event.name.in_(event_names), Event.source != "import")
        .where(Event.occurred_at >= Trial.started_at)
        .group_by(Event.account_id, Event.name)
    )
    return {(row[0], row[1]): row[2] for row in db.session.execute(query) if row[0]}


def _counted_events() -> dict[str, str]:
    """Feature -> event, of the features that some trial gives credits of."""
    wanted = {rule.credits.feature for rule in catalogue.trial_rules().values() if rule.credits}
    if not wanted:
        return {}
    features = catalogue.live().features
    return {key: features[key].event or "" for key in wanted if key in features}


def _used(case: Case, used: dict[tuple[int, str], int], counted: dict[str, str]) -> int:
    feature = case.rule.credits.feature if case.rule.credits else ""
    return used.get((case.trial.account_id, counted.get(feature, "")), 0)


def _given(case: Case) -> int:
    return case.rule.credits.amount if case.rule.credits else 0
