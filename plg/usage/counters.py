"""The counters' rows: read, written, and told apart by their places. What is used is written only by who holds the
meter (`meters.follow`); what is held, by one conditional statement."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, delete, literal, select, tuple_, update

from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.usage.aggregations.aggregation import Reading, Use
from plg.usage.amounts import Amount, Number
from plg.usage.models import Counter, SeenValue
from plg.usage.periods import Period

KEY = ("account_id", "feature", "period", "part")


@dataclass(frozen=True)
class Place:
    """What one counter counts."""

    account_id: int
    feature: str
    period: Period
    part: str = ""

    @property
    def key(self) -> tuple[int, str, str, str]:
        return self.account_id, self.feature, self.period.key, self.part


def read(places: Collection[Place]) -> dict[Place, Reading]:
    """What the counters of these places read; nothing for those that there are not."""
    query = select(Counter).where(
        Counter.account_id.in_({p.account_id for p in places}),
        Counter.feature.in_({p.feature for p in places}),
        Counter.period.in_({p.period.key for p in places}),
    )
    found = db.session.scalars(query.execution_options(populate_existing=True))
    rows = {(row.account_id, row.feature, row.period, row.part): row for row in found}
    return {place: _reading(rows[place.key]) for place in places if place.key in rows}


def _reading(row: Counter) -> Reading:
    last = (row.last_at, row.last_position) if row.last_at is not None else None
    return Reading(row.used, row.events, last)


def write(readings: Mapping[Place, Reading], allowances: Mapping[Place, Number]) -> None:
    """Set what the counters read, in one statement. allowances: what each account's plan gives now; of a period, the
    most is kept."""
    if not readings:
        return
    moment = now()
    rows = [
        dict(zip(KEY, place.key, strict=True))
        | {"used": reading.used, "held": 0, "events": reading.events, "updated_at": moment}
        | {"last_at": reading.last[0] if reading.last else None}
        | {"last_position": reading.last[1] if reading.last else 0}
        | {"allowance": allowances.get(place, 0), "ends_at": place.period.ends_at}
        for place, reading in sorted(readings.items(), key=lambda pair: pair[0].key)
    ]
    row = insert(Counter.__table__)
    kept: dict[str, Any] = {
        name: row.excluded[name] for name in ("used", "events", "last_at", "last_position", "updated_at")
    }
    larger = Counter.allowance > row.excluded.allowance
    kept["allowance"] = case((larger, Counter.allowance), else_=row.excluded.allowance)
    db.session.execute(row.on_conflict_do_update(index_elements=KEY, set_=kept), rows)


def new_values(place: Place, uses: Iterable[Use]) -> list[Use]:
    """Those of the uses whose value was not seen at this place before; from now on it was."""
    by_value = {str(use.value): use for use in uses}
    if not by_value:
        return []
    rows = [dict(zip(KEY, place.key, strict=True)) | {"value": value} for value in sorted(by_value)]
    made = insert(SeenValue.__table__).on_conflict_do_nothing().returning(SeenValue.value)
    return [by_value[value] for (value,) in db.session.execute(made, rows)]


def forget_values(places: Sequence[Place]) -> None:
    keys = tuple_(SeenValue.account_id, SeenValue.feature, SeenValue.period, SeenValue.part)
    db.session.execute(delete(SeenValue).where(keys.in_([place.key for place in places])))


def hold(place: Place, amount: Number, limit: Number | None) -> bool:
    """Hold so much, if it is left: one statement, whoever else asks at the same moment. limit is None: without."""
    if limit is not None and amount > limit:
        return False
    row = insert(Counter.__table__).values(
        **dict(zip(KEY, place.key, strict=True)),
        used=0,
        held=amount,
        events=0,
        last_position=0,
        ends_at=place.period.ends_at,
        updated_at=now(),
    )
    fits = (
        None if limit is None else Counter.used + Counter.held + row.excluded.held <= literal(limit, Amount)
    )
    row = row.on_conflict_do_update(
        index_elements=KEY, set_={"held": Counter.held + row.excluded.held}, where=fits
    )
    return db.session.execute(row.returning(Counter.account_id)).first() is not None


def let_go(held: Mapping[tuple[int, str, str], Number]) -> None:
    """Hold so much less of each (account, feature, period); a negative amount is held in addition."""
    # In the order in which counting takes them: meter by meter, account by account.
    for (account_id, feature, period), amount in sorted(
        held.items(), key=lambda pair: pair[0][1:2] + pair[0]
    ):
        row = update(Counter).where(
            Counter.account_id == account_id,
            Counter.feature == feature,
            Counter.period == period,
            Counter.part == "",
        )
        db.session.execute(row.values(held=Counter.held - literal(amount, Amount)))
