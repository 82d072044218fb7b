"""Meters: what each metered feature measures, and how far it has counted the log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from flask import current_app
from sqlalchemy import delete, select, update

from plg.events.stream import START, LoggedEvent
from plg.events.stream import Place as LogPlace
from plg.kit import rules, versions
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.plans import catalogue
from plg.plans.features import Feature
from plg.usage.aggregations import AGGREGATIONS
from plg.usage.aggregations.aggregation import Aggregation, Use
from plg.usage.amounts import Number, tidy
from plg.usage.models import Counter, MeterState, SeenValue

OWN = "plg"
RESERVATION = "reservation:"
WHOLE = ""
MAX_PART = 100
_MEASURES = {"event", "aggregation", "property", "where", "group_by", "per", "anchor"}


@dataclass(frozen=True)
class Meter:
    """A metered feature's measure."""

    key: str
    feature: Feature

    @cached_property
    def aggregation(self) -> Aggregation:
        return AGGREGATIONS[self.feature.aggregation]

    @cached_property
    def condition(self) -> rules.EventLeaf | None:
        return self.feature.condition()

    @cached_property
    def digest(self) -> str:
        """Another one where it measures something else; its name does not matter."""
        return versions.digest(self.feature.model_dump(mode="json", include=_MEASURES))

    def uses_of(self, events: Sequence[LoggedEvent]) -> dict[str, list[Use]]:
        """What events of the meter's name bring to the readings that they belong to: the whole, and each's part."""
        uses = self._measured(events)
        found = {WHOLE: uses} if uses else {}
        if self.feature.group_by is not None:
            for use in uses:
                part = use[1].properties.get(self.feature.group_by)
                if isinstance(part, str | int | float) and part != WHOLE:
                    found.setdefault(str(part)[:MAX_PART], []).append(use)
        return found

    def _measured(self, events: Sequence[LoggedEvent]) -> list[Use]:
        """What each brings that is the meter's; those that plg recorded may stand for a reservation."""
        value, name = self.aggregation.value, self.feature.property
        if self.condition is not None or any(event.source == OWN for event in events):
            return [(found, event) for event in events if (found := self._one(event)) is not None]
        if name is None:
            return [(value(None), event) for event in events]
        given = ((value(event.properties.get(name)), event) for event in events)
        return [use for use in given if use[0] is not None]

    def _one(self, event: LoggedEvent) -> Number | str | None:
        reserved = reserved_of(event)
        if reserved is not None and reserved.get("feature") == self.key:
            return tidy(Decimal(reserved["amount"]))
        if self.condition and not rules.fits(self.condition, event.properties, event.occurred_at):
            return None
        return self.aggregation.value(event.properties.get(self.feature.property or ""))


def reserved_of(event: LoggedEvent) -> Mapping[str, Any] | None:
    """What plg noted where it recorded the event for a confirmed reservation."""
    if event.source != OWN or not event.id.startswith(RESERVATION):
        return None
    return event.context.get("reservation")


def live() -> dict[str, Meter]:
    """The meters of the published catalogue, by feature; made once a version."""
    return _of(catalogue.published())


def _of(published: catalogue.Published) -> dict[str, Meter]:
    kept = current_app.extensions.get("plg.meters")
    if kept is None or kept[0] is not published:
        found = {key: Meter(key, f) for key, f in published.catalogue.features.items() if f.event is not None}
        kept = (published, found)
        current_app.extensions["plg.meters"] = kept
    return kept[1]


@dataclass(frozen=True)
class Following:
    """A meter, and the places of the log that it has counted."""

    meter: Meter
    since: LogPlace
    upto: LogPlace
    filled: LogPlace

    def has_counted(self, place: LogPlace) -> bool:
        return place <= self.filled or self.since <= place <= self.upto


def follow(place: LogPlace) -> list[Following]:
    """The live meters with how far they have counted, held until the transaction ends. One that is new, or measures
    something else now, counts from this place on; what was before is due to be filled in."""
    meters = live()
    if not meters:
        return []
    kept = {row.feature: row for row in db.session.scalars(select(MeterState).with_for_update())}
    changed = [m for m in meters.values() if m.key not in kept or kept[m.key].digest != m.digest]
    if changed:
        _begin(changed, place)
        kept = {row.feature: row for row in db.session.scalars(select(MeterState).with_for_update())}
    return [_following(meter, kept[key]) for key, meter in sorted(meters.items())]


def _following(meter: Meter, row: MeterState) -> Following:
    return Following(
        meter,
        (row.since_tx, row.since_position),
        (row.upto_tx, row.upto_position),
        (row.filled_tx, row.filled_position),
    )


def _begin(meters: Sequence[Meter], place: LogPlace) -> None:
    keys = [meter.key for meter in meters]
    blank = {"used": 0, "events": 0, "last_at": None, "last_position": 0}
    db.session.execute(update(Counter).where(Counter.feature.in_(keys)).values(blank))
    db.session.execute(delete(SeenValue).where(SeenValue.feature.in_(keys)))
    db.session.execute(delete(MeterState).where(MeterState.feature.in_(keys)))
    db.session.expire_all()
    state = {"since_tx": place[0], "since_position": place[1], "due_at": now()}
    state |= {"upto_tx": place[0], "upto_position": place[1] - 1}
    state |= {"filled_tx": START[0], "filled_position": START[1]}
    rows = [{"feature": meter.key, "digest": meter.digest, **state} for meter in meters]
    db.session.execute(insert(MeterState), rows)


def reach(meters: Sequence[Following], place: LogPlace) -> None:
    """They have counted up to here."""
    keys = [each.meter.key for each in meters if each.upto < place]
    if keys:
        rows = update(MeterState).where(MeterState.feature.in_(keys))
        db.session.execute(rows.values(upto_tx=place[0], upto_position=place[1]))


def recount(feature: str) -> None:
    """Have a meter count the whole log anew, from its next event on."""
    db.session.execute(update(MeterState).where(MeterState.feature == feature).values(digest=""))


def due_to_fill(moment: dt.datetime) -> MeterState | None:
    """A meter whose past is to be filled in, held until the transaction ends."""
    query = select(MeterState).where(MeterState.due_at <= moment).order_by(MeterState.due_at).limit(1)
    return db.session.scalar(query.with_for_update(skip_locked=True))
