"""Short words for what tests of trials tell."""

import datetime as dt
from copy import deepcopy

import time_machine
from sqlalchemy import select

from plg.events import names
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from plg.plans import assignments
from plg.trials import trials
from tests.support.story import PLANS, happened, publish_plans

FEW_DAYS = {"plan": "trial", "days": 14, "at_end": "free"}
CARD = {
    "card": "first",
    "continues_as": {"plan": "pro", "interval": "month"},
    "reminders": [{"days": 7}, {"days": 1}],
}


def plans_with(**trial):
    """The usual plans with this trial."""
    plans = deepcopy(PLANS)
    plans["features"]["export"]["while_locked"] = True
    plans["trial"] = FEW_DAYS | trial
    plans["trial"] = {key: value for key, value in plans["trial"].items() if value is not None}
    return plans


def publish(app, **trial):
    publish_plans(app, plans_with(**trial))


def start(app, account, **values):
    with app.app_context():
        trial = trials.start(account, by="tests", **values)
        db.session.commit()
        return trial


def do(app, verb, *values, **named):
    """Call a verb of `trials` and commit."""
    with app.app_context():
        result = getattr(trials, verb)(*values, **named)
        db.session.commit()
        return result


def state(app, account):
    """(status, plan, access) of the account's newest trial and its plan."""
    with app.app_context():
        given = assignments.current(account)
        return trials.of_account(account).status, given.plan.key, given.access


def ends_at(app, account):
    with app.app_context():
        return trials.of_account(account).ends_at


def told(app, name):
    """Properties of each event of this name, in order."""
    with app.app_context():
        return list(
            db.session.scalars(select(Event.properties).where(Event.name == name).order_by(Event.position))
        )


def later(**delta):
    """The block happens so much later."""
    return time_machine.travel(now() + dt.timedelta(**delta), tick=True)


def paid(app, account, plan="pro"):
    """The account pays, as billing would have it."""
    with app.app_context():
        assignments.assign(account, plan, source="subscription", by="tests")
        db.session.commit()


def billed(app, account, name, **properties):
    """Billing told something of the account."""
    happened(app, name, account_id=account, properties=properties, source="plg")


def carded(app, account, worker, **rule):
    """A trial with a card that has just begun."""
    publish(app, **CARD, **rule)
    start(app, account)
    assert state(app, account) == ("awaiting_card", "free", "full")
    billed(app, account, names.CARD_ADDED, brand="visa", last4="4242", fingerprint="abc")
    worker()
    assert state(app, account) == ("active", "trial", "full")
    with app.app_context():
        return trials.of_account(account)
