"""What simulated customers do: try the product, find value or not, reach limits, pay, leave."""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from plg.events import names
from plg.kit.clock import now

from .population import WEEKDAYS, SimulatedAccount, SimulatedPerson, moment, populate

TRIAL_DAYS = 14
INVOICES_A_MONTH = {"trial": 10, "free": 5}
PRICES = {"month": 2900, "year": 29000}
PAGES = {"/": 30, "/invoices": 26, "/invoices/new": 14, "/customers": 12, "/customers/new": 5, "/team": 3,
         "/company": 3, "/plan": 4}  # fmt: skip
_VIEWS = [{"path": path} for path, weight in PAGES.items() for _ in range(weight)]
_PAUSES = [dt.timedelta(seconds=-70 * math.log((i + 0.5) / 200)) for i in range(200)]


class Happening(NamedTuple):
    """person and account: places in the history's lists."""

    at: dt.datetime
    name: str
    person: int | None
    account: int
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class History:
    """events in the order of time."""

    people: list[SimulatedPerson]
    accounts: list[SimulatedAccount]
    events: list[Happening]


def simulate(days: int = 90, people: int = 2000, seed: int = 1, until: dt.datetime | None = None) -> History:
    """The same history for the same arguments: at least `people` people who signed up in the last `days` days
    before `until` (now), some hundred events for each three of them."""
    rng = random.Random(seed)
    end = until or now()
    everybody, accounts = populate(rng, days, people, end)
    events: list[Happening] = []
    for place, account in enumerate(accounts):
        events += _Life(rng, place, account, everybody, end).lived()
    events.sort(key=lambda event: event.at)
    return History(everybody, accounts, events)


@dataclass
class _Life:
    """One account from its sign-up on, day by day."""

    rng: random.Random
    place: int
    account: SimulatedAccount
    everybody: list[SimulatedPerson]
    until: dt.datetime
    plan: str = "trial"
    sent: int = 0
    month: tuple[int, int] = (0, 0)
    leaves: dt.date = dt.date.max
    paid_since: dt.date | None = None
    activated: bool = False
    told: set[tuple[str, tuple[int, int], str]] = field(default_factory=set)
    events: list[Happening] = field(default_factory=list)

    def lived(self) -> list[Happening]:
        zone = ZoneInfo(self.account.timezone)
        self._begin()
        day = self.account.created_at.astimezone(zone).date()
        first = day
        while day <= self.until.astimezone(zone).date() and day < self.leaves:
            self._turn_month(day)
            self._end_trial(day, first)
            self._work(day, (day - first).days, zone)
            day += dt.timedelta(days=1)
        return [event for event in self.events if event.at <= self.until]

    def tell(self, at: dt.datetime, name: str, person: int | None, **properties: Any) -> None:
        self.events.append(Happening(at, name, person, self.place, properties))

    def _begin(self) -> None:
        """Sign-ups of owner and colleagues, the trial, the first steps."""
        owner, *colleagues = self.account.people
        at, rng = self.account.created_at, self.rng
        who = self.everybody[owner]
        source = rng.choices(("search", "referral", "ads", "partner"), (45, 25, 20, 10))[0]
        self.tell(at, names.SIGNED_UP, owner, locale=who.locale, country=self.account.country, channel=source)
        self.tell(at + _seconds(1), names.ACCOUNT_CREATED, owner, account_name=self.account.name)
        ends = at + dt.timedelta(days=TRIAL_DAYS)
        dates = {"trial_start_date": at.date().isoformat(), "trial_end_date": ends.date().isoformat()}
        self.tell(at + _seconds(2), names.TRIAL_STARTED, owner, trial_plan_name="trial", **dates)
        if rng.random() < 0.8:
            self.tell(at + _seconds(rng.uniform(60, 900)), "Company Details Added", owner)
        for person in colleagues:
            joined = self.everybody[person].created_at
            invited = at + (joined - at) * rng.uniform(0.3, 0.95)
            self.tell(invited, names.INVITE_SENT, owner, role="member")
            self.tell(joined, names.SIGNED_UP, person, locale=self.everybody[person].locale, channel="invite")
            self.tell(joined + _seconds(1), names.INVITE_ACCEPTED, person, role="member")
        self.leaves = self._farewell(at.date())

    def _farewell(self, signed_up: dt.date) -> dt.date:
        """The day on which interest is gone: within days for those who only look, hardly ever for the busy."""
        mean = {"looks": 4, "tries": 12, "light": 120, "steady": 300, "heavy": 600}[self.account.kind.name]
        return signed_up + dt.timedelta(days=2 + int(self.rng.expovariate(1 / mean)))

    def _turn_month(self, day: dt.date) -> None:
        if (day.year, day.month) != self.month:
            self.month, self.sent = (day.year, day.month), 0

    def _end_trial(self, day: dt.date, first: dt.date) -> None:
        if self.plan == "trial" and (day - first).days >= TRIAL_DAYS:
            at = self.account.created_at + dt.timedelta(days=TRIAL_DAYS)
            self.plan = "free"
            self.tell(at, names.TRIAL_ENDED, None, trial_plan_name="trial")
            self.tell(at, names.PLAN_CHANGED, None, from_plan="trial", to_plan="free", source="default")

    def _work(self, day: dt.date, age: int, zone: ZoneInfo) -> None:
        kind, rng = self.account.kind, self.rng
        busy = WEEKDAYS[day.weekday()]
        for person in self.account.people:
            joined = self.everybody[person].created_at
            if joined.astimezone(zone).date() <= day and (age == 0 or rng.random() < kind.visits * busy):
                self._visit(person, max(moment(rng, day, zone), joined + _seconds(30)))
        if kind.activates and age >= 1:
            for _ in range(_poisson(rng, kind.invoices * busy * (1.6 if age < 5 else 1.0))):
                self._invoice(rng.choice(self.account.people), moment(rng, day, zone))
        if self.paid_since and rng.random() < 0.0012:
            self._cancel(moment(rng, day, zone))

    def _visit(self, person: int, at: dt.datetime) -> None:
        """Some pages, a few minutes apart, sometimes a new customer."""
        rng = self.rng
        pages = rng.randint(4, 12)
        for view, pause in zip(rng.choices(_VIEWS, k=pages), rng.choices(_PAUSES, k=pages), strict=True):
            self.events.append(Happening(at, names.PAGE_VIEWED, person, self.place, view))
            at += pause
        if rng.random() < 0.2 and self.account.kind.name != "looks":
            self.tell(at, "Customer Created", person)

    def _invoice(self, person: int, at: dt.datetime) -> None:
        """An invoice goes out, unless the plan's month is used up."""
        if self.everybody[person].created_at > at:
            person = self.account.people[0]
        limit = INVOICES_A_MONTH.get(self.plan)
        if limit is not None and self.sent >= limit:
            self._hit_limit(person, at, limit)
            return
        self.sent += 1
        amount = round(self.rng.lognormvariate(5.6, 0.9)) * 100
        self.tell(at, "Invoice Sent", person, amount=amount, currency="usd", plan=self.plan)
        if not self.activated:
            self.activated = True
            self.tell(at, names.ACTIVATED, person, event="Invoice Sent")
            self._learn(person, at)
        if self.rng.random() < 0.7:
            paid = at + _seconds(self.rng.expovariate(1 / (9 * 86_400)))
            self.tell(paid, "Payment Recorded", person, amount=amount, currency="usd")
        for name, threshold in ((names.LIMIT_NEAR, 0.8), (names.LIMIT_REACHED, 1.0)):
            if limit is not None and self.sent >= limit * threshold:
                self._tell_limit(name, person, at + _seconds(1), limit)

    def _learn(self, person: int, at: dt.datetime) -> None:
        """Some who have found value take a lesson in the days after. Chance of its own: the rest stays as it is."""
        rng = random.Random(self.place)
        if rng.random() < 0.4:
            after = at + _seconds(rng.expovariate(1 / 86_400))
            self.tell(
                after, "Lesson Completed", person, course="facturo-essentials", lesson="company-and-customers"
            )

    def _tell_limit(self, name: str, person: int, at: dt.datetime, limit: int) -> None:
        if (name, self.month, self.plan) not in self.told:
            self.told.add((name, self.month, self.plan))
            self.tell(at, name, person, feature="invoices", used=self.sent, limit=limit, plan=self.plan)

    def _hit_limit(self, person: int, at: dt.datetime, limit: int) -> None:
        """A refusal and an offer; some accept it, the rest wait for the next month."""
        self._tell_limit(names.LIMIT_REACHED, person, at, limit)
        why = {"feature": "invoices", "reason": "limit_reached"}
        self.tell(at + _seconds(1), names.FEATURE_REFUSED, person, **why)
        self.tell(at + _seconds(2), names.OFFER_SHOWN, person, offer="limit", **why)
        if self.rng.random() < self.account.kind.upgrades / 2:
            self._upgrade(at + _seconds(self.rng.expovariate(1 / 1800)))
        elif self.rng.random() < 0.3:
            self.tell(at + _seconds(9), names.OFFER_DISMISSED, person, offer="limit")

    def _upgrade(self, at: dt.datetime) -> None:
        owner = self.account.people[0]
        interval = "year" if self.rng.random() < 0.25 else "month"
        self.tell(at, names.CHECKOUT_STARTED, owner, plan="pro", interval=interval)
        if self.rng.random() < 0.12:
            self.tell(at + _seconds(90), names.PAYMENT_FAILED, owner, plan="pro")
            return
        at += _seconds(self.rng.uniform(60, 300))
        price = {"plan": "pro", "amount": PRICES[interval], "currency": "usd", "interval": interval}
        self.tell(at, names.SUBSCRIPTION_STARTED, owner, **price)
        if self.plan == "trial":
            self.tell(at, names.TRIAL_CONVERTED, owner, trial_plan_name="trial", plan="pro")
        self.tell(at, names.PLAN_CHANGED, owner, from_plan=self.plan, to_plan="pro", source="subscription")
        self.plan, self.paid_since = "pro", at.date()

    def _cancel(self, at: dt.datetime) -> None:
        owner = self.account.people[0]
        self.tell(at, names.SUBSCRIPTION_CANCELLED, owner, plan="pro")
        self.tell(at, names.PLAN_CHANGED, owner, from_plan="pro", to_plan="free", source="subscription")
        self.plan, self.paid_since = "free", None


def _seconds(count: float) -> dt.timedelta:
    return dt.timedelta(seconds=count)


def _poisson(rng: random.Random, mean: float) -> int:
    """Knuth's method; means here are small."""
    count, product, floor = 0, rng.random(), 2.718281828459045**-mean
    while product > floor:
        count += 1
        product *= rng.random()
    return count
