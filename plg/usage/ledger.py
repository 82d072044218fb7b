"""What an account has of a feature in a period, and why: the plan's allowance, what rolled over, and grants. Derived
from immutable grants and the readings of the periods; nothing of it is stored, so nothing of it can be wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from plg.plans.features import Rollover
from plg.usage.amounts import Number, tidy
from plg.usage.periods import Period

ROLLOVER = "rollover"
_FOREVER = dt.datetime.max.replace(tzinfo=dt.UTC)


@dataclass(frozen=True)
class Spent:
    """A period that is over, or the present one. allowance: what the plan gave in it."""

    period: Period
    used: Number
    allowance: Number
    rolls_over: bool = True


@dataclass(frozen=True)
class Credit:
    """Something that may be used beyond the allowance, from a moment until another (exclusive; None: no end)."""

    amount: Number
    priority: int
    starts_at: dt.datetime
    expires_at: dt.datetime | None
    source: str
    reason: str = ""
    id: int = 0

    @property
    def turn(self) -> tuple[int, dt.datetime, dt.datetime, int]:
        """Who is used first: the lower priority, then what expires first, then the older."""
        return self.priority, self.expires_at or _FOREVER, self.starts_at, self.id

    def touches(self, period: Period) -> bool:
        begun = period.ends_at is None or self.starts_at < period.ends_at
        return begun and (
            self.expires_at is None or period.starts_at is None or self.expires_at > period.starts_at
        )


@dataclass
class Line:
    """A credit and what is left of it for the present period, before anything of that was used."""

    credit: Credit
    left: Decimal = Decimal(0)


def lines(periods: Sequence[Spent], credits: Sequence[Credit], rollover: Rollover | None) -> list[Line]:
    """What may be used beyond the allowance in the last of the periods, in the order of use. periods: one after the
    other, from the first that any credit touches; what was used in each beyond its allowance came from the credits
    that touch it."""
    found = [Line(credit, Decimal(credit.amount)) for credit in credits]
    for number, spent in enumerate(periods[:-1]):
        _draw(found, spent)
        unused = Decimal(spent.allowance) - Decimal(spent.used)
        if rollover is not None and spent.rolls_over and unused > 0:
            amount = min(unused, Decimal(rollover.most))
            last = periods[min(number + rollover.periods, len(periods) - 1)].period
            found.append(Line(_rolled(amount, spent.period, last), amount))
    present = periods[-1].period
    return sorted(
        (line for line in found if line.left > 0 and line.credit.touches(present)),
        key=lambda line: line.credit.turn,
    )


def _draw(found: Sequence[Line], spent: Spent) -> None:
    over = Decimal(spent.used) - Decimal(spent.allowance)
    for line in sorted(found, key=lambda each: each.credit.turn):
        if over <= 0:
            return
        if line.credit.touches(spent.period):
            taken = min(over, line.left)
            line.left -= taken
            over -= taken


def _rolled(amount: Decimal, period: Period, last: Period) -> Credit:
    """What rolls over from a period, to be used until the end of a later one."""
    assert period.ends_at is not None
    return Credit(tidy(amount), 0, period.ends_at, last.ends_at, ROLLOVER, period.key)


def total(found: Sequence[Line]) -> Number:
    return tidy(sum((line.left for line in found), Decimal(0)))
