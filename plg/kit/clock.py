"""The clock: time is UTC and aware, everywhere; a zone is only how somebody's calendar reads it."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@lru_cache(maxsize=1000)
def zone(name: str) -> dt.tzinfo:
    """The IANA zone; UTC where the name is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return dt.UTC


def is_zone(name: str) -> bool:
    """Whether this is the name of an IANA zone."""
    return name in _zone_names()


def known_zone(name: str) -> str:
    """The name of an IANA zone, for schemas; ValueError for any other text."""
    if not is_zone(name):
        raise ValueError("this is no IANA time zone")
    return name


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())
