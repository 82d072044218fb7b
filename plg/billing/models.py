"""Tables of billing."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from plg.billing.inbox_models import StripeEvent as StripeEvent
from plg.kit.db import BigId, Json, UtcDateTime, db
from plg.kit.ids import new_id

OPEN = text("status = 'open'")
ASKED = text("status = 'asked'")

#: Statuses of a subscription with which the account can have what it pays for.
ACCESS = frozenset({"trialing", "active", "past_due"})
#: Statuses that nothing leads out of.
FINAL = frozenset({"canceled", "incomplete_expired"})


class BillingCustomer(db.Model):
    """The one customer at Stripe of an account. stripe_customer_id is None until it was made there.

    attempt: counts up when a customer has to be made anew, so that Stripe does not repeat its old answer."""

    __tablename__ = "billing_customers"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    stripe_customer_id: Mapped[str | None] = mapped_column(String(100), unique=True)
    attempt: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class BillingPrice(db.Model):
    """A price of a plan's version as it exists at Stripe. amount: in the currency's minor unit."""

    __tablename__ = "billing_prices"

    lookup_key: Mapped[str] = mapped_column(String(200), primary_key=True)
    stripe_price_id: Mapped[str] = mapped_column(String(100), unique=True)
    plan_version_id: Mapped[int] = mapped_column(ForeignKey("plan_versions.id"), index=True)
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    interval: Mapped[str] = mapped_column(String(10))


class Checkout(db.Model):
    """A way to pay, or to store a card, that was offered. status: open, complete, expired, failed; one an account
    is open. purpose: `subscription` or `setup`, which is for no plan and has no price. quantity: how many seats.
    promotion_code: the id at Stripe of the one that is filled in.

    The row exists before Stripe is asked, and its public id is the idempotency key there: asked twice for
    the same row, Stripe answers with the same session. check_at: when an open one is looked at again."""

    __tablename__ = "billing_checkouts"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: new_id("chk"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    discount_id: Mapped[int | None] = mapped_column(ForeignKey("billing_discounts.id"))
    promotion_code: Mapped[str | None] = mapped_column(String(100))
    plan_version_id: Mapped[int | None] = mapped_column(ForeignKey("plan_versions.id"))
    stripe_customer_id: Mapped[str] = mapped_column(String(100))
    stripe_price_id: Mapped[str | None] = mapped_column(String(100))
    quantity: Mapped[int] = mapped_column(default=1)
    stripe_session_id: Mapped[str | None] = mapped_column(String(200), unique=True)
    success_url: Mapped[str] = mapped_column(Text)
    cancel_url: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(String(10))
    status: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    check_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, index=True)

    __table_args__ = (
        Index(
            "uq_billing_checkouts_open", "account_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN
        ),
    )


class Discount(db.Model):
    """Less to pay at an account's next checkout, which it earned. key: why it is given, once. amount_off: in minor
    units of the currency. months: for how long; None: for the first invoice. used_at: a subscription was bought with
    it; ended_at: it was taken back before."""

    __tablename__ = "billing_discounts"
    __table_args__ = (UniqueConstraint("account_id", "key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    key: Mapped[str] = mapped_column(String(200))
    percent_off: Mapped[int | None]
    amount_off: Mapped[int | None]
    currency: Mapped[str | None] = mapped_column(String(3))
    months: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(500))
    given_by: Mapped[str] = mapped_column(String(100))
    given_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class Card(db.Model):
    """A card that a customer has stored at Stripe. fingerprint: a keyed hash of Stripe's, the same for the same
    number; None where Stripe gives none. stored_at: by Stripe's clock; the newest is the one that is charged.
    removed_at: it can be charged no more."""

    __tablename__ = "billing_cards"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    stripe_customer_id: Mapped[str] = mapped_column(String(100))
    stripe_payment_method_id: Mapped[str] = mapped_column(String(100), unique=True)
    brand: Mapped[str] = mapped_column(String(30))
    last4: Mapped[str] = mapped_column(String(4))
    exp_month: Mapped[int]
    exp_year: Mapped[int]
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    stored_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class Charge(db.Model):
    """A stored card is to be charged for a plan, because an event said so: event_id. The row is there before
    Stripe is asked, and its public id is the idempotency key there. quantity: how many seats.

    status: waiting, asked (Stripe may have charged already), paid, failed, dropped (there was no reason to any
    more). reason: why it failed or was dropped. due_at: when it is tried next; None once it is settled. lease:
    set while a process works on it; due_at is then when the lease ends."""

    __tablename__ = "billing_charges"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: new_id("chg"))
    event_id: Mapped[str] = mapped_column(String(200), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    plan_key: Mapped[str] = mapped_column(String(50))
    interval: Mapped[str | None] = mapped_column(String(10))
    status: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(100))
    stripe_customer_id: Mapped[str | None] = mapped_column(String(100))
    stripe_price_id: Mapped[str | None] = mapped_column(String(100))
    quantity: Mapped[int] = mapped_column(default=1)
    discount_id: Mapped[int | None] = mapped_column(ForeignKey("billing_discounts.id"))
    stripe_subscription_id: Mapped[str | None] = mapped_column(String(100))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, index=True)
    lease: Mapped[str | None] = mapped_column(String(40))
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(Text)


class BillingSubscription(db.Model):
    """A subscription at Stripe, as it was when last read. status: Stripe's own words. amount: of all seats
    (quantity) together, without discounts.

    has_access: whether the account has what it pays for; access_until: when that ends unless Stripe says
    something else (see `standing`). next_*: what the subscription becomes at next_at, by the schedule at Stripe.
    add_ons: for each add-on that is paid, by key, its `quantity`, and of one of them the `price` at Stripe and the
    `amount`; next_add_ons: how many of each there are with the period's end, where that is planned.
    paused_from, resumes_at: nothing is collected, and nothing given, between them. was_saved: a discount was given
    to who wanted to leave. refused_resumes: how often the card was refused that was to end a pause; part of the
    idempotency key, so that another try is another request.

    fit_at: when the items are to be made those that the plan asks for; None where they are (see `fitting`).
    starts: how often it gave access after not doing so. check_at: when it is read again without being
    told to, so that a lost webhook is not lost for ever; None once it is over."""

    __tablename__ = "billing_subscriptions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    stripe_subscription_id: Mapped[str] = mapped_column(String(100), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    stripe_customer_id: Mapped[str] = mapped_column(String(100))
    plan_version_id: Mapped[int] = mapped_column(ForeignKey("plan_versions.id"))
    stripe_item_id: Mapped[str] = mapped_column(String(100))
    stripe_price_id: Mapped[str] = mapped_column(String(100))
    status: Mapped[str] = mapped_column(String(30))
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    interval: Mapped[str] = mapped_column(String(10))
    quantity: Mapped[int] = mapped_column(default=1)
    has_access: Mapped[bool] = mapped_column(default=False)
    access_until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, index=True)
    stripe_schedule_id: Mapped[str | None] = mapped_column(String(100))
    next_stripe_price_id: Mapped[str | None] = mapped_column(String(100))
    next_quantity: Mapped[int | None]
    next_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    add_ons: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    next_add_ons: Mapped[dict[str, Any] | None] = mapped_column(Json)
    was_saved: Mapped[bool] = mapped_column(default=False)
    paused_from: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    resumes_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    refused_resumes: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    current_period_end: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    cancel_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    starts: Mapped[int] = mapped_column(default=0)
    fit_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, index=True)
    read_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    check_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, index=True)


class BillingInvoice(db.Model):
    """An invoice at Stripe, as it was when last read. status: Stripe's own words. Amounts: in the currency's minor
    unit; a negative total was credited to the customer. amount_refunded: what was given back, or is on its way. url:
    Stripe's page of it, where it can be paid, too."""

    __tablename__ = "billing_invoices"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    stripe_invoice_id: Mapped[str] = mapped_column(String(100), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    stripe_subscription_id: Mapped[str] = mapped_column(String(100), index=True)
    number: Mapped[str | None] = mapped_column(String(100))
    status: Mapped[str] = mapped_column(String(20))
    total: Mapped[int]
    amount_due: Mapped[int]
    amount_paid: Mapped[int]
    amount_refunded: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(String(3))
    url: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class BillingTaxId(db.Model):
    """A tax id on an account's invoices, as it was at Stripe when last read. type, verification: Stripe's words."""

    __tablename__ = "billing_tax_ids"

    stripe_tax_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    type: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(String(50))
    verification: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class BillingRefund(db.Model):
    """Money given back for an invoice: all of it, or a part. amount: in the currency's minor unit. made_by: who of
    the staff, a key, or `stripe` where it was made in Stripe's own pages.

    The row is there before Stripe is asked, and its public id is the idempotency key there. status: asked (Stripe may
    have done it already), refused (with its reason), credited (an open invoice was lowered, nothing was paid), and
    then Stripe's words: pending, requires_action, succeeded, failed, canceled. due_at: when one that was asked is
    looked at again."""

    __tablename__ = "billing_refunds"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: new_id("rfd"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    stripe_invoice_id: Mapped[str] = mapped_column(String(100), index=True)
    stripe_refund_id: Mapped[str | None] = mapped_column(String(100), unique=True)
    stripe_credit_note_id: Mapped[str | None] = mapped_column(String(100))
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str | None] = mapped_column(String(50))
    note: Mapped[str] = mapped_column(Text)
    made_by: Mapped[str] = mapped_column(String(100))
    status: Mapped[str] = mapped_column(String(30))
    why: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, index=True)


class BillingDispute(db.Model):
    """A payment that a cardholder disputes, as it was at Stripe when last read. status, reason: Stripe's own words.
    due_at: until when evidence is taken. closed_at: when plg saw that it was won or lost."""

    __tablename__ = "billing_disputes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    stripe_dispute_id: Mapped[str] = mapped_column(String(100), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    stripe_invoice_id: Mapped[str] = mapped_column(String(100), index=True)
    stripe_subscription_id: Mapped[str] = mapped_column(String(100), index=True)
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(50))
    status: Mapped[str] = mapped_column(String(30))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class PlanChange(db.Model):
    """A change of what a subscription pays for, with its price as it was shown: of its plan, or of how many of an
    add-on it has, whose price and number these are then. takes_effect: `now`, `later` with the period's end, or
    `renewal`: now, paid from the next period on. amount_due: charged at once, by the same proration_date. The
    row is there before Stripe is asked; its public id is the idempotency key there. status: quoted, asked (Stripe may
    have done it), done, failed; one an account is asked. due_at: when an asked one is looked at again."""

    __tablename__ = "billing_changes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: new_id("chn"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    stripe_subscription_id: Mapped[str] = mapped_column(String(100))
    takes_effect: Mapped[str] = mapped_column(String(10))
    plan_version_id: Mapped[int] = mapped_column(ForeignKey("plan_versions.id"))
    from_stripe_price_id: Mapped[str] = mapped_column(String(100))
    from_quantity: Mapped[int]
    add_on: Mapped[str | None] = mapped_column(String(50))
    stripe_price_id: Mapped[str] = mapped_column(String(100))
    quantity: Mapped[int]
    amount: Mapped[int]
    interval: Mapped[str] = mapped_column(String(10))
    currency: Mapped[str] = mapped_column(String(3))
    amount_due: Mapped[int]
    proration_date: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    effective_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(100))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, index=True)

    __table_args__ = (
        Index(
            "uq_billing_changes_asked", "account_id", unique=True, sqlite_where=ASKED, postgresql_where=ASKED
        ),
    )
