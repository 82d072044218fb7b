"""What the growth page shows: the [growth] table of `plg.toml`, published, or these defaults."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from plg.events import names
from plg.growth.columns import Actor
from plg.growth.models import GrowthVersion
from plg.growth.reports.definition import EventName, EventNames, Where
from plg.growth.reports.funnel import Funnel, Step
from plg.growth.reports.trend import Trend
from plg.kit import versions
from plg.kit.clock import known_zone
from plg.plans.catalogue import texts

KEY = "growth"
DEFAULT_STEPS = (names.SIGNED_UP, names.ACTIVATED, names.LIMIT_REACHED, names.SUBSCRIPTION_STARTED)


class NamedStep(BaseModel):
    """A step with a filter, several events, or a name of its own in some languages."""

    model_config = ConfigDict(extra="forbid")

    events: EventNames
    where: Where = Field(default_factory=dict)
    name: dict[Literal["es", "en"], Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        default_factory=dict
    )


class GrowthConfig(BaseModel):
    """funnel: steps as event names or tables; actor: whom the page counts at first; properties: those of
    events that reports can filter by (another one makes the columns be filled anew)."""

    model_config = ConfigDict(extra="forbid")

    funnel: Annotated[tuple[EventName | NamedStep, ...], Field(min_length=2, max_length=20)] = DEFAULT_STEPS
    window_days: Annotated[int, Field(ge=1, le=366)] = 60
    actor: Actor = "account"
    properties: Annotated[tuple[EventName, ...], Field(max_length=20)] = ("plan",)
    timezone: Annotated[str, AfterValidator(known_zone)] = "UTC"

    def funnel_between(self, first: dt.date, last: dt.date, actor: Actor, locale: str) -> Funnel:
        """The project's funnel of those who start on these days (both included)."""
        start, end = self._range(first, last)
        steps = tuple(_step(step, locale) for step in self.funnel)
        window = self.window_days * 86_400
        return Funnel(steps=steps, window_seconds=window, actor=actor, start=start, end=end)

    def signups_between(self, first: dt.date, last: dt.date) -> Trend:
        """Sign-ups a day, both days included."""
        start, end = self._range(first, last)
        return Trend(events=(names.SIGNED_UP,), timezone=self.timezone, start=start, end=end)

    def _range(self, first: dt.date, last: dt.date) -> tuple[dt.datetime, dt.datetime]:
        zone = ZoneInfo(self.timezone)
        start = dt.datetime.combine(first, dt.time(), zone)
        return start, dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), zone)


def live() -> GrowthConfig:
    """The published one, else the defaults. One statement."""
    row = versions.live(GrowthVersion, KEY)
    return GrowthConfig.model_validate(row.definition) if row else GrowthConfig()


def _step(step: str | NamedStep, locale: str) -> Step:
    if isinstance(step, str):
        return Step(events=(step,))
    return Step(events=step.events, where=step.where, name=texts(step.name, locale, ""))
