"""Reports of use: what accounts used beyond what their plans give, told to Stripe's meters.

What is told is the difference to what was told before, so that the sum of a period is what is over at its end. Only
more can be told: where use was taken back, the newest events are cancelled, which Stripe does for a day; what is too
old for that is left to a person. What was charged by one plan is not charged again by the next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

import structlog
from sqlalchemy import func, select, update

from plg.accounts import accounts
from plg.billing import customers, gateway
from plg.billing.models import BillingSubscription
from plg.billing.refusals import PaymentRequestRefused
from plg.billing.use import prices
from plg.billing.use.models import UseReport
from plg.kit.clock import now
from plg.kit.db import db
from plg.plans import assignments, catalogue
from plg.usage import entitlements
from plg.usage.amounts import Number, tidy
from plg.usage.entitlements import Entitlement

logger = structlog.get_logger()

#: How long after its end a period is still looked at: Stripe keeps an invoice open for an hour.
LATE = dt.timedelta(days=2)
CANCELLABLE = dt.timedelta(hours=23)  # Stripe cancels for 24
SECOND, AGAIN = dt.timedelta(seconds=1), dt.timedelta(minutes=2)
#: Stripe adds up events after it has taken them; so long it is not asked for the newest.
ADDED_UP = dt.timedelta(hours=1)
PAGE = 100
COUNTED = ("asked", "sent")


@dataclass(frozen=True)
class UseDrift:
    """Use that Stripe has counted otherwise. ours: what it was told, theirs: what it counts."""

    account: str
    feature: str
    period: str
    ours: str
    theirs: str
    mended: bool

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def note_all(moment: dt.datetime) -> int:
    """Note what is to be told of every account whose plan charges for use. Returns how many reports are new. Commits
    each account's by itself."""
    return sum(_note(account_id, moment) for account_id in _charged())


def _charged() -> Iterator[int]:
    """The accounts whose use is charged."""
    last = 0
    while True:
        live = select(
            BillingSubscription.id, BillingSubscription.account_id, BillingSubscription.plan_version_id
        )
        page = db.session.execute(
            live.where(
                BillingSubscription.id > last,
                BillingSubscription.has_access,
            )
            .order_by(BillingSubscription.id)
            .limit(PAGE)
        ).all()
        charged = [row[1] for row in page if prices.of_plan(catalogue.plan_version(row[2]))]
        db.session.commit()
        yield from charged
        if len(page) < PAGE:
            return
        last = page[-1][0]


def _note(account_id: int, moment: dt.datetime) -> int:
    assignments.lock(account_id)
    running = db.session.scalar(
        select(BillingSubscription)
        .where(BillingSubscription.account_id == account_id, BillingSubscription.has_access)
        .order_by(BillingSubscription.started_at.desc())
        .limit(1)
    )
    noted, customer = 0, customers.of_account(account_id)
    if running is not None and customer is not None:
        plan = catalogue.plan_version(running.plan_version_id)
        for wanted in prices.of_plan(plan, running.currency):
            for found in _periods(account_id, wanted.feature, moment):
                noted += _note_difference(running, customer, found, moment)
    db.session.commit()
    return noted


def _periods(account_id: int, feature: str, moment: dt.datetime) -> list[Entitlement]:
    """The feature's present period, and the one before where it has just ended."""
    present = entitlements.of_account_at(account_id, [moment])[0].by_feature.get(feature)
    if present is None or present.period is None:
        return []
    start = present.period.starts_at
    if start is None or start < moment - LATE:
        return [present]
    before = entitlements.of_account_at(account_id, [start - SECOND])[0].by_feature[feature]
    return [before, present]


def _note_difference(
    running: BillingSubscription, customer: str, found: Entitlement, moment: dt.datetime
) -> int:
    assert found.period is not None
    over = max(found.used - found.limit, 0) if found.limit is not None else 0
    mine, others = _told(running, found)
    more = max(over - others, 0) - mine
    if more == 0:
        return 0
    if more < 0:
        more = _take_back(running, found, -more, moment)
    if more > 0:
        ends = found.period.ends_at
        at = min(moment, ends - SECOND) if ends else moment
        _add(running, customer, found, tidy(more), at, moment)
    return 1


def _told(running: BillingSubscription, found: Entitlement) -> tuple[Number, Number]:
    """What was told of the period: under this plan, and under others."""
    assert found.period is not None
    rows = db.session.execute(
        select(UseReport.plan_version_id, UseReport.quantity).where(
            UseReport.account_id == running.account_id,
            UseReport.feature == found.feature,
            UseReport.period == found.period.key,
            UseReport.kind == "use",
            UseReport.status.in_(COUNTED),
        )
    ).all()
    mine = sum((Decimal(row[1]) for row in rows if row[0] == running.plan_version_id), Decimal(0))
    return mine, sum((Decimal(row[1]) for row in rows), Decimal(0)) - mine


def _take_back(
    running: BillingSubscription, found: Entitlement, surplus: Number, moment: dt.datetime
) -> Number:
    """Cancel the newest reports until no more is told than there is. Returns what is then to be told again."""
    assert found.period is not None
    query = select(UseReport).where(
        UseReport.account_id == running.account_id,
        UseReport.feature == found.feature,
        UseReport.period == found.period.key,
        UseReport.plan_version_id == running.plan_version_id,
        UseReport.kind == "use",
        UseReport.status.in_(COUNTED),
        func.coalesce(UseReport.sent_at, moment) > moment - CANCELLABLE,
    )
    for row in db.session.scalars(query.order_by(UseReport.id.desc())):
        row.status, row.due_at = "cancelling", moment
        surplus -= row.quantity
        if surplus <= 0:
            return -surplus
    account = accounts.get(running.account_id).public_id
    logger.error("more use was told than there is", account=account, feature=found.feature, much=str(surplus))
    return 0


def _add(
    running: BillingSubscription,
    customer: str,
    found: Entitlement,
    quantity: Number,
    at: dt.datetime,
    moment: dt.datetime,
) -> None:
    assert found.period is not None
    row = UseReport(account_id=running.account_id, plan_version_id=running.plan_version_id, kind="use")
    row.stripe_customer_id, row.feature, row.period = customer, found.feature, found.period.key
    row.quantity, row.status = quantity, "asked"
    row.happened_at, row.created_at, row.due_at = at, moment, moment
    db.session.add(row)


def send(moment: dt.datetime) -> int:
    """Tell Stripe what waits to be told, and cancel what is to be cancelled. Returns how many. Commits each."""
    done = 0
    while (row := _claim(moment)) is not None:
        done += 1
        meter = prices.ensure_meter(row.feature)
        status, why = ("cancelled" if row.status == "cancelling" else "sent"), None
        try:
            if row.status == "cancelling":
                gateway.current().cancel_use(meter.event_name, row.public_id)
            else:
                gateway.current().tell_use(_event(row, meter.event_name))
        except PaymentRequestRefused as refused:
            status, why = "refused", refused.detail[:200]
            logger.error("Stripe refuses a report of use", report=row.public_id, why=why)
        mine = update(UseReport).where(UseReport.id == row.id, UseReport.status == row.status)
        sent = {"sent_at": moment} if status == "sent" else {}
        db.session.execute(mine.values(status=status, why=why, due_at=None, **sent))
        db.session.commit()
    return done


def _claim(moment: dt.datetime) -> UseReport | None:
    due = select(UseReport).where(UseReport.due_at <= moment).order_by(UseReport.due_at, UseReport.id)
    row = db.session.scalar(due.limit(1).with_for_update(skip_locked=True))
    if row is not None:
        row.due_at = moment + AGAIN
    db.session.commit()
    if row is not None:
        db.session.expunge(row)
    return row


def _event(row: UseReport, event_name: str) -> dict[str, Any]:
    return {
        "event_name": event_name,
        "identifier": row.public_id,
        "timestamp": int(row.happened_at.timestamp()),
        "payload": {"stripe_customer_id": row.stripe_customer_id, "value": f"{Decimal(row.quantity):f}"},
    }


def compare(moment: dt.datetime, *, mend: bool = True) -> list[UseDrift]:
    """Everything of which Stripe has counted more or less than it was told, of the last days. mend: tell again what
    it lacks. Talks to Stripe, and commits."""
    until = (moment - ADDED_UP).replace(second=0, microsecond=0)
    recent = select(
        UseReport.account_id, UseReport.stripe_customer_id, UseReport.feature, UseReport.period
    ).where(UseReport.happened_at > moment - dt.timedelta(days=33), UseReport.kind == "use")
    keys = db.session.execute(recent.distinct()).all()
    db.session.commit()
    found = [_compare(*key, until=until, mend=mend) for key in keys]
    if mend and any(found):
        send(now())
    return [drift for drift in found if drift is not None]


def _compare(
    account_id: int, customer: str, feature: str, period: str, *, until: dt.datetime, mend: bool
) -> UseDrift | None:
    mine = (UseReport.account_id == account_id, UseReport.feature == feature, UseReport.period == period)
    told = (UseReport.status == "sent", UseReport.stripe_customer_id == customer)
    rows = db.session.scalars(select(UseReport).where(*mine, *told, UseReport.happened_at < until)).all()
    resent = select(UseReport.id).where(*mine, UseReport.kind == "resent", UseReport.created_at > until)
    is_under_way = db.session.scalar(resent.limit(1)) is not None
    own = [row for row in rows if row.kind == "use"]
    account, version = accounts.get(account_id).public_id, own[-1].plan_version_id if own else 0
    ours = sum((Decimal(row.quantity) for row in own), Decimal(0))
    db.session.commit()
    if not own or is_under_way:
        return None
    meter, minutes = prices.ensure_meter(feature), [int(row.happened_at.timestamp()) // 60 for row in own]
    window = min(minutes) * 60, max(minutes) * 60 + 60  # periods never share a minute
    theirs = Decimal(str(gateway.current().use_told(meter.stripe_meter_id, customer, *window)))
    if ours == theirs:
        return None
    if mends := mend and ours > theirs:
        row = UseReport(account_id=account_id, plan_version_id=version, kind="resent", status="asked")
        row.stripe_customer_id, row.feature, row.period = customer, feature, period
        row.quantity, row.happened_at = tidy(ours - theirs), max(each.happened_at for each in own)
        row.created_at = row.due_at = now()
        db.session.add(row)
        db.session.commit()
    return UseDrift(account, feature, period, f"{ours:f}", f"{theirs:f}", mends)
