"""Limits that come near: told at half, at four fifths and at the whole of them, and where the present rate will reach
one before its period ends; each once a period and plan."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from plg.events import log, names
from plg.events.stream import LoggedEvent
from plg.kit.clock import now, zone
from plg.plans import add_ons
from plg.usage import grants, reading
from plg.usage.amounts import MOST, Number, plain, tidy
from plg.usage.ledger import total
from plg.usage.meters import WHOLE
from plg.usage.periods import Period
from plg.usage.tally import Change, Owner, Owners

STEPS = ((names.LIMIT_HALFWAY, 50), (names.LIMIT_NEAR, 80), (names.LIMIT_REACHED, 100))
"""Percent of the limit."""
FORECAST_FROM = 20
"""Percent of the limit and of the period: before that much of both is gone, a rate says nothing."""


def tell(changes: Iterable[Change], owners: Owners) -> None:
    """Record which limits these changes brought near. History raises no alarm."""
    moment = now()
    near = [change for change in changes if _may_be_near(change, moment)]
    if not near:
        return
    told: list[log.NewEvent] = []
    for change, limit in zip(near, _limits_of(near, owners), strict=True):
        if not limit or min(change.before.used, change.after.used) >= limit:
            continue
        owner = owners[change.place.account_id]
        for name, more in _reached(change, limit, owner, moment):
            heard = [event for _, event in change.uses if event.source != "import"]
            told += [_event(name, change, limit, heard[-1], owner, more)] if heard else []
    log.store(told)


def _may_be_near(change: Change, moment: dt.datetime) -> bool:
    """Whether there is anything to tell, as far as the plan knows, which gives the least: most counters are far from
    their limit, and cost no query."""
    place, least = change.place, change.allowance
    if place.part != WHOLE or least == MOST or not _is_gone(change.after.used, least):
        return False
    return place.period.ends_at is None or place.period.ends_at > moment


def _limits_of(changes: Sequence[Change], owners: Owners) -> Iterator[Number]:
    """The limit of each, where the plan has one: with whatever else the account has."""
    accounts = {change.place.account_id for change in changes}
    more, given = add_ons.given(accounts), grants.holders(accounts)
    for change in changes:
        account_id, key = change.place.account_id, change.place.feature
        limit = change.allowance + (more[account_id][key] if account_id in more else 0)
        allowance = owners[account_id].plan.allowance(key)
        if (account_id, key) in given or (allowance is not None and allowance.rollover is not None):
            standing = reading.of_account(account_id)
            if standing is not None:
                limit = tidy(limit + total(standing.lines(key, change.meter.feature)))
        yield limit


def _reached(
    change: Change, limit: Number, owner: Owner, moment: dt.datetime
) -> Iterator[tuple[str, dict[str, str]]]:
    """The events to tell, with what each says beside the numbers."""
    before, after, period = change.before.used, change.after.used, change.place.period
    for name, percent in STEPS:
        if before * 100 < limit * percent <= after * 100:
            yield name, {}
    day = forecast(period, after, limit, moment)
    if day is not None and forecast(period, before, limit, moment) is None:
        yield names.LIMIT_FORECAST, {"reached_on": day.astimezone(zone(owner.timezone)).date().isoformat()}


def forecast(period: Period, used: Number, limit: Number, moment: dt.datetime) -> dt.datetime | None:
    """When the limit will be reached at the rate of the period until now; None: not in this period, too early to say,
    or reached already."""
    start, end = period.starts_at, period.ends_at
    if start is None or end is None or used >= limit or not _is_gone(used, limit):
        return None
    gone = moment - start
    if gone * 100 < (end - start) * FORECAST_FROM:
        return None
    reached = start + gone * float(Decimal(limit) / Decimal(used))
    return reached if reached < end else None


def _is_gone(used: Number, limit: Number) -> bool:
    """Whether so much of the limit is used that a rate says something."""
    return used * 100 >= limit * FORECAST_FROM


def _event(
    name: str, change: Change, limit: Number, event: LoggedEvent, owner: Owner, more: Mapping[str, str]
) -> log.NewEvent:
    place = change.place
    properties = {
        "feature": place.feature,
        "used": plain(tidy(change.after.used)),
        "limit": plain(limit),
        "plan": owner.plan.key,
    }
    return log.own(
        name,
        person_id=event.person_id,
        account_id=place.account_id,
        properties={**properties, **more},
        occurred_at=event.occurred_at,
        id=f"{name}:{place.account_id}:{place.feature}:{place.period.key}:{owner.plan.version_id}",
    )
