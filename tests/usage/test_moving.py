"""Who is moved to a plan's new version is shown first, with what each would pay; nobody is moved by publishing."""

import pytest

from plg.kit.db import db
from plg.plans import assignments, catalogue
from plg.usage import moving
from tests.support.story import PLANS, happened, make_account, make_person, publish_plans

SEAT = {"amount": 500, "currency": "usd", "interval": "month", "seat": True}
METERED = {"included": 5, "soft": True, "charges": [{"currency": "usd", "tiers": [{"unit": "12.5"}]}]}


def pro(**changed):
    return PLANS | {"plans": PLANS["plans"] | {"pro": PLANS["plans"]["pro"] | changed}}


@pytest.fixture
def accounts(app, worker):
    publish_plans(app)
    ana = make_person(app)
    made = [make_account(app, (ana, "owner"), name=name) for name in ("Acme", "Bolt")]
    with app.app_context():
        for account in made:
            assignments.assign(account, "pro", source="subscription", by="tests")
        db.session.commit()
    happened(app, "Invoice Sent", times=8, account_id=made[0])
    worker()
    return made


def test_a_preview_says_who_pays_what_before_and_after_and_who_is_over(app, accounts):
    prices = [{"amount": 1900, "currency": "usd", "interval": "month"}, SEAT]
    publish_plans(app, pro(prices=prices, features={"invoices": METERED, "export": True}))
    with app.app_context():
        told = {
            move.name: (move.version, move.before, move.after, list(move.over))
            for move in moving.preview("pro")
        }
        assert told == {
            "Acme": (1, 2900, 1900 + 500 + 38, ["invoices"]),
            "Bolt": (1, 2900, 1900 + 500, []),
        }
        assert moving.preview("pro", "year")[0].before is None
        assert moving.versions()["pro"] == {2: 0, 1: 2}
        assert assignments.current(accounts[0]).plan.version == 1
        assert moving.move("pro", by="tests") == 2
        db.session.commit()
        assert (moving.versions()["pro"], moving.move("pro", by="tests")) == ({2: 2, 1: 0}, 0)
        now = assignments.current(accounts[0])
        assert (now.plan.version, now.source) == (catalogue.plan("pro").version, "subscription")
