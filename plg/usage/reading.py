"""What the database says of an account's plan and use: one query, and a second one only for accounts that have more
than their plan gives."""

from __future__ import annotations

import datetime as dt
import functools
from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Select, bindparam, exists, func, select

from plg.accounts.models import Account, Membership
from plg.kit.clock import now
from plg.kit.db import UtcDateTime, db
from plg.plans import add_ons, catalogue
from plg.plans.catalogue import Plan, Published
from plg.plans.features import Feature
from plg.plans.models import FULL, AccountAddOn, AccountPlan
from plg.usage import grants, ledger
from plg.usage.amounts import MOST, Number
from plg.usage.ledger import Credit, Line, Spent
from plg.usage.models import Counter, UsageGrant
from plg.usage.periods import Period, period_at

MOST_PERIODS = 400
SECOND = dt.timedelta(seconds=1)


@dataclass(frozen=True)
class Count:
    """What a counter says."""

    used: Number = 0
    held: Number = 0


@dataclass(frozen=True)
class Standing:
    """One account as of one look. counts: by (feature, period). since: from when on it is known to have its plan.
    more: what add-ons give. paid_seats: how many seats are paid for."""

    account_id: int
    timezone: str
    plan: Plan
    access: str
    anchor_day: int | None
    since: dt.datetime
    seats: int
    counts: Mapping[tuple[str, str], Count]
    published: Published
    moment: dt.datetime
    more: Mapping[str, int] = field(default_factory=Tally)
    credits: Mapping[str, Sequence[Credit]] = field(default_factory=dict)
    paid_seats: int = 0

    def period(self, feature: Feature) -> Period:
        anchor = self.anchor_day if feature.anchor == "billing" else None
        return period_at(self.moment, feature.per, self.timezone, anchor)

    def at(self, moment: dt.datetime) -> Standing:
        """The same in the periods that another moment falls in, with what was counted of them until now."""
        counts = {place: count for place, (count, _) in self._past.items()}
        return replace(self, moment=moment, counts=counts)

    def base(self, key: str) -> int | None:
        """What plan, seats and add-ons give; None: as much as wanted. Who pays for seats has so many, and not fewer
        than the plan gives."""
        given = self.plan.limit(key)
        if given is None:
            return None
        feature = self.published.catalogue.features.get(key)
        if feature is not None and feature.type == "seats":
            given = max(given, self.paid_seats)
        return given + self.more.get(key, 0)

    def is_granted(self, key: str) -> bool:
        """Whether it was given something of the feature that is in force."""
        return any(
            each.starts_at <= self.moment and (each.expires_at is None or each.expires_at > self.moment)
            for each in self.credits.get(key, ())
        )

    def lines(self, key: str, feature: Feature) -> list[Line]:
        """What may be used beyond that in the present period, in the order of use."""
        allowance = self.plan.allowance(key)
        rollover = allowance.rollover if allowance else None
        credits = self.credits.get(key, ())
        base = self.base(key)
        if base is None or (rollover is None and not credits):
            return []
        back = min((credit.starts_at for credit in credits), default=self.moment)
        return ledger.lines(self._history(key, feature, base, back, rollover), credits, rollover)

    def _history(
        self, key: str, feature: Feature, base: int, back: dt.datetime, rollover: Any
    ) -> list[Spent]:
        """The periods until now, from the first that matters."""
        anchor = self.anchor_day if feature.anchor == "billing" else None
        wanted = rollover.periods + 1 if rollover else 1
        found = [self.period(feature)]
        while len(found) < MOST_PERIODS and (start := found[-1].starts_at) is not None:
            if start <= back and len(found) >= wanted:
                break
            found.append(period_at(start - SECOND, feature.per, self.timezone, anchor))
        return [self._spent(key, period, base) for period in reversed(found)]

    def _spent(self, key: str, period: Period, base: int) -> Spent:
        count, allowance = self._past.get((key, period.key), (Count(), None))
        given = base if allowance is None else allowance
        known = period.ends_at is None or period.ends_at > self.since
        return Spent(period, count.used, given, rolls_over=known and given != MOST)

    @functools.cached_property
    def _past(self) -> dict[tuple[str, str], tuple[Count, Number | None]]:
        columns = (Counter.feature, Counter.period, Counter.used, Counter.held, Counter.allowance)
        query = select(*columns).where(Counter.account_id == self.account_id, Counter.part == "")
        return {(r[0], r[1]): (Count(r[2], r[3]), r[4]) for r in db.session.execute(query)}


def columns() -> tuple[Any, ...]:
    """The columns that `of_rows` takes, for `source()`, so that larger queries can carry them."""
    seats = select(func.count()).where(Membership.account_id == Account.id).scalar_subquery()
    return (
        *catalogue.stamp(),
        Account.id,
        Account.timezone,
        AccountPlan.plan_version_id,
        AccountPlan.access,
        AccountPlan.anchor_day,
        func.coalesce(AccountPlan.since, Account.created_at),
        seats,
        AccountPlan.paid_seats,
        exists().where(UsageGrant.account_id == Account.id),
        exists().where(AccountAddOn.account_id == Account.id),
        Counter.feature,
        Counter.period,
        Counter.used,
        Counter.held,
    )


def source(query: Select[Any]) -> Select[Any]:
    """The account with its plan and the counters of the present periods; run it with `parameters`."""
    at = bindparam("usage_at", type_=UtcDateTime())
    present = Counter.ends_at.is_(None) | (Counter.ends_at > at)
    return (
        query.select_from(Account)
        .outerjoin(AccountPlan, AccountPlan.account_id == Account.id)
        .outerjoin(Counter, (Counter.account_id == Account.id) & (Counter.part == "") & present)
        .where(Account.id == bindparam("account_id"))
    )


def parameters(account_id: int) -> dict[str, Any]:
    return {"account_id": account_id, "usage_at": now()}


@functools.cache
def _query() -> Select[Any]:
    """Built once: putting it together costs more than running it."""
    return source(select(*columns()))


def of_account(account_id: int) -> Standing | None:
    """None: there is no such account."""
    db.session.flush()
    # Plain rows, past what the session does for each of them: a third of what it takes on SQLite.
    return of_rows(db.session.connection().execute(_query(), parameters(account_id)).all())


def of_rows(rows: Sequence[Sequence[Any]]) -> Standing | None:
    """The same from rows that begin with `columns()`."""
    if not rows:
        return None
    first = rows[0]
    published = catalogue.as_of((first[0], first[1]))
    plan = catalogue.plan_version(first[4]) if first[4] else published.default_plan()
    counts = {(row[12], row[13]): Count(row[14], row[15]) for row in rows if row[12]}
    more = add_ons.given([first[2]]).get(first[2], Tally()) if first[11] else Tally[str]()
    credits = grants.credits_of(grants.of_account(first[2])) if first[10] else {}
    return Standing(
        account_id=first[2],
        timezone=first[3],
        plan=plan,
        access=first[5] or FULL,
        anchor_day=first[6],
        since=first[7],
        seats=first[8],
        counts=counts,
        published=published,
        moment=now(),
        more=more,
        credits=credits,
        paid_seats=first[9] or 0,
    )
