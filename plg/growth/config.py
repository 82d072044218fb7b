"""What the growth page shows: the [growth] table of `plg.toml`, published, or these defaults."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from plg.events import names
from plg.growth.columns import Actor
from plg.growth.models import GrowthVersion
from plg.growth.reports.definition import Chosen, EventName, EventNames, Range, Where
from plg.growth.reports.funnel import Funnel, Step
from plg.growth.reports.periods import midnight
from plg.growth.reports.time_to_value import TimeToValue
from plg.growth.reports.trend import Series, Trend
from plg.growth.reports.trial_to_paid import TrialToPaid
from plg.kit import versions
from plg.kit.clock import known_zone
from plg.plans.catalogue import texts

KEY = "growth"


class NamedStep(BaseModel):
    """A step with a filter, several events, or a name of its own in some languages.

    optional: a way goes on without it, too."""

    model_config = ConfigDict(extra="forbid")

    events: EventNames
    where: Where = Field(default_factory=dict)
    optional: bool = False
    name: dict[Literal["es", "en"], Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        default_factory=dict
    )


LEARNED = NamedStep(
    events=("Lesson Completed", "Course Completed"),
    optional=True,
    name={"es": "Aprendizaje", "en": "Learned"},
)
DEFAULT_STEPS = (names.SIGNED_UP, names.ACTIVATED, LEARNED, names.LIMIT_REACHED, names.SUBSCRIPTION_STARTED)


class GrowthConfig(BaseModel):
    """funnel: steps as event names or tables; actor: whom the page counts at first; properties: those of
    events that reports can filter by (another one makes the columns be filled anew)."""

    model_config = ConfigDict(extra="forbid")

    funnel: Annotated[tuple[EventName | NamedStep, ...], Field(min_length=2, max_length=20)] = DEFAULT_STEPS
    window_days: Annotated[int, Field(ge=1, le=366)] = 60
    actor: Actor = "account"
    properties: Annotated[tuple[EventName, ...], Field(max_length=20)] = ("plan",)
    timezone: Annotated[str, AfterValidator(known_zone)] = "UTC"

    def funnel_between(
        self, first: dt.date, last: dt.date, actor: Actor, locale: str, segment: str | None = None
    ) -> Funnel:
        """The project's funnel of those who start on these days (both included), beside as many days before."""
        start, end = self._range(first, last)
        before, _ = self._range(first - (last - first) - dt.timedelta(days=1), first)
        return Funnel(
            steps=tuple(_step(step, locale) for step in self.funnel),
            window_seconds=self.window_days * 86_400,
            actor=actor,
            segment=segment,
            start=start,
            end=end,
            compare_to=Range(start=before, end=start),
        )

    def signups_between(self, first: dt.date, last: dt.date, segment: str | None = None) -> Trend:
        """Sign-ups a day, both days included."""
        start, end = self._range(first, last)
        signups = Series(events=(names.SIGNED_UP,))
        return Trend(series=(signups,), timezone=self.timezone, segment=segment, start=start, end=end)

    def value_between(
        self, first: dt.date, last: dt.date, actor: Actor, segment: str | None = None
    ) -> TimeToValue:
        """From the first step of the funnel to the second, a week."""
        start, end = self._range(first, last)
        one, two = (_step(step, "en") for step in self.funnel[:2])
        return TimeToValue(
            start_event=Chosen(events=one.events, where=one.where),
            value_event=Chosen(events=two.events, where=two.where),
            interval="week",
            timezone=self.timezone,
            actor=actor,
            segment=segment,
            start=start,
            end=end,
        )

    def trials_between(
        self, first: dt.date, last: dt.date, as_of: dt.datetime, segment: str | None = None
    ) -> TrialToPaid:
        """Accounts whose trial began in each week, how many pay and will."""
        start, end = self._range(first, last)
        horizon = self.window_days
        return TrialToPaid(
            timezone=self.timezone, as_of=as_of, horizon_days=horizon, segment=segment, start=start, end=end
        )

    def _range(self, first: dt.date, last: dt.date) -> tuple[dt.datetime, dt.datetime]:
        return midnight(first, self.timezone), midnight(last + dt.timedelta(days=1), self.timezone)


def live() -> GrowthConfig:
    """The published one, else the defaults. One statement."""
    row = versions.live(GrowthVersion, KEY)
    return GrowthConfig.model_validate(row.definition) if row else GrowthConfig()


def _step(step: str | NamedStep, locale: str) -> Step:
    if isinstance(step, str):
        return Step(events=(step,))
    name = texts(step.name, locale, "")
    return Step(events=step.events, where=step.where, name=name, optional=step.optional)
