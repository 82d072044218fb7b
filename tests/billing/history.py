"""Lives of accounts in the shop: what people do and what webhooks do on their way, one step after another, and the
one right state that must follow. The tests draw them by hypothesis, the benchmark by number."""

import random
from typing import Any

import requests

from plg.accounts import accounts, memberships
from plg.billing import (
    bank,
    changes,
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
from plg.kit.db import db
from plg.kit.errors import Refusal
from plg.sandbox.stripe.resources import payment_methods
from tests.billing.price_list import CODES, Purchase, bought, offer_codes
from tests.billing.right_state import check
from tests.billing.shop import BACK, WITH_CREW
from tests.support.story import make_account, make_person, publish_plans

Doing = tuple[Any, ...]
PLANS = ("pro", "team", "crew")
SEATS = (1, 2, 4, 7)
ASKS = "4000002760003184"  # a card about whose every payment the bank asks its owner
PAY = ("pay", PLANS, (None, *CODES), (True, False), (None, None, ASKS))
CHANGE = ("change", PLANS, ("month", "year", None), SEATS)
ADD_ON = ("add_on", ("extra", "priority"), (0, 1, 2, 5))
SAY_YES = ("say_yes",)
#: What may happen, each with what there is to choose from; what leads to more stands here twice.
DOINGS: tuple[tuple[str, *tuple[tuple[Any, ...], ...]], ...] = (
    PAY,
    ("member",),
    *(CHANGE, ADD_ON, SAY_YES) * 2,
    ("quote", PLANS, SEATS),
    ("agree_again", (-1, -2)),
    ("cancel",),
    ("stay",),
    ("withdraw",),
    ("pause",),
    ("resume",),
    ("cancel_now",),
    ("reconcile",),
    ("card", ("good_card", "bad_card", "asking_card")),
    ("time", (0.3, 11.7, 33, 70)),
    ("refund", (None, 100, 1500)),
    ("dispute", (None, "lost", "won")),
    ("trouble", (0, 2, 4), (0, 0, 1, 3), (0, 1, 2, 5)),
    ("webhooks", (0, 0, 5, 1000), (1, 3), (False, True), (False, True)),
)


def numbered(seed: int) -> list[Doing]:
    """The history with this number; the same each time."""
    chance = random.Random(seed)
    chosen = [PAY, *(chance.choice(DOINGS) for _ in range(chance.randint(4, 12)))]
    return [(name, *(chance.choice(each) for each in choices)) for name, *choices in chosen]


class History:
    """One account's life in the shop; it begins with a payment. What the check cannot find anywhere is noted:
    purchases, oldest first, and what the bank was asked about, with the invoice that waited then."""

    def __init__(self, shop, number):
        self.shop = shop
        publish_plans(shop.app, WITH_CREW)
        others = [(make_person(shop.app, f"{one}@{number}.example"), "member") for one in range(number % 6)]
        members = [(shop.owner, "owner"), *others]
        shop.account = self.account = make_account(shop.app, *members, key=f"account-{number}")
        shop.stripe.courier.adjust(drop=0, copies=1, reorder=False, hold=False)
        shop.stripe.chaos.adjust(slow=0, fail=0, busy=0, lose=0)
        offer_codes(shop)
        self.quoted: list[str] = []
        self.purchases: list[Purchase] = []
        self.asked: dict[str, str | None] = {}

    def live_through(self, doings):
        """Everything that happens, and then the check."""
        for doing in doings:
            self._live(doing)
        check(self)

    def _live(self, doing):
        name, *what = doing
        with self.shop.app.app_context():
            try:
                getattr(self, f"_{name}")(*what)
            except Refusal:
                pass
            finally:
                db.session.remove()

    def _pay(self, plan, code, is_typed, card):
        """code: from an offer, or typed on the page of the checkout."""
        purchase = bought(self.shop, plan, code)
        db.session.rollback()
        address = self.shop.checkout(plan, code=None if is_typed else code)
        if "/c/pay/" in address:
            typed = {"code": code or ""} if is_typed else {}
            answer = self.shop.stripe.press(address, "pay", number=card or "", **typed)
            if answer.status_code == 200:
                answer = self.shop.stripe.press(address, "yes_it_is_me")
            self.purchases += [purchase] if answer.status_code == 303 else []

    def _member(self):
        mail = f"{memberships.count(self.account)}@{self.public_id()}.example"
        db.session.rollback()
        person = make_person(self.shop.app, mail)
        memberships.add(self.account, person, "member", by="tests")
        db.session.commit()

    def _change(self, plan, interval, quantity):
        made = quotes.make(self.account, plan, interval=interval, quantity=quantity, by=self.shop.owner)
        self._agree(made.public_id)

    def _quote(self, plan, quantity):
        made = quotes.make(self.account, plan, quantity=quantity, by=self.shop.owner)
        self.quoted.append(made.public_id)

    def _add_on(self, key, quantity):
        made = add_on_quotes.make(self.account, key, quantity, by=self.shop.owner)
        self._agree(made.public_id)

    def _agree_again(self, which):
        if len(self.quoted) >= -which:
            self._agree(self.quoted[which])

    def _agree(self, public_id):
        """Agree to a quote; where the bank refuses, let it ask the card's owner."""
        self.quoted.append(public_id)
        try:
            changes.confirm(public_id, account_id=self.account, by=self.shop.owner)
        except Refusal:
            db.session.remove()
            self.asked.setdefault(public_id, None)
            address = bank.ask(public_id, account_id=self.account)
            self.asked[public_id] = address and address.rpartition("/")[2]

    def _say_yes(self):
        """The card's owner pays what is open, and tells the bank that it is them."""
        for invoice in self.theirs("invoice"):
            if invoice["status"] == "open":
                self.shop.stripe.press(invoice["hosted_invoice_url"], "yes_it_is_me")

    def _cancel(self):
        leaving.cancel(self.account, reason="other", by=self.shop.owner)

    def _cancel_now(self):
        running = [each for each in self.theirs("subscription") if each["status"] != "canceled"]
        for each in running:
            db.session.rollback()
            gateway.current().cancel_subscription(each["id"])

    def _stay(self):
        leaving.stay(self.account)

    def _withdraw(self):
        changes.withdraw_planned(self.account)

    def _pause(self):
        pauses.pause(self.account, 1)

    def _resume(self):
        pauses.resume(self.account)

    def _card(self, which):
        for customer in self.theirs("customer"):
            if which == "asking_card":
                with self.shop.stripe.store.work() as work:
                    asks = "pm_card_authenticationRequired"
                    payment_methods.replace_default(work, customer["id"], asks)
            else:
                back = BACK["cancel_url"]
                address = portal.open_for(self.account, by=self.shop.owner, return_url=back)
                self.shop.stripe.press(address, which)

    def _time(self, days):
        self.shop.stripe.advance(days)

    def _webhooks(self, drop, copies, reorder, hold):
        self.shop.stripe.courier.adjust(drop=drop, copies=copies, reorder=reorder, hold=hold)

    def _trouble(self, fail, busy, lose):
        self.shop.stripe.chaos.adjust(fail=fail, busy=busy, lose=lose)

    def _refund(self, amount):
        paid = [each for each in invoices.of_account(self.account) if each.amount_paid]
        if paid:
            invoice, how = paid[0].stripe_invoice_id, {"reason": None, "note": "", "by": "tests"}
            refunds.give(invoice, account_id=self.account, amount=amount, **how)

    def _dispute(self, outcome):
        paid = [each for each in self.theirs("invoice") if each["amount_paid"]]
        if paid:
            url = f"{self.shop.stripe.url}/_sandbox/invoices/{paid[0]['id']}/dispute"
            requests.post(url, json={"outcome": outcome}, timeout=20)

    def _reconcile(self):
        reconciling.reconcile()

    def theirs(self, kind):
        """What Stripe has of this kind that is the account's, the newest first."""
        customers = [
            each["id"]
            for each in self.shop.stripe.all("customer")
            if each["metadata"].get("plg_account") == self.public_id()
        ]
        field = "id" if kind == "customer" else "customer"
        return [each for each in self.shop.stripe.all(kind) if each[field] in customers]

    def public_id(self):
        return accounts.get(self.account).public_id
