"""Times in rules: moments that a rule names, spans such as `7d`, and texts that hold a time.

A text is a time where it is written `2026-05-04`, or `2026-05-04T10:20:30` with what is left of a second (it is
dropped) and with `Z` or an offset such as `+02:00`; a day without a time of day begins at 00:00 UTC. Any other text
is none."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Any

UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
SPAN = re.compile(r"([1-9][0-9]{0,4})([mhdw])")
_TIME = re.compile(
    r"([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])[.0-9]*"
    r"(Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_1970 = dt.date(1970, 1, 1).toordinal()


def moment(value: Any) -> dt.datetime:
    """A moment that a rule names: ISO 8601, in UTC where it has no zone. YAML gives dates and times as such."""
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    elif isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, dt.time())
    if not isinstance(value, dt.datetime):
        raise ValueError("must be a time such as 2026-05-04T10:00:00Z")
    return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


@lru_cache(maxsize=1000)
def span(text: str) -> dt.timedelta:
    """`36h`, `7d`: minutes (m), hours, days of 24 hours, weeks."""
    found = SPAN.fullmatch(text)
    if found is None:
        raise ValueError("must be a span such as 30m, 36h, 7d or 2w")
    return dt.timedelta(seconds=int(found[1]) * UNITS[found[2]])


def seconds_of(text: str) -> int | None:
    """The whole seconds since 1970 of a text that is a time, else None; the same as `db_expressions.seconds_of`.
    A month's end is not looked up: the 30th of February is the second day after the 28th."""
    found = _TIME.fullmatch(text if len(text) != 10 else f"{text}T00:00:00Z")
    if found is None or found[1] == "0000":
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    days = dt.date(year, month, 1).toordinal() - _1970 + day - 1
    return days * 86400 + hour * 3600 + minute * 60 + second - _offset(found[7])


def _offset(zone: str) -> int:
    if zone == "Z":
        return 0
    return (int(zone[1:3]) * 3600 + int(zone[4:6]) * 60) * (1 if zone[0] == "+" else -1)
