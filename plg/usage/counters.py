"""The counters' rows: read, written, and told apart by their places. What is used is written only by who holds the
meter (`meters.follow`); what is held, by one conditional statement."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import delete, literal, tuple_, update

from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.db_bulk import insert_new_counted, rows_of, upsert_groups
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
    moment, groups = now(), defaultdict(list)
    for each in readings:
        groups[each[0][1:]].append(each)
    rows = [
        (_common(*place, moment), _apart(sorted(group, key=itemgetter(0))))
        for place, group in sorted(groups.items(), key=itemgetter(0))
    ]
    upsert_groups(Counter.__table__, rows, KEY, _KEPT)


def _common(feature: str, period: Period, part: str, moment: dt.datetime) -> dict[str, Any]:
    place = {"feature": feature, "period": period.key, "part": part}
    return place | {"held": 0, "ends_at": period.ends_at, "updated_at": moment}


def _apart(readings: Sequence[tuple[Place, Reading, Number]]) -> dict[str, list[Any]]:
    return {
        "account_id": [place.account_id for place, _, _ in readings],
        "used": [reading.used for _, reading, _ in readings],
        "events": [reading.events for _, reading, _ in readings],
        "last_at": [reading.last and reading.last[0] for _, reading, _ in readings],
        "last_position": [reading.last[1] if reading.last else 0 for _, reading, _ in readings],
        "allowance": [allowance for _, _, allowance in readings],
    }


def new_values(uses: Mapping[Place, Sequence[Use]]) -> dict[Place, Sequence[Use]]:
    """As many of the uses as have a value that was not seen at their place before; from now on it was."""
    groups = [
        (dict(zip(KEY, place.key, strict=True)), {"value": sorted({str(value) for value, _ in given})})
        for place, given in sorted(uses.items(), key=itemgetter(0))
    ]
    new = insert_new_counted(SeenValue.__table__, groups)
    return {place: given[: new.get(place.key, 0)] for place, given in uses.items()}


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
