"""What events bring to which counters, and adding it to them or taking it back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from plg.accounts.models import Account
from plg.events.stream import LoggedEvent
from plg.kit.db import db
from plg.kit.db_expressions import among
from plg.plans import catalogue
from plg.plans.catalogue import Plan
from plg.plans.models import AccountPlan
from plg.usage import counters
from plg.usage.aggregations.aggregation import Reading, Use
from plg.usage.amounts import MOST, Number
from plg.usage.counters import Place
from plg.usage.meters import WHOLE, Meter
from plg.usage.periods import period_at

UNREAD = Reading()


@dataclass(frozen=True)
class Owner:
    """What an account's counters depend on."""

    timezone: str
    anchor_day: int | None
    plan: Plan


Owners = Mapping[int, Owner]
Uses = dict[Place, list[Use]]


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


def gather(meter: Meter, events: Iterable[LoggedEvent], owners: Owners) -> Uses:
    """The uses of the meter's events, by the counters that they belong to."""
    found: Uses = defaultdict(list)
    key, per, by_billing = meter.key, meter.feature.per, meter.feature.anchor == "billing"
    for event in events:
        account_id = event.account_id or 0
        owner, use = owners.get(account_id), meter.use_of(event)
        if use is not None and owner is not None:
            anchor_day = owner.anchor_day if by_billing else None
            period = period_at(event.occurred_at, per, owner.timezone, anchor_day)
            for part in meter.parts_of(event):
                found[Place(account_id, key, period, part)].append(use)
    return found


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
    uses = gather(meter, events, owners)
    add([(meter, {place: uses[place] for place in emptied if place in uses})], owners)


def _allowance(place: Place, owners: Owners) -> Number:
    """What the account's plan gives of the feature in a period."""
    if place.part != WHOLE:
        return 0
    limit = owners[place.account_id].plan.limit(place.feature)
    return MOST if limit is None else limit
