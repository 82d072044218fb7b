"""The one right state: what plg, and every cent of it, must be like at the end of a history."""

import datetime as dt
from collections import Counter

from plg.billing import changes, disputes, reconciling, refunds, subscriptions
from plg.billing.models import BillingInvoice, BillingSubscription, PlanChange
from plg.events import names
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from plg.plans import add_ons, assignments
from plg.plans.models import AccountPlan
from tests.billing import price_list
from tests.billing.letters import make_due

MINUTES = dt.timedelta(minutes=10)


def check(history):
    """The one right state, once everything has arrived or was fetched."""
    shop = history.shop
    shop.stripe.courier.adjust(drop=0, copies=1, reorder=False, hold=False)
    shop.stripe.chaos.adjust(fail=0, busy=0, lose=0)
    with shop.app.app_context():
        changes.finish_asked(now() + MINUTES, 10)
        refunds.finish_asked(now() + MINUTES, 10)
    shop.stripe.settle()
    make_due(shop)
    shop.process()
    with shop.app.app_context():
        drifts = reconciling.reconcile()
        assert [drift for drift in drifts if not drift.mended] == []
        again = reconciling.reconcile() if drifts else []
        assert again == [], f"told only the second time, after {drifts}"
        for each in (_money, _purchases, _changes, _money_back, _access, _seats):
            each(history)


def _rows(history, model):
    return db.session.scalars(db.select(model).where(model.account_id == history.account)).all()


def _money(history):
    told = ("status", "total", "amount_due", "amount_paid")
    theirs = {each["id"]: [each[name] for name in told] for each in history.theirs("invoice")}
    ours = {
        row.stripe_invoice_id: [getattr(row, name) for name in told] for row in _rows(history, BillingInvoice)
    }
    happened = db.select(Event.properties).where(
        Event.account_id == history.account, Event.name == names.INVOICE_PAID
    )
    heard = [properties["amount"] for properties in db.session.scalars(happened)]
    assert len(history.theirs("customer")) <= 1
    assert ours == theirs
    assert sum(heard) == sum(row[-1] for row in theirs.values())


def _purchases(history):
    """Each checkout cost what the price list and its code say, and so did what it bought from then on."""
    found = list(reversed(history.theirs("invoice")))
    first = [each for each in found if each["billing_reason"] == "subscription_create"]
    assert [each["amount_due"] for each in first] == [each.amount for each in history.purchases]
    for begun, purchase in zip(first, history.purchases, strict=True):
        for invoice in found:
            if invoice["billing_reason"] == "subscription_cycle" and _bought(invoice) == _bought(begun):
                shown = price_list.renewed(
                    purchase.code, invoice["subtotal"], begun["created"], invoice["created"]
                )
                assert invoice["total"] == shown


def _bought(invoice):
    return invoice["parent"]["subscription_details"]["subscription"]


def _changes(history):
    """Each change that was made at once has one invoice, of exactly what was shown; so has each that a card's owner
    has confirmed, and no other."""
    rows = {row.public_id: row for row in _rows(history, PlanChange)}
    done = [row for row in rows.values() if (row.status, row.takes_effect) == ("done", "now")]
    shown = Counter(row.amount_due for row in done)
    theirs = {
        each["id"]: each
        for each in history.theirs("invoice")
        if each["billing_reason"] == "subscription_update" and not is_resume(each)
    }
    charged = Counter(each["amount_due"] for each in theirs.values() if each["status"] == "paid")
    at_bank = Counter(rows[public_id].amount_due for public_id in history.asked)
    assert shown <= charged and charged - shown <= at_bank
    waited = {id: rows[public_id].amount_due for public_id, id in history.asked.items() if id}
    assert {id: theirs[id]["amount_due"] for id in waited} == waited
    assert Counter(each["amount_due"] for each in theirs.values()) - charged <= at_bank


def is_resume(invoice):
    """A pause that ended early begins a new period: one line, and nothing given back."""
    lines = invoice["lines"]["data"]
    return all(not line["parent"]["subscription_item_details"]["proration"] for line in lines)


def _money_back(history):
    """What went back is noted, and nobody was given more than they had paid."""
    back = {each["id"]: each["post_payment_credit_notes_amount"] for each in history.theirs("invoice")}
    rows = _rows(history, BillingInvoice)
    assert {row.stripe_invoice_id: row.amount_refunded for row in rows} == back
    assert all(row.amount_refunded <= row.amount_paid for row in rows)
    disputed = sorted((row.status, row.amount) for row in disputes.of_account(history.account))
    charges = {each["id"] for each in history.theirs("charge")}
    theirs = [each for each in history.shop.stripe.all("dispute") if each["charge"] in charges]
    assert disputed == sorted((each["status"], each["amount"]) for each in theirs)


def _access(history):
    rows = _rows(history, BillingSubscription)
    assert len([row for row in rows if row.status not in ("canceled", "incomplete_expired")]) <= 1
    pays = [row for row in rows if row.has_access]
    current = assignments.current(history.account)
    if pays:
        assert (current.plan.version_id, current.source) == (pays[0].plan_version_id, "subscription")
    else:
        assert current.source == "default"
    paid_for = {key: each["quantity"] for row in pays for key, each in row.add_ons.items()}
    assert add_ons.of_account(history.account) == paid_for


def _seats(history):
    """So many seats as are paid for, at the price of the list."""
    paid_for = None
    for row in _rows(history, BillingSubscription):
        plan = subscriptions.plan_of(row).key
        assert row.amount == price_list.cost(plan, row.interval, row.quantity)
        if row.has_access and (price_list.sells_seats(plan) or row.quantity > 1):
            paid_for = row.quantity
    assert [row.paid_seats for row in _rows(history, AccountPlan)] in ([], [paid_for])
