"""Web process and worker may die at any step of an upgrade: nothing is lost, and nothing is paid twice."""

import datetime as dt
import functools
from itertools import count

import pytest

from plg.billing import changes, gateway, processing
from plg.billing.models import BillingInvoice, PlanChange
from plg.kit.clock import now
from plg.kit.db import db
from tests.billing.letters import make_due
from tests.billing.test_changes import quote, running


class Killed(BaseException):
    """The process is gone; nothing in it can catch that."""


class Axe:
    """Kills at the n-th step: before and after every request to Stripe and every commit."""

    def __init__(self, monkeypatch):
        self.falls_at, self.steps = None, 0
        for name in ("subscription", "update_subscription", "invoices_of", "release_schedule"):
            monkeypatch.setattr(
                gateway.StripeGateway, name, self._watched(getattr(gateway.StripeGateway, name))
            )
        monkeypatch.setattr(db.session, "commit", self._watched(db.session.commit))

    def _watched(self, act):
        @functools.wraps(act)
        def watched(*args, **kwargs):
            self._step()
            result = act(*args, **kwargs)
            self._step()
            return result

        return watched

    def _step(self):
        self.steps += 1
        if self.steps == self.falls_at:
            raise Killed

    def set(self, falls_at):
        self.falls_at, self.steps = falls_at, 0


def dies(shop, axe, step, act):
    """Whether the process died at this step."""
    with shop.app.app_context():
        axe.set(step)
        try:
            act()
        except Killed:
            db.session.rollback()
            return True
        finally:
            axe.set(None)
            db.session.remove()
    return False


@pytest.mark.slow
@pytest.mark.parametrize("who", ["web process", "worker"])
def test_an_upgrade_survives_a_death_at_every_step(shop, monkeypatch, who):
    shop.pay("pro")
    shop.stripe.courier.adjust(drop=1000)
    axe, expected = Axe(monkeypatch), 2900
    for step in count(1):
        public_id, due, _ = quote(shop, quantity=step + 1, plan="pro")
        agree = functools.partial(changes.confirm, public_id, account_id=shop.account, by=shop.owner)
        if who == "worker":
            asked(shop, public_id)
            agree = functools.partial(changes.finish_asked, now() + dt.timedelta(minutes=5), 10)
        died = dies(shop, axe, step, agree)
        recover(shop, public_id)
        expected += due

        assert sum(each["amount_paid"] for each in shop.stripe.all("invoice")) == expected
        assert len(shop.stripe.all("invoice")) == step + 1
        assert (running(shop).quantity, shop.plan()[0]) == (step + 1, "pro")
        if not died:
            break
    with shop.app.app_context():
        assert sum(db.session.scalars(db.select(BillingInvoice.amount_paid))) == expected
    assert step > 15
    assert len(shop.stripe.all("subscription")) == len(shop.stripe.all("customer")) == 1


def asked(shop, public_id):
    """A web process that died right after it had noted that Stripe is to be asked."""
    with shop.app.app_context():
        mine = db.update(PlanChange).where(PlanChange.public_id == public_id)
        db.session.execute(mine.values(status="asked", due_at=now()))
        db.session.commit()


def recover(shop, public_id):
    """What the jobs do after a while; who was told nothing agrees once more."""
    with shop.app.app_context():
        changes.finish_asked(now() + dt.timedelta(minutes=10), 10)
    make_due(shop)
    with shop.app.app_context():
        processing.process()
        changes.confirm(public_id, account_id=shop.account, by=shop.owner)
    make_due(shop)
    shop.process()
