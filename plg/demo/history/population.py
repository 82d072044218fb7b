"""Who signs up, when, from where, and what kind of customer they will be."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from . import words

WEEKDAYS = (1.0, 1.05, 1.0, 0.95, 0.8, 0.22, 0.14)
"""How busy Monday to Sunday are."""
HOURS = (0, 0, 0, 0, 0, 0, 1, 4, 10, 15, 16, 14, 9, 6, 9, 13, 14, 12, 8, 5, 4, 3, 2, 1)
"""How busy the hours of the customer's own day are: mornings most, a dip at lunch."""
_HOURS = [hour for hour, weight in enumerate(HOURS) for _ in range(weight)]
COUNTRIES = {
    "CO": ("America/Bogota", 24), "MX": ("America/Mexico_City", 22), "ES": ("Europe/Madrid", 15),
    "AR": ("America/Argentina/Buenos_Aires", 11), "CL": ("America/Santiago", 9), "PE": ("America/Lima", 8),
    "EC": ("America/Guayaquil", 4), "UY": ("America/Montevideo", 3), "CR": ("America/Costa_Rica", 2),
    "DO": ("America/Santo_Domingo", 2),
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A sort of customer. share: of all accounts; team: fewest and most people; invoices: a working day;
    visits: chance that a member works in the product on a working day; upgrades: chance at the limit."""

    name: str
    share: float
    team: tuple[int, int]
    invoices: float
    visits: float
    upgrades: float = 0.0

    @property
    def activates(self) -> bool:
        return self.invoices > 0


KINDS = (
    Kind("looks", 0.24, (1, 2), 0.0, 0.05),
    Kind("tries", 0.20, (1, 3), 0.0, 0.16),
    Kind("light", 0.30, (1, 4), 0.16, 0.38, 0.28),
    Kind("steady", 0.20, (3, 9), 0.95, 0.76, 0.45),
    Kind("heavy", 0.06, (6, 18), 3.4, 0.88, 0.65),
)


@dataclass(frozen=True)
class SimulatedPerson:
    key: str
    name: str
    email: str
    locale: str
    created_at: dt.datetime


@dataclass(frozen=True)
class SimulatedAccount:
    """people: places in `History.people`, the owner first."""

    key: str
    name: str
    country: str
    timezone: str
    created_at: dt.datetime
    people: tuple[int, ...]
    kind: Kind


def populate(
    rng: random.Random, days: int, people: int, until: dt.datetime
) -> tuple[list[SimulatedPerson], list[SimulatedAccount]]:
    """Accounts with their people until there are enough people, in no order of time."""
    everybody: list[SimulatedPerson] = []
    accounts: list[SimulatedAccount] = []
    dates = [(until - dt.timedelta(days=days - i)).date() for i in range(days)]
    # Weekdays weigh more, and so do later days: the product grows.
    weights = [WEEKDAYS[day.weekday()] * (0.7 + 0.6 * i / days) for i, day in enumerate(dates)]
    while len(everybody) < people:
        day = rng.choices(dates, weights)[0]
        accounts.append(_account(rng, len(accounts), day, everybody, until))
    return everybody, accounts


def moment(rng: random.Random, day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """Some time of a customer's day, most likely in its working hours."""
    return _midnight(day, zone) + dt.timedelta(hours=rng.choice(_HOURS), seconds=rng.random() * 3599)


@lru_cache(maxsize=10_000)
def _midnight(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(dt.UTC)


def _account(
    rng: random.Random, number: int, day: dt.date, everybody: list[SimulatedPerson], until: dt.datetime
) -> SimulatedAccount:
    kind = rng.choices(KINDS, [kind.share for kind in KINDS])[0]
    country = rng.choices(list(COUNTRIES), [weight for _, weight in COUNTRIES.values()])[0]
    zone = COUNTRIES[country][0]
    signed_up = min(moment(rng, day, ZoneInfo(zone)), until - dt.timedelta(minutes=30))
    places = tuple(range(len(everybody), len(everybody) + rng.randint(*kind.team)))
    for place in places:
        everybody.append(_person(rng, place, signed_up, until, owner=place == places[0]))
    name = words.company_name(rng, country)
    return SimulatedAccount(f"firm-{number + 1:05d}", name, country, zone, signed_up, places, kind)


def _person(
    rng: random.Random, place: int, signed_up: dt.datetime, until: dt.datetime, *, owner: bool
) -> SimulatedPerson:
    """Owners come first, colleagues within some days."""
    name = words.person_name(rng)
    left = (until - signed_up).total_seconds()
    later = 0.0 if owner else min(rng.expovariate(1 / (6 * 86_400)) + 3600, left * rng.uniform(0.2, 0.9))
    joined = signed_up + dt.timedelta(seconds=later)
    locale = "en" if rng.random() < 0.06 else "es"
    return SimulatedPerson(f"user-{place + 1:06d}", name, words.address(name, place + 1), locale, joined)
