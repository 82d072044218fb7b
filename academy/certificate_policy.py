"""How long certificates of a course hold and how they are renewed, as `certificate:` in `course.yaml` says."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import Annotated, Final, Self

from pydantic import BeforeValidator, Field, Strict, StringConstraints, model_validator

from academy.texts import Key, Shape

UNITS: Final = {"d": "d", "day": "d", "m": "m", "month": "m", "y": "y", "year": "y"}
_TERM: Final = re.compile(r"(?P<count>[1-9]\d{0,3}) ?(?P<unit>d|days?|m|months?|y|years?)")
_MOST_YEARS: Final = 100


def _term(value: object) -> object:
    """`18 months` -> `18m`."""
    found = _TERM.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError("is no time such as 60d, 18 months or 2y")
    unit = found["unit"] if len(found["unit"]) == 1 else UNITS[found["unit"].removesuffix("s")]
    if int(found["count"]) > {"d": 366, "m": 12, "y": 1}[unit] * _MOST_YEARS:
        raise ValueError(f"is more than {_MOST_YEARS} years")
    return found["count"] + unit


Term = Annotated[str, BeforeValidator(_term), StringConstraints(pattern=r"^[1-9]\d{0,3}[dmy]$")]
"""A time by the calendar: `60d`, `18m` or `2y`; `18 months` and the like are read as such."""


class Renewal(Shape):
    """The shorter exam of whoever renews: so many questions, of those with one of these tags."""

    tags: Annotated[tuple[Key, ...], Field(max_length=50)] = ()
    questions: Annotated[int, Strict(), Field(ge=1, le=1_000)]


Amount = Annotated[int, Strict(), Field(ge=1, le=1_000_000_000)]
Name = Annotated[str, Strict(), StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,49}$")]


class Reward(Shape):
    """What a certificate gives its holder's workspace as long as it holds; one of these.

    feature: a key of `plans.toml`: what is given or not is given, and `amount` more of what is metered. trial_days:
    so many days more of the trial. percent_off, or amount_off in minor units of `currency`: of the next plan that is
    bought, for so many `months`, of its first invoice where that is absent."""

    feature: Name | None = None
    amount: Amount | None = None
    trial_days: Annotated[int, Strict(), Field(ge=1, le=365)] | None = None
    percent_off: Annotated[int, Strict(), Field(ge=1, le=100)] | None = None
    amount_off: Amount | None = None
    currency: Annotated[str, Strict(), StringConstraints(pattern=r"^[a-z]{3}$")] | None = None
    months: Annotated[int, Strict(), Field(ge=1, le=120)] | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        given = [n for n in ("feature", "trial_days", "percent_off", "amount_off") if getattr(self, n)]
        if len(given) != 1:
            raise ValueError("gives one of feature, trial_days, percent_off and amount_off")
        if self.amount is not None and self.feature is None:
            raise ValueError("`amount` says how much of a feature")
        if (self.amount_off is None) != (self.currency is None):
            raise ValueError("`currency` goes with `amount_off`")
        if self.months is not None and given[0] not in ("percent_off", "amount_off"):
            raise ValueError("`months` goes with a discount")
        return self

    @property
    def kind(self) -> str:
        """`feature`, `trial_days` or `discount`."""
        return "feature" if self.feature else "trial_days" if self.trial_days else "discount"

    @property
    def key(self) -> str:
        """The same for the same reward, such as `feature:invoices amount:500`."""
        return " ".join(f"{name}:{value}" for name, value in self.model_dump(exclude_none=True).items())


class CertificatePolicy(Shape):
    """valid_for: how long a certificate holds, for ever where it is absent. renew_from: how long before its end it
    can be renewed; grace: how long after it. reminders: how many days before its end its holder is reminded by mail.
    renewal: the exam of those who renew, the whole one where it is absent. rewards: what it gives while it holds."""

    valid_for: Term | None = None
    renew_from: Term = "60d"
    grace: Term | None = None
    reminders: Annotated[tuple[Annotated[int, Strict(), Field(ge=1, le=366)], ...], Field(max_length=10)] = ()
    renewal: Renewal | None = None
    rewards: Annotated[tuple[Reward, ...], Field(max_length=20)] = ()

    @model_validator(mode="after")
    def _ends_at_all(self) -> Self:
        if len(set(self.reminders)) < len(self.reminders):
            raise ValueError("reminds twice on the same day")
        if len({each.key for each in self.rewards}) < len(self.rewards):
            raise ValueError("gives the same reward twice")
        if self.valid_for is None and (self.grace or self.reminders):
            raise ValueError("says what happens around the end, and needs `valid_for` for that")
        return self


FOR_EVER: Final = CertificatePolicy()


def later(day: dt.date, term: str) -> dt.date:
    """The same day of the month so many months or years later, or the last one of a shorter month."""
    return _moved(day, int(term[:-1]), term[-1])


def earlier(day: dt.date, term: str) -> dt.date:
    """As `later`, the other way."""
    return _moved(day, -int(term[:-1]), term[-1])


def _moved(day: dt.date, count: int, unit: str) -> dt.date:
    if unit == "d":
        return day + dt.timedelta(days=count)
    years, month = divmod(day.month - 1 + count * (12 if unit == "y" else 1), 12)
    year = day.year + years
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def start_of(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    """When a day begins there (UTC); where midnight does not exist, by as much later as the clock was moved."""
    return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)


def end_of(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    """When the next day begins there (UTC)."""
    return start_of(day + dt.timedelta(days=1), zone)


def last_day(end: dt.datetime, zone: dt.tzinfo) -> dt.date:
    """The last day there before a moment."""
    return (end - dt.timedelta(microseconds=1)).astimezone(zone).date()
