"""The counters' rows: read, written, and told apart by their places. What is used is written only by who holds the
meter (`meters.follow`); what is held, by one conditional statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Final, NamedTuple

from sqlalchemy import delete, literal, tuple_, update

from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.db_bulk import insert_new_returning, rows_of, upsert
from plg.usage.aggregations.aggregation import Reading, Use
from plg.usage.amounts import Amount, Number
from plg.usage.models import Counter, SeenValue
from plg.usage.periods import Period

KEY = ("account_id", "feature", "period", "part")


class Place(NamedTuple):
    """What one counter counts."""

    account_id: int
    feature: str
    period: Period
    part: str = ""

    @property
    def key(self) -> tuple[int, str, str, str]:
        return self.account_id, self.feature, self.period.key, self.part


def read(places: Iterable[Place]) -> dict[Place, Reading]:
    """What the counters of these places read, in one query; nothing for those that there are not."""
    groups: dict[tuple[str, str, str], dict[int, Place]] = defaultdict(dict)
    for place in places:
        groups[place.feature, place.period.key, place.part][place.account_id] = place
    asked = [(dict(zip(KEY[1:], key, strict=True)), list(group)) for key, group in groups.items()]
    rows = rows_of(Counter.__table__, KEY[0], asked, ("used", "events", "last_at", "last_position"))
    found = list(groups.values())
    return {
        found[n][account_id]: Reading(used, events, None if last_at is None else (last_at, last_position))
        for n, account_id, used, events, last_at, last_position in rows
    }


_KEPT: Final = ", ".join(
    [f"{name} = excluded.{name}" for name in ("used", "events", "last_at", "last_position", "updated_at")]
    + [
        "allowance = CASE WHEN usage_counters.allowance > excluded.allowance"
        " THEN usage_counters.allowance ELSE excluded.allowance END"
    ]
)


def write(readings: Iterable[tuple[Place, Reading, Number]]) -> None:
    """Set what the counters read. The number is what the account's plan gives now; of a period, the most is kept."""
    moment = now()
    rows = [
        {
            "account_id": place.account_id,
            "feature": place.feature,
            "period": place.period.key,
            "part": place.part,
            "used": reading.used,
            "held": 0,
            "events": reading.events,
            "last_at": reading.last[0] if reading.last else None,
            "last_position": reading.last[1] if reading.last else 0,
            "allowance": allowance,
            "ends_at": place.period.ends_at,
            "updated_at": moment,
        }
        for place, reading, allowance in sorted(readings, key=itemgetter(0))
    ]
    upsert(Counter.__table__, rows, KEY, _KEPT)


def new_values(uses: Mapping[Place, Iterable[Use]]) -> dict[Place, list[Use]]:
    """Those of the uses whose value was not seen at their place before; from now on it was."""
    by_value = {(*place.key, str(use.value)): (place, use) for place, given in uses.items() for use in given}
    names = (*KEY, "value")
    rows = [dict(zip(names, each, strict=True)) for each in sorted(by_value)]
    found: dict[Place, list[Use]] = {place: [] for place in uses}
    for key in insert_new_returning(SeenValue.__table__, rows, names):
        place, use = by_value[key]
        found[place].append(use)
    return found


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
    for (account_id, feature, period), amount in sorted(
        held.items()
    ):  # the order in which counting takes them
        row = update(Counter).where(
            Counter.account_id == account_id,
            Counter.feature == feature,
            Counter.period == period,
            Counter.part == "",
        )
        db.session.execute(row.values(held=Counter.held - literal(amount, Amount)))
