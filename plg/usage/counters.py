"""Counting: events to counters, set-based."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from plg.accounts.models import Account
from plg.events import log, names
from plg.events.stream import LoggedEvent
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.plans import catalogue
from plg.plans.catalogue import Plan
from plg.plans.models import AccountPlan
from plg.usage.models import Counter
from plg.usage.periods import period_of

NEAR = 0.8


@dataclass(frozen=True)
class Place:
    """What one counter counts."""

    account_id: int
    feature: str
    period: str


def count(events: Sequence[LoggedEvent]) -> None:
    """Add the events to their counters; record which limits came near or were reached by it."""
    metered = _metered_events()
    counted = [event for event in events if event.name in metered and event.account_id is not None]
    if not counted:
        return
    timezones = _timezones({event.account_id for event in counted if event.account_id})
    tally: Tally[Place] = Tally()
    last: dict[Place, LoggedEvent] = {}
    for event in counted:
        for feature, per in metered[event.name]:
            if event.account_id in timezones:
                period = period_of(event.occurred_at, per, timezones[event.account_id])
                place = Place(event.account_id, feature, period)
                tally[place] += 1
                last[place] = event
    _tell_thresholds(_add(tally), tally, last)


def _metered_events() -> dict[str, list[tuple[str, str]]]:
    """Event name -> the features (and their periods) that it counts for."""
    found: dict[str, list[tuple[str, str]]] = {}
    for key, feature in catalogue.live().features.items():
        if feature.event is not None:
            found.setdefault(feature.event, []).append((key, feature.per))
    return found


def _timezones(account_ids: Iterable[int]) -> dict[int, str]:
    query = select(Account.id, Account.timezone).where(Account.id.in_(list(account_ids)))
    return dict(db.session.execute(query).all())


def _add(tally: Mapping[Place, int]) -> dict[Place, int]:
    """Add to the counters in one statement; what they hold now."""
    if not tally:
        return {}
    moment = now()
    rows = [
        {"account_id": p.account_id, "feature": p.feature, "period": p.period, "used": n, "held": 0}
        | {"updated_at": moment}
        for p, n in sorted(
            tally.items(), key=lambda pair: (pair[0].account_id, pair[0].feature, pair[0].period)
        )
    ]
    row = insert(Counter.__table__)
    row = row.on_conflict_do_update(
        index_elements=["account_id", "feature", "period"],
        set_={"used": Counter.used + row.excluded.used, "updated_at": row.excluded.updated_at},
    ).returning(Counter.account_id, Counter.feature, Counter.period, Counter.used)
    made = db.session.execute(row, rows)
    return {Place(account, feature, period): used for account, feature, period, used in made}


def _tell_thresholds(
    used: Mapping[Place, int], added: Mapping[Place, int], last: Mapping[Place, LoggedEvent]
) -> None:
    plans = _plans({place.account_id for place in used})
    told = []
    for place, after in used.items():
        event = last[place]
        plan = plans.get(place.account_id) or catalogue.default_plan()
        limit = plan.limit(place.feature)
        if limit is None or limit == 0 or event.source == "import":
            continue
        before = after - added[place]
        for name, threshold in ((names.LIMIT_NEAR, limit * NEAR), (names.LIMIT_REACHED, limit)):
            if before < threshold <= after:
                told.append(_crossed(name, place, plan, event, after, limit))
    log.store(told)


def _crossed(name: str, place: Place, plan: Plan, event: LoggedEvent, used: int, limit: int) -> log.NewEvent:
    return log.own(
        name,
        person_id=event.person_id,
        account_id=place.account_id,
        properties={"feature": place.feature, "used": used, "limit": limit, "plan": plan.key},
        occurred_at=event.occurred_at,
        id=f"{name}:{place.account_id}:{place.feature}:{place.period}:{plan.version_id}",
    )


def _plans(account_ids: Iterable[int]) -> dict[int, Plan]:
    query = select(AccountPlan.account_id, AccountPlan.plan_version_id).where(
        AccountPlan.account_id.in_(list(account_ids))
    )
    return {a: catalogue.plan_version(v) for a, v in db.session.execute(query)}
