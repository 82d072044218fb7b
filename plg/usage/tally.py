"""What events bring to which counters, and adding it to them or taking it back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from plg.accounts.models import Account
from plg.events.stream import LoggedEvent
from plg.kit.db import db
from plg.plans import catalogue
from plg.plans.catalogue import Plan
from plg.plans.models import AccountPlan
from plg.usage import counters
from plg.usage.aggregations.aggregation import Reading, Use
from plg.usage.amounts import MOST, Number
from plg.usage.counters import Place
from plg.usage.meters import WHOLE, Meter
from plg.usage.periods import period_at


@dataclass(frozen=True)
class Owner:
    """What an account's counters depend on."""

    timezone: str
    anchor_day: int | None
    plan: Plan


Owners = Mapping[int, Owner]
Uses = dict[Place, list[Use]]


@dataclass(frozen=True)
class Change:
    """What a counter read before and after."""

    before: Reading
    after: Reading


def owners_of(account_ids: Iterable[int | None]) -> dict[int, Owner]:
    """The accounts that there are, in one query."""
    query = (
        select(Account.id, Account.timezone, AccountPlan.anchor_day, AccountPlan.plan_version_id)
        .outerjoin(AccountPlan, AccountPlan.account_id == Account.id)
        .where(Account.id.in_({each for each in account_ids if each is not None}))
    )
    default = catalogue.default_plan()
    return {
        row[0]: Owner(row[1], row[2], catalogue.plan_version(row[3]) if row[3] else default)
        for row in db.session.execute(query)
    }


def gather(meter: Meter, events: Iterable[LoggedEvent], owners: Owners) -> Uses:
    """The uses of the meter's events, by the counters that they belong to."""
    found: Uses = defaultdict(list)
    for event in events:
        use = meter.use_of(event)
        owner = owners.get(event.account_id or 0)
        if use is not None and owner is not None:
            anchor = meter.period_anchor(owner.anchor_day)
            period = period_at(event.occurred_at, meter.feature.per, owner.timezone, anchor)
            for part in meter.parts_of(event):
                found[Place(event.account_id or 0, meter.key, period, part)].append(use)
    return found


def add(meter: Meter, uses: Uses, owners: Owners, *, sign: int = 1) -> dict[Place, Change]:
    """Fold the uses into their counters; sign -1 takes them back, where the aggregation can."""
    if not uses:
        return {}
    if meter.aggregation.distinct:
        uses = counters.new_values(uses)
    before = counters.read(uses)
    changes = {}
    for place, given in uses.items():
        old = before.get(place, Reading())
        changes[place] = Change(old, meter.aggregation.fold(old, given, sign))
    counters.write({place: change.after for place, change in changes.items()}, allowances(uses, owners))
    return changes


def count_anew(meter: Meter, places: Iterable[Place], events: Sequence[LoggedEvent], owners: Owners) -> None:
    """Have the counters of these places hold what these events give, and nothing else."""
    emptied = dict.fromkeys(places, Reading())
    counters.forget_values(list(emptied))
    counters.write(emptied, allowances(emptied, owners))
    uses = gather(meter, events, owners)
    add(meter, {place: given for place, given in uses.items() if place in emptied}, owners)


def allowances(places: Iterable[Place], owners: Owners) -> dict[Place, Number]:
    """What the plan of each account gives of the feature in a period."""
    found: dict[Place, Number] = {}
    for place in places:
        limit = owners[place.account_id].plan.limit(place.feature) if place.part == WHOLE else 0
        found[place] = MOST if limit is None else limit
    return found
