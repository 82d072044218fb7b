"""What the growth page's form asks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from flask_babel import gettext

from plg.growth.columns import ACTORS, Actor
from plg.growth.config import GrowthConfig
from plg.kit.clock import now

USUAL_DAYS = 90
MOST_DAYS = 3660


@dataclass(frozen=True)
class Asked:
    """Days from first to last, both included, whom to count, and the segment that they are in, if any. compare: with
    as many days before.

    faults: by field, in the reader's language; where there are any, the rest is what the page shows without being
    asked."""

    first: dt.date
    last: dt.date
    actor: Actor
    segment: str | None = None
    compare: bool = False
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def arguments(self) -> dict[str, str]:
        """The query that asks for this again."""
        told = {"from": self.first.isoformat(), "to": self.last.isoformat(), "actor": self.actor}
        told |= {"segment": self.segment} if self.segment else {}
        return told | ({"compare": "1"} if self.compare else {})


def read(arguments: Mapping[str, str], config: GrowthConfig, segments: Container[str]) -> Asked:
    """The query `from`, `to` (ISO days), `actor`, `segment` and `compare`; what is missing is the usual."""
    today = now().astimezone(ZoneInfo(config.timezone)).date()
    usual = Asked(today - dt.timedelta(days=USUAL_DAYS - 1), today, config.actor)
    faults: dict[str, str] = {}
    first = _day(arguments.get("from"), usual.first, "from", faults)
    last = _day(arguments.get("to"), usual.last, "to", faults)
    actor = _actor(arguments.get("actor"), usual.actor, faults)
    if not faults and last < first:
        faults["to"] = gettext("The last day must not lie before the first.")
    if not faults and (last - first).days >= MOST_DAYS:
        faults["to"] = gettext("At most ten years at a time.")
    segment = arguments.get("segment") or None
    if segment is not None and segment not in segments:
        faults["segment"] = gettext("There is no such segment.")
    if faults:
        return Asked(usual.first, usual.last, usual.actor, faults=faults)
    return Asked(first, last, actor, segment, arguments.get("compare") == "1")


def _day(text: str | None, usual: dt.date, name: str, faults: dict[str, str]) -> dt.date:
    try:
        day = dt.date.fromisoformat(text) if text else usual
    except ValueError:
        faults[name] = gettext("Give a day as in 2026-03-31.")
        return usual
    if not 2010 <= day.year <= 2042:
        faults[name] = gettext("Give a day between 2010 and 2042.")
    return day


def _actor(text: str | None, usual: Actor, faults: dict[str, str]) -> Actor:
    for actor in ACTORS:
        if text == actor:
            return actor
    if text:
        faults["actor"] = gettext("Choose people or accounts.")
    return usual
