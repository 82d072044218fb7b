"""What events bring to which counters, and adding it to them or taking it back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from plg.accounts.models import Account
from plg.events.stream import LoggedEvent
from plg.kit.db import db
from plg.kit.db_expressions import among
from plg.plans import catalogue
from plg.plans.catalogue import Plan
from plg.plans.features import Feature
from plg.plans.models import AccountPlan
from plg.usage import counters
from plg.usage.aggregations.aggregation import Reading, Use
from plg.usage.amounts import MOST, Number
from plg.usage.counters import Place
from plg.usage.meters import WHOLE, Meter
from plg.usage.periods import Period, period_at

UNREAD = Reading()


@dataclass(frozen=True)
class Owner:
    """What an account's counters depend on."""

    timezone: str
    anchor_day: int | None
    plan: Plan


Owners = Mapping[int, Owner]
Uses = dict[Place, list[Use]]
Sheaf = tuple[int, Period, Sequence[LoggedEvent]]
"""Events of one name, account and period."""


@dataclass(slots=True)
class Change:
    """What uses brought to a counter: what it read before and after. allowance: what the account's plan gives
    (`MOST`: no limit); 0 of a part."""

    meter: Meter
    place: Place
    uses: Sequence[Use]
    before: Reading
    after: Reading
    allowance: Number


def owners_of(account_ids: Iterable[int | None]) -> dict[int, Owner]:
    """The accounts that there are, in one query."""
    query = (
        select(Account.id, Account.timezone, AccountPlan.anchor_day, AccountPlan.plan_version_id)
        .outerjoin(AccountPlan, AccountPlan.account_id == Account.id)
        .where(among(Account.id, {each for each in account_ids if each is not None}))
    )
    default = catalogue.default_plan()
    return {
        row[0]: Owner(row[1], row[2], catalogue.plan_version(row[3]) if row[3] else default)
        for row in db.session.execute(query)
    }


class Sheaves:
    """Events by name, account and period: put together once, for all the meters that count them."""

    def __init__(self, events: Iterable[LoggedEvent], owners: Owners) -> None:
        self._owners = owners
        self._by_name: dict[str, dict[int, list[LoggedEvent]]] = defaultdict(dict)
        self._bound: dict[tuple[str | None, str, str], list[Sheaf]] = {}
        for event in events:
            account_id = event.account_id
            if account_id is not None and account_id in owners:
                self._by_name[event.name].setdefault(account_id, []).append(event)

    def of(self, feature: Feature) -> Sequence[Sheaf]:
        kind = (feature.event, feature.per, feature.anchor)
        if kind not in self._bound:
            self._bound[kind] = list(self._bind(feature))
        return self._bound[kind]

    def _bind(self, feature: Feature) -> Iterator[Sheaf]:
        by_billing = feature.anchor == "billing"
        for account_id, events in self._by_name[feature.event or ""].items():
            owner = self._owners[account_id]
            anchor_day = owner.anchor_day if by_billing else None
            for period, within in by_period(events, feature.per, owner.timezone, anchor_day).items():
                yield account_id, period, within


def by_period(
    events: Sequence[LoggedEvent], per: str, timezone: str, anchor_day: int | None
) -> Mapping[Period, Sequence[LoggedEvent]]:
    """Mostly all fall in one period: then only the first and the last are looked at."""
    moments = [event.occurred_at for event in events]
    first = period_at(min(moments), per, timezone, anchor_day)
    if first.holds(max(moments)):
        return {first: events}
    found: dict[Period, list[LoggedEvent]] = defaultdict(list)
    for event in events:
        found[period_at(event.occurred_at, per, timezone, anchor_day)].append(event)
    return found


def gather(meter: Meter, sheaves: Sheaves) -> Uses:
    """The uses of the meter's events, by the counters that they belong to."""
    return {
        Place(account_id, meter.key, period, part): uses
        for account_id, period, events in sheaves.of(meter.feature)
        for part, uses in meter.uses_of(events).items()
    }


def add(gathered: Sequence[tuple[Meter, Uses]], owners: Owners, *, sign: int = 1) -> list[Change]:
    """Fold the uses of these meters into their counters; sign -1 takes them back, where the aggregation can."""
    distinct = [uses for meter, uses in gathered if meter.aggregation.distinct]
    new = counters.new_values({place: given for uses in distinct for place, given in uses.items()})
    before = counters.read(place for _, uses in gathered for place in uses)
    changes = []
    for meter, uses in gathered:
        fold = meter.aggregation.fold
        for place, given in uses.items():
            old = before.get(place, UNREAD)
            after = fold(old, new.get(place, given), sign)
            changes.append(Change(meter, place, given, old, after, _allowance(place, owners)))
    counters.write((change.place, change.after, change.allowance) for change in changes)
    return changes


def count_anew(meter: Meter, places: Iterable[Place], events: Sequence[LoggedEvent], owners: Owners) -> None:
    """Have the counters of these places hold what these events give, and nothing else."""
    emptied = list(places)
    counters.forget_values(emptied)
    counters.write((place, UNREAD, _allowance(place, owners)) for place in emptied)
    uses = gather(meter, Sheaves(events, owners))
    add([(meter, {place: uses[place] for place in emptied if place in uses})], owners)


def _allowance(place: Place, owners: Owners) -> Number:
    """What the account's plan gives of the feature in a period."""
    if place.part != WHOLE:
        return 0
    limit = owners[place.account_id].plan.limit(place.feature)
    return MOST if limit is None else limit
