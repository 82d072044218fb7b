"""Periods of a limit, in the account's own calendar, or from its billing day."""

from __future__ import annotations

import calendar
import datetime as dt
from functools import lru_cache
from typing import NamedTuple

from plg.kit.clock import zone

LIFETIME = "lifetime"
DAY = dt.timedelta(days=1)


class Period(NamedTuple):
    """key: `2026-11-28` (a day, or a month from a billing day), `2026-W48`, `2026-11`, `2026` or `lifetime`. It ends
    when the next one begins (UTC); None: never."""

    key: str
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None

    def holds(self, moment: dt.datetime) -> bool:
        begun = self.starts_at is None or self.starts_at <= moment
        return begun and (self.ends_at is None or moment < self.ends_at)


FOREVER = Period(LIFETIME, None, None)


def period_at(moment: dt.datetime, per: str, timezone: str, anchor_day: int | None = None) -> Period:
    """The period that a moment falls in. anchor_day: months begin on this day, or on a shorter month's last; None:
    on the first."""
    if per == LIFETIME:
        return FOREVER
    calendar = (per, timezone, anchor_day)
    found = _latest.get(calendar)
    if found is None or not found.holds(moment):
        found = _period(moment.astimezone(zone(timezone)).date(), per, timezone, anchor_day)
        _latest[calendar] = found
    return found


_latest: dict[tuple[str, str, int | None], Period] = {}
"""The period last found of each calendar: most moments fall in it."""


@lru_cache(maxsize=10_000)
def _period(day: dt.date, per: str, timezone: str, anchor_day: int | None) -> Period:
    if per == "month" and anchor_day is not None:
        start, end = _from_anchor(day, anchor_day)
        return _bounded(start.isoformat(), start, end, timezone)
    if per == "day":
        return _bounded(day.isoformat(), day, day + DAY, timezone)
    if per == "week":
        start = day - day.weekday() * DAY
        return _bounded(f"{start:%G-W%V}", start, start + 7 * DAY, timezone)
    if per == "year":
        start = day.replace(month=1, day=1)
        return _bounded(f"{day:%Y}", start, start.replace(year=day.year + 1), timezone)
    start = day.replace(day=1)
    return _bounded(f"{day:%Y-%m}", start, _anchored(*_next(day.year, day.month), 1), timezone)


def _from_anchor(day: dt.date, anchor_day: int) -> tuple[dt.date, dt.date]:
    this = _anchored(day.year, day.month, anchor_day)
    if day >= this:
        return this, _anchored(*_next(day.year, day.month), anchor_day)
    before = day.replace(day=1) - DAY
    return _anchored(before.year, before.month, anchor_day), this


def _anchored(year: int, month: int, anchor_day: int) -> dt.date:
    return dt.date(year, month, min(anchor_day, calendar.monthrange(year, month)[1]))


def _next(year: int, month: int) -> tuple[int, int]:
    return (year + 1, 1) if month == 12 else (year, month + 1)


def _bounded(key: str, start: dt.date, end: dt.date, timezone: str) -> Period:
    return Period(key, _midnight(start, timezone), _midnight(end, timezone))


def _midnight(day: dt.date, timezone: str) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, tzinfo=zone(timezone)).astimezone(dt.UTC)
