"""Reservations: so much of a hard limit held for one caller, before the work; confirmed with what was really used, or
let go."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update

from plg.events import log
from plg.events.stream import LoggedEvent
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Conflict, NotFound
from plg.usage import counters, entitlements, meters, paywall
from plg.usage.amounts import Number, plain, tidy
from plg.usage.models import CONFIRMED, COUNTED, EXPIRED, HELD, RELEASED, Reservation

BATCH = 500


class FeatureNotReservable(Conflict):
    """Only what is metered by a count or a sum can be reserved."""


class NotEntitled(Conflict):
    """There is not so much left, or the plan does not give it. `paywall` says what to offer."""

    @property
    def reason(self) -> str:
        """Why, as the entitlement says it."""
        return str(self.data["entitlement"].get("reason") or "limit_reached")


class ReservationNotFound(NotFound):
    pass


class ReservationOver(Conflict):
    """It was confirmed or released before."""


@dataclass(frozen=True)
class Real:
    """What a reservation was used for. properties: of the event that is recorded."""

    amount: Number | None = None
    person_id: int | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)


def reserve(
    account_id: int, feature: str, amount: Number, *, lasts: dt.timedelta, locale: str, by: str
) -> Reservation:
    """Hold so much of a feature's present period. Of callers at the same moment, as many are let in as there is left
    for. Raises NotEntitled."""
    meter = meters.live().get(feature)
    found = entitlements.of_account(account_id, locale)
    told = found.feature(feature)
    if meter is None or not meter.aggregation.adds:
        raise FeatureNotReservable(f"{feature!r} is not metered by a count or a sum.")
    if told.reason in {None, entitlements.LIMIT_REACHED} and told.period is not None:
        place = counters.Place(account_id, feature, told.period)
        limit = None if told.soft else told.limit
        if counters.hold(place, amount, limit) or (
            free_expired(now(), account_id) and counters.hold(place, amount, limit)
        ):
            return _made(place, amount, lasts, by)
    raise _refusal(account_id, feature, amount, locale)


def _refusal(account_id: int, feature: str, amount: Number, locale: str) -> NotEntitled:
    found = entitlements.of_account(account_id, locale)
    told = found.feature(feature)
    said = f"{plain(amount)} of {feature!r} are not left."
    shown = paywall.paywall(account_id, found, told, locale)
    return NotEntitled(said, entitlement=told.to_json(), paywall=shown)


def _made(place: counters.Place, amount: Number, lasts: dt.timedelta, by: str) -> Reservation:
    row = Reservation(account_id=place.account_id, feature=place.feature, period=place.period.key)
    row.amount, row.status, row.created_at, row.created_by = tidy(amount), HELD, now(), by
    row.due_at = row.created_at + lasts
    db.session.add(row)
    db.session.flush()
    return row


def find(public_id: str) -> Reservation:
    """The reservation, held until the transaction ends."""
    query = select(Reservation).where(Reservation.public_id == public_id).with_for_update()
    row = db.session.scalar(query)
    if row is None:
        raise ReservationNotFound("There is no such reservation.")
    return row


def confirm(public_id: str, real: Real) -> Reservation:
    """So much was really used (None: what was reserved), which may be more than was held: it happened. Records the
    event that the meter counts. One that has expired can still be confirmed."""
    row = find(public_id)
    if row.status not in {HELD, EXPIRED}:
        raise ReservationOver(f"This reservation was {row.status}.")
    meter = meters.live().get(row.feature)
    if meter is None:
        raise FeatureNotReservable(f"{row.feature!r} is metered no more.")
    amount = row.amount if real.amount is None else tidy(real.amount)
    was_held = row.amount if row.status == HELD else 0
    counters.let_go({_key(row): was_held - amount})
    row.status, row.confirmed, row.due_at = CONFIRMED, amount, None
    properties = dict(real.properties)
    if meter.feature.property:
        properties[meter.feature.property] = plain(amount)
    log.record(
        meter.feature.event or "",
        id=f"{meters.RESERVATION}{row.public_id}",
        account_id=row.account_id,
        person_id=real.person_id,
        properties=properties,
        occurred_at=row.created_at,
        context={"reservation": {"feature": row.feature, "amount": str(Decimal(amount))}},
    )
    db.session.flush()
    return row


def release(public_id: str) -> Reservation:
    """Nothing was used. Repeated, or after it expired, nothing more happens."""
    row = find(public_id)
    if row.status in {CONFIRMED, COUNTED}:
        raise ReservationOver("This reservation was confirmed.")
    if row.status == HELD:
        counters.let_go({_key(row): row.amount})
        row.status, row.due_at = RELEASED, None
        db.session.flush()
    return row


def free_expired(moment: dt.datetime, account_id: int | None = None) -> int:
    """Let a batch of those go whose time is up. Returns how many."""
    query = select(Reservation).where(Reservation.due_at <= moment)
    if account_id is not None:
        query = query.where(Reservation.account_id == account_id)
    query = query.order_by(Reservation.due_at).limit(BATCH).with_for_update(skip_locked=True)
    rows = db.session.scalars(query).all()
    held: dict[tuple[int, str, str], Number] = defaultdict(int)
    for row in rows:
        held[_key(row)] += row.amount
        row.status, row.due_at = EXPIRED, None
    counters.let_go(held)
    db.session.flush()
    return len(rows)


def settle(events: Sequence[LoggedEvent]) -> None:
    """The meter has counted what was confirmed: it is held no more."""
    ids = [e.id.removeprefix(meters.RESERVATION) for e in events if meters.reserved_of(e) is not None]
    if not ids:
        return
    waiting = (Reservation.public_id.in_(ids), Reservation.status == CONFIRMED)
    columns = (Reservation.account_id, Reservation.feature, Reservation.period, Reservation.confirmed)
    counted = update(Reservation).where(*waiting).values(status=COUNTED).returning(*columns)
    held: dict[tuple[int, str, str], Number] = defaultdict(int)
    for account_id, feature, period, confirmed in db.session.execute(counted):
        held[account_id, feature, period] += confirmed or 0
    counters.let_go(held)


def _key(row: Reservation) -> tuple[int, str, str]:
    return row.account_id, row.feature, row.period
