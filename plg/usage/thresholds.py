"""Limits that come near: told at half, at four fifths and at the whole of them, and where the present rate will reach
one before its period ends; each once a period and plan."""

from __future__ import annotations

import datetime as dt
from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from plg.events import log, names
from plg.events.stream import LoggedEvent
from plg.kit.clock import now, zone
from plg.plans import add_ons
from plg.usage import grants, reading
from plg.usage.amounts import Number, plain, tidy
from plg.usage.counters import Place
from plg.usage.ledger import total
from plg.usage.meters import WHOLE, Meter
from plg.usage.tally import Change, Owner, Owners

STEPS = (
    (names.LIMIT_HALFWAY, Decimal("0.5")),
    (names.LIMIT_NEAR, Decimal("0.8")),
    (names.LIMIT_REACHED, Decimal(1)),
)
FORECAST_FROM = Decimal("0.2")
"""Of the limit and of the period: before that much of both is gone, a rate says nothing."""


def tell(
    meter: Meter, changes: Mapping[Place, Change], events: Sequence[LoggedEvent], owners: Owners
) -> None:
    """Record which limits these changes brought near. History raises no alarm."""
    moment = now()
    near = {place: change for place, change in changes.items() if _may_be_near(place, change, owners, moment)}
    among = {place.account_id for place in near}
    heard = (event for event in events if event.account_id in among and event.source != "import")
    last = {event.account_id: event for event in heard if meter.use_of(event)}
    limits = limits_of(meter, among & last.keys(), owners) if last else {}
    told = []
    for place, change in near.items():
        limit, event = limits.get(place.account_id), last.get(place.account_id)
        if limit and event:
            owner = owners[place.account_id]
            told += list(_told(place, change, limit, event, owner))
    log.store(told)


def _may_be_near(place: Place, change: Change, owners: Owners, moment: dt.datetime) -> bool:
    """Whether there is anything to tell, as far as the plan knows, which gives the least: most counters are far from
    their limit, and cost no query."""
    is_over = place.period.ends_at is not None and place.period.ends_at <= moment
    if place.part != WHOLE or is_over:
        return False
    base = owners[place.account_id].plan.limit(place.feature)
    return base is not None and change.after.used >= base * FORECAST_FROM


def limits_of(meter: Meter, account_ids: Iterable[int], owners: Owners) -> dict[int, Number]:
    """The limits of accounts that have one: of their plans, and of whatever else each has."""
    more = add_ons.given(account_ids)
    given = grants.holders(account_ids, meter.key)
    found: dict[int, Number] = {}
    for account_id in account_ids:
        plan = owners[account_id].plan
        base, allowance = plan.limit(meter.key), plan.allowance(meter.key)
        if base is None:
            continue
        found[account_id] = base + more.get(account_id, Tally())[meter.key]
        if account_id in given or (allowance is not None and allowance.rollover is not None):
            standing = reading.of_account(account_id)
            if standing is not None:
                found[account_id] = tidy(found[account_id] + total(standing.lines(meter.key, meter.feature)))
    return found


def _told(
    place: Place, change: Change, limit: Number, event: LoggedEvent, owner: Owner
) -> Iterator[log.NewEvent]:
    before, after = change.before.used, change.after.used
    for name, share in STEPS:
        if before < limit * share <= after:
            yield _event(name, place, after, limit, event, owner)
    day = forecast(place, after, limit, now())
    if day is not None and forecast(place, before, limit, now()) is None:
        reached_on = day.astimezone(zone(owner.timezone)).date().isoformat()
        yield _event(names.LIMIT_FORECAST, place, after, limit, event, owner, reached_on=reached_on)


def forecast(place: Place, used: Number, limit: Number, moment: dt.datetime) -> dt.datetime | None:
    """When the limit will be reached at the rate of the period until now; None: not in this period, too early to say,
    or reached already."""
    start, end = place.period.starts_at, place.period.ends_at
    if start is None or end is None or used >= limit or used < limit * FORECAST_FROM:
        return None
    gone = moment - start
    if gone < (end - start) * float(FORECAST_FROM):
        return None
    reached = start + gone * float(Decimal(limit) / Decimal(used))
    return reached if reached < end else None


def _event(
    name: str, place: Place, used: Number, limit: Number, event: LoggedEvent, owner: Owner, **more: str
) -> log.NewEvent:
    properties = {
        "feature": place.feature,
        "used": plain(tidy(used)),
        "limit": plain(limit),
        "plan": owner.plan.key,
    }
    return log.own(
        name,
        person_id=event.person_id,
        account_id=place.account_id,
        properties=properties | more,
        occurred_at=event.occurred_at,
        id=f"{name}:{place.account_id}:{place.feature}:{place.period.key}:{owner.plan.version_id}",
    )
