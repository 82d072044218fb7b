"""Moving the accounts of a plan's older versions to its live one: shown first, with who would pay what.

Who pays nothing is moved at once. Who has a subscription is moved with its price at Stripe, which is charged from the
next period on: until Stripe has it, an account keeps the version that it pays for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, exists, select, tuple_

from plg.billing import prices, quotes, seats
from plg.billing.models import FINAL, BillingSubscription, PlanChange
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.ids import new_id
from plg.plans import assignments, catalogue
from plg.plans.catalogue import Plan
from plg.plans.schemas import Price
from plg.usage import moving
from plg.usage.moving import Move, Paid

RUNS = BillingSubscription.status.not_in(FINAL)
CALM = (
    BillingSubscription.status.in_(("trialing", "active")),
    BillingSubscription.paused_from.is_(None),
    BillingSubscription.cancel_at.is_(None),
    BillingSubscription.stripe_schedule_id.is_(None),
    ~exists().where(PlanChange.account_id == BillingSubscription.account_id, PlanChange.status == "asked"),
)


@dataclass(frozen=True)
class Moved:
    """How many accounts have the live version now, and how many get it as soon as Stripe has its price."""

    done: int
    at_stripe: int


NOBODY = Moved(0, 0)


def preview(plan_key: str, interval: str = "month") -> list[Move]:
    """The accounts that would move (see `usage.moving.preview`). interval: of those who pay nothing yet."""
    live = catalogue.plan(plan_key)
    return moving.preview(plan_key, interval, lambda account_ids: _paid(account_ids, live))


def move(plan_key: str, *, by: str) -> Moved:
    """Move a batch of them. Who pays stays where the live version has no price by their rhythm and in their currency,
    where the subscription is paused, overdue or about to change, and while another change is being made. Talks to
    Stripe, and commits; refusals: `PaymentsUnavailable`."""
    live = catalogue.plan(plan_key)
    stripe_ids = {_kind(row): "" for row in _ready(live)}
    for kind in stripe_ids:
        stripe_ids[kind] = prices.ensure(live, _prices(live)[kind])
    assignments.hold([row.account_id for row in _ready(live)])
    asked = [_asked(row, live, stripe_ids) for row in _ready(live) if _kind(row) in stripe_ids]
    db.session.add_all(asked)
    done = moving.move(plan_key, by=by, but=select(BillingSubscription.account_id).where(RUNS))
    db.session.commit()
    return Moved(done, len(asked))


def _prices(live: Plan) -> dict[tuple[str, str], Price]:
    """By rhythm and currency."""
    return {(price.interval, price.currency): price for price in reversed(live.prices)}


def _kind(row: BillingSubscription) -> tuple[str, str]:
    return row.interval, row.currency


def _ready(live: Plan) -> Sequence[BillingSubscription]:
    """A batch of the subscriptions of older versions whose price can be changed as they stand."""
    rows = select(BillingSubscription).where(
        BillingSubscription.account_id.in_(moving.on_older(live)),
        tuple_(BillingSubscription.interval, BillingSubscription.currency).in_(list(_prices(live))),
        *CALM,
    )
    first = rows.order_by(BillingSubscription.id).limit(moving.MOST)
    found = db.session.scalars(first.execution_options(populate_existing=True))
    return list({row.account_id: row for row in found}.values())


def _paid(account_ids: Sequence[int], live: Plan) -> dict[int, Paid]:
    """What those of these accounts pay and would pay that have a subscription."""
    calm = and_(*CALM).label("calm")
    rows = select(BillingSubscription, calm).where(BillingSubscription.account_id.in_(account_ids), RUNS)
    ordered = rows.order_by(BillingSubscription.has_access, BillingSubscription.started_at)
    found = {}
    for row, is_calm in db.session.execute(ordered):
        price = _prices(live).get(_kind(row))
        after = seats.cost(live, price, _seats(row, live)) if price is not None else None
        found[row.account_id] = Paid(row.currency, row.amount, after, stays=after is None or not is_calm)
    return found


def _seats(row: BillingSubscription, live: Plan) -> int:
    before, price = catalogue.plan_version(row.plan_version_id), _prices(live)[_kind(row)]
    return seats.to_go_on_with(live, price, None, before=before, has=row.quantity)


def _asked(row: BillingSubscription, live: Plan, stripe_ids: Mapping[tuple[str, str], str]) -> PlanChange:
    """A change that the next job carries out."""
    kind, count, at = _kind(row), _seats(row, live), now()
    return PlanChange(
        public_id=new_id("chn"),
        account_id=row.account_id,
        stripe_subscription_id=row.stripe_subscription_id,
        takes_effect=quotes.RENEWAL,
        plan_version_id=live.version_id,
        from_stripe_price_id=row.stripe_price_id,
        from_quantity=row.quantity,
        stripe_price_id=stripe_ids[kind],
        quantity=count,
        amount=seats.cost(live, _prices(live)[kind], count),
        interval=row.interval,
        currency=row.currency,
        amount_due=0,
        proration_date=at,
        effective_at=row.current_period_end,
        status="asked",
        created_at=at,
        expires_at=at + dt.timedelta(days=1),
        due_at=at,
    )


def record(change: PlanChange) -> None:
    """Tell the log that a subscription is moved, once. Does not commit."""
    plan, version_id = (
        catalogue.plan_version(change.plan_version_id),
        prices.version_of_id(change.from_stripe_price_id),
    )
    before = catalogue.plan_version(version_id) if version_id else None
    own = BillingSubscription.stripe_subscription_id == change.stripe_subscription_id
    held = db.session.scalar(select(BillingSubscription.add_ons).where(own)) or {}
    properties = {
        "plan": plan.key,
        "version": plan.version,
        "amount": change.amount,
        "quantity": change.quantity,
        "interval": change.interval,
        "currency": change.currency,
        "add_ons": sum(each["quantity"] * each["amount"] for each in held.values()),
        "at": change.effective_at.isoformat(),
        "from_version": before.version if before else None,
        "from_amount": _cost_before(change, before),
    }
    id = f"subscription-moved:{change.public_id}"
    log.record(names.SUBSCRIPTION_MOVED, account_id=change.account_id, properties=properties, id=id)


def _cost_before(change: PlanChange, plan: Plan | None) -> int | None:
    """None: plg has not made the price that was paid."""
    price = _prices(plan).get((change.interval, change.currency)) if plan else None
    return seats.cost(plan, price, change.from_quantity) if plan and price else None
