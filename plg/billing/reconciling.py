"""The reconciler: holds Stripe, the inbox and our own rows against each other, mends what is safe to mend, and
reports the rest.

Mending is always the same: the object is read anew, as if a webhook had said so. What would need a decision about
money (an account that pays twice) is reported and left to a person."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import select

from plg.accounts.models import Account
from plg.billing import customers, gateway, inbox, invoices, mirror, processing
from plg.billing.gateway import Object
from plg.billing.models import (
    FINAL,
    BillingDispute,
    BillingInvoice,
    BillingRefund,
    BillingSubscription,
    PlanChange,
    StripeEvent,
)
from plg.kit.clock import now
from plg.kit.db import db
from plg.plans.models import AccountAddOn, AccountPlan

#: A webhook, or a change, that waits for longer is one that something holds up.
STUCK = dt.timedelta(minutes=15)
LOOKS = 5  # at most; what is mended may show what else differs


@dataclass(frozen=True)
class Drift:
    """One thing on which the three do not agree. kind: see `KINDS`; ours, theirs: what each says."""

    kind: str
    subject: str
    account: str | None = None
    ours: str | None = None
    theirs: str | None = None
    mended: bool = False

    @property
    def about(self) -> tuple[str, str]:
        return self.kind, self.subject

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


KINDS = {
    "subscription_missing": "Stripe has a subscription of ours that we have not seen",
    "subscription_differs": "A subscription is another at Stripe than here",
    "subscription_unknown": "We have a running subscription that Stripe does not know",
    "invoices_differ": "What Stripe was paid for a subscription is not what we have noted",
    "event_missing": "An event of Stripe's never reached the inbox",
    "event_stuck": "A webhook waits, or was given up",
    "plan_differs": "An account is not on the plan that it pays for, or on one that it does not pay for",
    "add_ons_differ": "An account has other add-ons than it pays for",
    "change_stuck": "A change that was agreed to has not been carried out",
    "refund_differs": "Money was given back, and we have not noted it, or noted it otherwise",
    "dispute_differs": "A payment is disputed, and we have not noted it, or noted it otherwise",
    "refund_stuck": "Money that was to be given back has not been given back",
    "paid_twice": "An account has several subscriptions that run; a person has to decide",
}
LEFT_TO_PEOPLE = frozenset({"paid_twice", "refund_stuck"})


def reconcile(*, mend: bool = True) -> list[Drift]:
    """Everything that differs. mend: read anew what is safe to read anew, and look again, until nothing more shows;
    what is then right is reported as mended. Talks to Stripe, and commits."""
    found: list[Drift] = []
    for _ in range(LOOKS):
        left = list(_look())
        db.session.rollback()
        known = {drift.about for drift in found}
        new = [drift for drift in left if drift.about not in known]
        found += new
        if not mend or not new:
            break
        for drift in new:
            _mend(drift)
        processing.process(len(new) + 1000)
    wrong = {drift.about for drift in left}
    return [replace(drift, mended=drift.about not in wrong) for drift in found]


def _mend(drift: Drift) -> None:
    if drift.kind in LEFT_TO_PEOPLE:
        return
    if drift.kind == "event_missing":
        inbox.store(gateway.current().event(drift.subject))
    elif drift.kind == "event_stuck":
        inbox.retry([drift.subject])
    else:
        inbox.ask(drift.subject)
    db.session.commit()


def _look() -> Iterator[Drift]:
    stripe = gateway.current()
    theirs = {each["id"]: each for each in stripe.all_subscriptions()}
    paid = Counter[str]()
    for invoice in stripe.all_invoices():
        paid[invoices.subscription_of(invoice) or ""] += invoice["amount_paid"]
    events = dict(stripe.recent_events(list(inbox.HEARD)))
    back = _money_back()
    names = dict(db.session.execute(select(Account.id, Account.public_id)).all())
    yield from _subscriptions(theirs, names)
    yield from _paid(theirs, paid)
    yield from _events(events)
    yield from _plans(names)
    yield from _add_ons(names)
    yield from _changes(names)
    yield from _back(back)


def _subscriptions(theirs: dict[str, Object], names: dict[int, str]) -> Iterator[Drift]:
    ours = {row.stripe_subscription_id: row for row in db.session.scalars(select(BillingSubscription))}
    for id, found in theirs.items():
        account_id = customers.account_of(found["customer"])
        row = ours.get(id)
        if row is None and account_id is not None and found["status"] != "incomplete_expired":
            yield Drift("subscription_missing", id, names[account_id], None, found["status"])
        elif row is not None and (said := _said_by_us(row)) != (says := _said_by_stripe(found)):
            yield Drift("subscription_differs", id, names[row.account_id], said, says)
    running = Counter(row.account_id for row in ours.values() if row.status not in FINAL)
    for row in ours.values():
        if row.stripe_subscription_id not in theirs and row.status not in FINAL:
            yield Drift("subscription_unknown", row.stripe_subscription_id, names[row.account_id], row.status)
        if row.status not in FINAL and running.pop(row.account_id, 0) > 1:
            yield Drift("paid_twice", row.stripe_subscription_id, names[row.account_id])


def _said_by_us(row: BillingSubscription) -> str:
    parts = (row.status, row.stripe_price_id, row.quantity, row.amount, row.cancel_at, row.current_period_end)
    add_ons = json.dumps([row.add_ons, row.next_add_ons], sort_keys=True) if row.add_ons else None
    return _in_words(*parts, row.next_stripe_price_id, row.paused_from, add_ons)


def _said_by_stripe(found: Object) -> str:
    row = BillingSubscription()
    with db.session.no_autoflush:
        mirror.fill(row, found)
    return _said_by_us(row)


def _in_words(*parts: object) -> str:
    return " ".join(part.isoformat() if isinstance(part, dt.datetime) else str(part or "-") for part in parts)


def _paid(theirs: dict[str, Object], paid: Counter[str]) -> Iterator[Drift]:
    ours = Counter[str]()
    for id, amount in db.session.execute(
        select(BillingInvoice.stripe_subscription_id, BillingInvoice.amount_paid)
    ):
        ours[id] += amount
    known = set(db.session.scalars(select(BillingSubscription.stripe_subscription_id)))
    for id in known & set(theirs):
        if ours[id] != paid[id]:
            yield Drift("invoices_differ", id, None, str(ours[id]), str(paid[id]))


def _events(events: dict[str, str]) -> Iterator[Drift]:
    kept = set(db.session.scalars(select(StripeEvent.event_id)))
    for id, kind in events.items():
        if id not in kept:
            yield Drift("event_missing", id, None, None, kind)
    late = StripeEvent.received_at < now() - STUCK
    waits = (StripeEvent.outcome == "failed") | ((StripeEvent.outcome == "waiting") & late)
    for row in db.session.scalars(select(StripeEvent).where(waits)):
        yield Drift("event_stuck", row.event_id, None, row.outcome, row.last_error)


def _plans(names: dict[int, str]) -> Iterator[Drift]:
    """Accounts whose plan does not follow from their subscription. A plan that staff gave stands as it is."""
    given = select(BillingSubscription).where(BillingSubscription.has_access)
    pays = {row.account_id: row for row in db.session.scalars(given.order_by(BillingSubscription.started_at))}
    on = {row.account_id: row for row in db.session.scalars(select(AccountPlan))}
    for account_id, row in pays.items():
        plan = on.get(account_id)
        if plan is None or (plan.source != "staff" and plan.plan_version_id != row.plan_version_id):
            yield Drift("plan_differs", row.stripe_subscription_id, names[account_id])
    for account_id, plan in on.items():
        if plan.source == "subscription" and account_id not in pays:
            yield Drift("plan_differs", _last_of(account_id), names[account_id])


def _add_ons(names: dict[int, str]) -> Iterator[Drift]:
    """Accounts whose add-ons do not follow from their subscription."""
    given = select(BillingSubscription).where(BillingSubscription.has_access)
    pays = {
        row.account_id: {key: each["quantity"] for key, each in row.add_ons.items()}
        for row in db.session.scalars(given.order_by(BillingSubscription.started_at))
    }
    have: dict[int, dict[str, int]] = {}
    for one in db.session.scalars(select(AccountAddOn)):
        have.setdefault(one.account_id, {})[one.add_on] = one.quantity
    for account_id in sorted({*pays, *have}):
        ours, theirs = have.get(account_id, {}), pays.get(account_id, {})
        if ours != theirs and (subscription := _last_of(account_id)):
            yield Drift("add_ons_differ", subscription, names[account_id], str(ours), str(theirs))


def _last_of(account_id: int) -> str:
    mine = select(BillingSubscription.stripe_subscription_id).where(
        BillingSubscription.account_id == account_id
    )
    return db.session.scalar(mine.order_by(BillingSubscription.id.desc()).limit(1)) or ""


@dataclass(frozen=True)
class _MoneyBack:
    """What Stripe says about money that went back; paid: which invoice each payment paid."""

    refunds: list[Object]
    disputes: list[Object]
    paid: dict[str, str]


def _money_back() -> _MoneyBack:
    stripe = gateway.current()
    refunds, disputes = list(stripe.all_refunds()), list(stripe.all_disputes())
    paid = stripe.all_invoice_payments() if refunds or disputes else ()
    by_payment = {str(each["payment"].get("payment_intent")): str(each["invoice"]) for each in paid}
    return _MoneyBack(refunds, disputes, by_payment)


def _back(theirs: _MoneyBack) -> Iterator[Drift]:
    known = set(db.session.scalars(select(BillingInvoice.stripe_invoice_id)))
    for kind, found, table, id in (
        ("refund_differs", theirs.refunds, BillingRefund, BillingRefund.stripe_refund_id),
        ("dispute_differs", theirs.disputes, BillingDispute, BillingDispute.stripe_dispute_id),
    ):
        ours = {
            row[0]: f"{row[1]} {row[2]}" for row in db.session.execute(select(id, table.status, table.amount))
        }
        for each in found:
            said, says = ours.get(each["id"]), f"{each['status']} {each['amount']}"
            if said != says and theirs.paid.get(each["payment_intent"] or "") in known:
                yield Drift(kind, each["payment_intent"], None, said, says)
    stuck = (BillingRefund.status == "asked") & (BillingRefund.created_at < now() - STUCK)
    for row in db.session.scalars(select(BillingRefund).where(stuck)):
        yield Drift("refund_stuck", row.public_id, None, str(row.amount))


def _changes(names: dict[int, str]) -> Iterator[Drift]:
    stuck = select(PlanChange).where(PlanChange.status == "asked", PlanChange.due_at < now() - STUCK)
    for row in db.session.scalars(stuck):
        yield Drift("change_stuck", row.stripe_subscription_id, names[row.account_id], row.public_id)
