"""Lives of accounts in the shop: what people do and what webhooks do on their way, one step after another, and the
one right state that must follow. The tests draw them by hypothesis, the benchmark by number."""

import datetime as dt
import random
from typing import Any

import requests

from plg.accounts import accounts
from plg.billing import (
    changes,
    disputes,
    gateway,
    invoices,
    leaving,
    pauses,
    portal,
    quotes,
    reconciling,
    refunds,
)
from plg.billing.add_ons import quotes as add_on_quotes
from plg.billing.models import BillingInvoice, BillingSubscription, PlanChange
from plg.events import names
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Refusal
from plg.plans import add_ons, assignments
from tests.billing.letters import make_due
from tests.billing.shop import BACK, WITH_ADD_ONS
from tests.support.story import make_account, publish_plans

MINUTES = dt.timedelta(minutes=10)
Doing = tuple[Any, ...]
PLANS = ("pro", "team")
SEATS = (1, 2, 3, 4)
#: What may happen, each with what there is to choose from.
DOINGS: tuple[tuple[str, *tuple[tuple[Any, ...], ...]], ...] = (
    ("pay", PLANS),
    ("change", PLANS, ("month", "year", None), SEATS),
    ("quote", PLANS, SEATS),
    ("add_on", ("extra", "priority"), (0, 1, 2, 5)),
    ("agree_again",),
    ("cancel",),
    ("stay",),
    ("withdraw",),
    ("pause",),
    ("resume",),
    ("cancel_now",),
    ("reconcile",),
    ("card", ("good_card", "bad_card")),
    ("time", (0.3, 11.7, 33, 70)),
    ("refund", (None, 100, 1500)),
    ("dispute", (None, "lost", "won")),
    ("trouble", (0, 2, 4), (0, 0, 1, 3), (0, 1, 2, 5)),
    ("webhooks", (0, 0, 5, 1000), (1, 3), (False, True), (False, True)),
)


def numbered(seed: int) -> list[Doing]:
    """The history with this number; the same each time."""
    chance = random.Random(seed)
    chosen = [chance.choice(DOINGS) for _ in range(chance.randint(4, 12))]
    return [(name, *(chance.choice(each) for each in choices)) for name, *choices in chosen]


class History:
    """One account's life in the shop; it begins with a payment for `pro`."""

    def __init__(self, shop, number):
        self.shop = shop
        publish_plans(shop.app, WITH_ADD_ONS)
        shop.account = make_account(shop.app, (shop.owner, "owner"), key=f"account-{number}")
        shop.stripe.courier.adjust(drop=0, copies=1, reorder=False, hold=False)
        shop.stripe.chaos.adjust(slow=0, fail=0, busy=0, lose=0)
        self.quoted = []

    def live_through(self, doings):
        """Everything that happens, and then the check."""
        for doing in [("pay", "pro"), *doings]:
            self._live(doing)
        self.check()

    def _live(self, doing):
        name, *what = doing
        with self.shop.app.app_context():
            try:
                getattr(self, f"_{name}")(*what)
            except Refusal:
                pass
            finally:
                db.session.remove()

    def _pay(self, plan):
        address = self.shop.checkout(plan)
        if "/c/pay/" in address:
            self.shop.stripe.press(address, "pay")

    def _change(self, plan, interval, quantity):
        made = quotes.make(self.shop.account, plan, interval=interval, quantity=quantity, by=self.shop.owner)
        self.quoted.append(made.public_id)
        self._agree_again()

    def _quote(self, plan, quantity):
        made = quotes.make(self.shop.account, plan, quantity=quantity, by=self.shop.owner)
        self.quoted.append(made.public_id)

    def _add_on(self, key, quantity):
        made = add_on_quotes.make(self.shop.account, key, quantity, by=self.shop.owner)
        self.quoted.append(made.public_id)
        self._agree_again()

    def _agree_again(self):
        if self.quoted:
            changes.confirm(self.quoted[-1], account_id=self.shop.account, by=self.shop.owner)

    def _cancel(self):
        leaving.cancel(self.shop.account, reason="other", by=self.shop.owner)

    def _cancel_now(self):
        running = [each for each in self._theirs("subscription") if each["status"] != "canceled"]
        for each in running:
            db.session.rollback()
            gateway.current().cancel_subscription(each["id"])

    def _stay(self):
        leaving.stay(self.shop.account)

    def _withdraw(self):
        changes.withdraw_planned(self.shop.account)

    def _pause(self):
        pauses.pause(self.shop.account, 1)

    def _resume(self):
        pauses.resume(self.shop.account)

    def _card(self, which):
        if self._theirs("customer"):
            back = BACK["cancel_url"]
            address = portal.open_for(self.shop.account, by=self.shop.owner, return_url=back)
            self.shop.stripe.press(address, which)

    def _time(self, days):
        self.shop.stripe.advance(days)

    def _webhooks(self, drop, copies, reorder, hold):
        self.shop.stripe.courier.adjust(drop=drop, copies=copies, reorder=reorder, hold=hold)

    def _trouble(self, fail, busy, lose):
        self.shop.stripe.chaos.adjust(fail=fail, busy=busy, lose=lose)

    def _refund(self, amount):
        paid = [each for each in invoices.of_account(self.shop.account) if each.amount_paid]
        if paid:
            refunds.give(
                paid[0].stripe_invoice_id,
                account_id=self.shop.account,
                amount=amount,
                reason=None,
                note="",
                by="tests",
            )

    def _dispute(self, outcome):
        paid = [each for each in self._theirs("invoice") if each["amount_paid"]]
        if paid:
            url = f"{self.shop.stripe.url}/_sandbox/invoices/{paid[0]['id']}/dispute"
            requests.post(url, json={"outcome": outcome}, timeout=20)

    def _reconcile(self):
        reconciling.reconcile()

    def _theirs(self, kind):
        customers = [
            each["id"]
            for each in self.shop.stripe.all("customer")
            if each["metadata"].get("plg_account") == self._public_id()
        ]
        field = "id" if kind == "customer" else "customer"
        return [each for each in self.shop.stripe.all(kind) if each[field] in customers]

    def _public_id(self):
        return accounts.get(self.shop.account).public_id

    def check(self):
        """The one right state, once everything has arrived or was fetched."""
        self.shop.stripe.courier.adjust(drop=0, copies=1, reorder=False, hold=False)
        self.shop.stripe.chaos.adjust(fail=0, busy=0, lose=0)
        with self.shop.app.app_context():
            changes.finish_asked(now() + MINUTES, 10)
            refunds.finish_asked(now() + MINUTES, 10)
        self.shop.stripe.settle()
        make_due(self.shop)
        self.shop.process()
        with self.shop.app.app_context():
            drifts = reconciling.reconcile()
            assert [drift for drift in drifts if not drift.mended] == []
            again = reconciling.reconcile() if drifts else []
            assert again == [], f"told only the second time, after {drifts}"
            self._check_money()
            self._check_access()

    def _check_money(self):
        theirs = {each["id"]: each["amount_paid"] for each in self._theirs("invoice")}
        mine = db.select(BillingInvoice).where(BillingInvoice.account_id == self.shop.account)
        ours = {row.stripe_invoice_id: row.amount_paid for row in db.session.scalars(mine)}
        paid = db.select(Event.properties).where(
            Event.account_id == self.shop.account, Event.name == names.INVOICE_PAID
        )
        told = [properties["amount"] for properties in db.session.scalars(paid)]
        assert len(self._theirs("customer")) <= 1
        assert ours == theirs
        assert sum(told) == sum(theirs.values())
        self._check_changes()
        self._check_money_back()

    def _check_money_back(self):
        """What went back is noted, and nobody was given more than they had paid."""
        back = {each["id"]: each["post_payment_credit_notes_amount"] for each in self._theirs("invoice")}
        mine = db.select(BillingInvoice).where(BillingInvoice.account_id == self.shop.account)
        rows = db.session.scalars(mine).all()
        assert {row.stripe_invoice_id: row.amount_refunded for row in rows} == back
        assert all(row.amount_refunded <= row.amount_paid for row in rows)
        disputed = sorted((row.status, row.amount) for row in disputes.of_account(self.shop.account))
        charges = {each["id"] for each in self._theirs("charge")}
        theirs = [each for each in self.shop.stripe.all("dispute") if each["charge"] in charges]
        assert disputed == sorted((each["status"], each["amount"]) for each in theirs)

    def _check_changes(self):
        """Each change that was made at once has one invoice, of exactly what was shown."""
        done = db.select(PlanChange.amount_due).where(
            PlanChange.account_id == self.shop.account,
            PlanChange.status == "done",
            PlanChange.takes_effect == "now",
        )
        shown = sorted(amount for amount in db.session.scalars(done))
        charged = sorted(
            each["amount_due"]
            for each in self._theirs("invoice")
            if each["billing_reason"] == "subscription_update" and not is_resume(each)
        )
        assert shown == charged

    def _check_access(self):
        rows = db.session.scalars(
            db.select(BillingSubscription).where(BillingSubscription.account_id == self.shop.account)
        ).all()
        assert len([row for row in rows if row.status not in ("canceled", "incomplete_expired")]) <= 1
        pays = [row for row in rows if row.has_access]
        current = assignments.current(self.shop.account)
        if pays:
            assert (current.plan.version_id, current.source) == (pays[0].plan_version_id, "subscription")
        else:
            assert current.source == "default"
        paid_for = {key: each["quantity"] for row in pays for key, each in row.add_ons.items()}
        assert add_ons.of_account(self.shop.account) == paid_for


def is_resume(invoice):
    """A pause that ended early begins a new period: one line, and nothing given back."""
    lines = invoice["lines"]["data"]
    return all(not line["parent"]["subscription_item_details"]["proration"] for line in lines)
