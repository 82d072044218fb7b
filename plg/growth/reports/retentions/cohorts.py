"""Who of each cohort returned in which period: spans of rows among the sorted return events of each member."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plg.growth.columns import Events
from plg.growth.columns.keys import TIME_BITS, Keys, actors_of, clock, first_of_each, times_of
from plg.growth.reports import periods
from plg.growth.reports.chosen import amounts_of, keys_of, mask_within
from plg.growth.reports.periods import Calendar

from .definition import Retention

DAY_MS = 86_400_000
SPAN_MS = {"day": DAY_MS, "week": 7 * DAY_MS, "month": 30 * DAY_MS}


def calendar(retention: Retention) -> Calendar:
    """The periods of the cohorts, and those after them in which their members may return."""
    return periods.whole(retention, retention.interval, retention.timezone, after=sum(retention.sizes))


def count_of(retention: Retention, calendar: Calendar) -> int:
    """How many cohorts there are."""
    return calendar.count - sum(retention.sizes)


@dataclass(frozen=True)
class Members:
    """Of all cohorts. starts: the first start of each, sorted; cohorts: the number of each one's cohort."""

    starts: Keys
    cohorts: NDArray[np.int16]


def members(retention: Retention, calendar: Calendar, events: Events) -> Members:
    """Everybody who is in a cohort."""
    starts = _starts(retention, events, calendar, calendar.edges[count_of(retention, calendar)])
    return Members(starts, calendar.numbers(starts))


@dataclass(frozen=True)
class Counts:
    """Of one cohort: how many, and for each period who returned, and the sum of their amounts if one is asked."""

    size: int
    returned: list[int]
    amounts: list[float] | None


Table = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
"""How large each cohort is; of each cohort and period how many returned, and the sum of their amounts."""


def counted(retention: Retention, calendar: Calendar, events: Events) -> Table:
    """The numbers of these events alone."""
    each, (returns, sums) = members(retention, calendar, events), _returns(retention, events)
    cohorts, periods_ = count_of(retention, calendar), len(retention.sizes)
    returned, amounts = np.zeros((cohorts, periods_), np.int64), np.zeros((cohorts, periods_))
    for period, (low, high) in enumerate(_spans(retention, calendar, each, returns)):
        returned[:, period] = np.bincount(each.cohorts[high > low], minlength=cohorts)
        if sums is not None:
            amounts[:, period] = np.bincount(each.cohorts, sums[high] - sums[low], minlength=cohorts)
    return np.bincount(each.cohorts, minlength=cohorts), returned, amounts


def added_up(retention: Retention, tables: list[Table]) -> list[Counts]:
    """The numbers of all parts, cohort by cohort."""
    columns = [np.sum(each, axis=0).tolist() for each in zip(*tables, strict=True)]
    return [
        Counts(size, returned, amounts if retention.amount else None)
        for size, returned, amounts in zip(*columns, strict=True)
    ]


def returned_in(
    retention: Retention, calendar: Calendar, events: Events, each: Members, period: int
) -> NDArray[np.bool_]:
    """Which of these members returned in a period."""
    low, high = _spans(retention, calendar, each, _returns(retention, events)[0])[period]
    return high > low


def _starts(retention: Retention, events: Events, calendar: Calendar, end: np.uint64) -> Keys:
    """The first start event of each member of each cohort."""
    keys = keys_of(retention.start_event, retention.actor, events)
    if retention.first:
        keys = keys[first_of_each(actors_of(keys))]
        return _until(retention, keys[mask_within(keys, calendar.edges[0], end)])
    keys = _until(retention, keys[mask_within(keys, calendar.edges[0], end)])
    visit = (actors_of(keys) << periods.PERIOD_BITS) | calendar.numbers(keys).astype(np.uint64)
    return keys[first_of_each(visit)]


def _returns(retention: Retention, events: Events) -> tuple[Keys, NDArray[np.float64] | None]:
    """The sorted return events, and the sum of the amounts of all before each (one more than events)."""
    if retention.amount is None:
        return _until(retention, keys_of(retention.return_event, retention.actor, events)), None
    keys, amounts = amounts_of(retention.return_event, retention.actor, retention.amount, events)
    if retention.as_of is not None:
        known = times_of(keys) < clock(retention.as_of)
        keys, amounts = keys[known], amounts[known]
    return keys, np.concatenate([[0.0], np.cumsum(amounts)])


def _until(retention: Retention, keys: Keys) -> Keys:
    return keys if retention.as_of is None else keys[times_of(keys) < clock(retention.as_of)]


def _spans(
    retention: Retention, calendar: Calendar, each: Members, returns: Keys
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """For each period from where to where (excluded) in the return events each member's lie."""
    places = [np.searchsorted(returns, each.starts, side="right")]
    for offset in np.cumsum(retention.sizes).tolist():
        edge = _edge(retention, calendar, each, offset)
        places.append(np.maximum(np.searchsorted(returns, edge), places[0]))
    if retention.kind == "unbounded":
        last = np.searchsorted(returns, _end(each.starts))
        return [(place, last) for place in places[:-1]]
    return list(zip(places[:-1], places[1:], strict=True))


def _edge(retention: Retention, calendar: Calendar, each: Members, offset: int) -> Keys:
    """Where period `offset` begins for each member, as a key; never beyond the member's last possible moment."""
    if retention.clock == "calendar":
        return (actors_of(each.starts) << np.uint64(TIME_BITS)) | calendar.edges[each.cohorts + offset]
    return np.minimum(each.starts + np.uint64(offset * SPAN_MS[retention.interval]), _end(each.starts))


def _end(members: Keys) -> Keys:
    return ((actors_of(members) + np.uint64(1)) << np.uint64(TIME_BITS)) - np.uint64(1)


def begun(retention: Retention, calendar: Calendar, period: int) -> bool:
    """Whether a period of the calendar has begun, for who started first."""
    return retention.as_of is None or bool(calendar.edges[period] < clock(retention.as_of))
