"""A report beside itself, of as many days before."""

from __future__ import annotations

from typing import TypeVar
from zoneinfo import ZoneInfo

from plg.growth.reports.charts import Mark
from plg.growth.reports.definition import Definition, Range
from plg.growth.reports.funnel import Funnel

Asked = TypeVar("Asked", bound=Definition)


def before(asked: Asked, timezone: str) -> Asked:
    """The same question of as many days before its range, by this zone's calendar."""
    zone = ZoneInfo(timezone)
    start, end = asked.start.astimezone(zone), asked.end.astimezone(zone)
    # Times of one zone are subtracted as its clocks show them, so midnights stay midnights.
    earlier = asked.model_copy(update={"start": start - (end - start), "end": start})
    return earlier.model_copy(update={"compare_to": None}) if isinstance(asked, Funnel) else earlier


def beside(asked: Definition, earlier: Definition) -> Definition:
    """The question itself, which tells of differences with their intervals where it can."""
    if not isinstance(asked, Funnel):
        return asked
    return asked.model_copy(update={"compare_to": Range(start=earlier.start, end=earlier.end)})


def together(marks: list[Mark], earlier: list[Mark], dated: bool, names: tuple[str, str]) -> list[Mark]:
    """Both in one chart. dated: each period of the days before stands at that of the same number. names: of both."""
    now, then = (list(dict.fromkeys(mark.place for mark in each)) for each in (marks, earlier))
    places = dict(zip(then, now, strict=False)) if dated else {place: place for place in then}
    return [
        *(mark._replace(group=_named(mark.group, names[0])) for mark in marks),
        *(
            mark._replace(place=places[mark.place], group=_named(mark.group, names[1]), earlier=True)
            for mark in earlier
            if mark.place in places
        ),
    ]


def _named(group: str, name: str) -> str:
    return f"{group} · {name}" if group else name
