"""Periods of a limit, in the account's own calendar."""

from __future__ import annotations

import datetime as dt

from plg.kit.clock import zone

LIFETIME = "lifetime"


def period_of(moment: dt.datetime, per: str, timezone: str) -> str:
    """The period that a moment falls in: `2026-11`, or `lifetime`."""
    return LIFETIME if per == LIFETIME else moment.astimezone(zone(timezone)).strftime("%Y-%m")


def ends_at(moment: dt.datetime, per: str, timezone: str) -> dt.datetime | None:
    """When the period of a moment ends and counting starts anew (UTC); None: never."""
    if per == LIFETIME:
        return None
    local = moment.astimezone(zone(timezone))
    year, month = (local.year + 1, 1) if local.month == 12 else (local.year, local.month + 1)
    return dt.datetime(year, month, 1, tzinfo=zone(timezone)).astimezone(dt.UTC)
