"""A hard limit holds, whoever asks at the same moment; what was reserved is used, let go or forgotten in time."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from plg.usage import entitlements, meters, reservations
from plg.usage.models import Counter, Reservation
from plg.usage.reservations import NotEntitled, Real
from tests.support.story import PLANS, happened, in_parallel, make_account, make_person, publish_plans

CALLERS = 200
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def account(app):
    free = PLANS["plans"]["free"] | {"features": {"invoices": 100}}
    publish_plans(app, PLANS | {"plans": PLANS["plans"] | {"free": free}})
    return make_account(app, (make_person(app), "owner"), key="acme")


@pytest.fixture
def post(client, secret_key):
    def send(path="", key=None, **body):
        headers = {"Authorization": f"Bearer {secret_key}"} | ({"Idempotency-Key": key} if key else {})
        return client.post(f"/v1/usage/reservations{path}", json=body, headers=headers)

    return send


def reserve(account, amount=1, lasts=HOUR):
    return reservations.reserve(account, "invoices", amount, lasts=lasts, locale="en", by="tests")


def invoices(app, account):
    with app.app_context():
        return entitlements.of_account(account).feature("invoices")


def test_two_hundred_callers_at_the_last_ten_units_admit_exactly_ten(app, account, worker):
    happened(app, "Invoice Sent", times=90, account_id=account)
    worker()

    results = in_parallel(app, CALLERS, lambda i: reserve(account).public_id)

    refused = [each for each in results if isinstance(each, Exception)]
    assert {type(each) for each in refused} == {NotEntitled}
    assert len(results) - len(refused) == 10
    told = invoices(app, account)
    assert (told.used, told.held, told.remaining, told.allowed) == (90, 10, 0, False)


def test_what_is_confirmed_counts_as_much_as_was_really_used(app, account, post, worker):
    made = post(account="acme", feature="invoices", amount=5)
    assert (made.status_code, made.json["guaranteed"]) == (201, True)
    assert invoices(app, account).remaining == 95
    confirmed = post(f"/{made.json['id']}/confirm", amount=3, person="u1", properties={"paid": True}).json
    assert (confirmed["status"], confirmed["used"]) == ("confirmed", 3)
    before = invoices(app, account)
    worker()
    after = invoices(app, account)
    assert (before.used, before.held, before.remaining) == (0, 3, 97)
    assert (after.used, after.held, after.remaining) == (3, 0, 97)
    assert post(f"/{made.json['id']}/confirm").json["code"] == "reservation_over"
    with app.app_context():
        assert db.session.scalars(select(Event.properties).where(Event.name == "Invoice Sent")).all() == [
            {"paid": True}
        ]
        meters.recount("invoices")
        db.session.commit()
    worker(now())
    worker(now())
    again = invoices(app, account)
    assert (again.used, again.held) == (3, 0)


def test_what_was_not_used_is_there_again(app, account, post):
    made = post(account="acme", feature="invoices", amount=100).json
    refused = post(account="acme", feature="invoices")
    assert (refused.status_code, refused.json["code"]) == (409, "not_entitled")
    assert refused.json["entitlement"]["held"] == 100
    assert refused.json["paywall"]["plans"][0]["key"] == "pro"
    for _ in range(2):
        assert post(f"/{made['id']}/release").json["status"] == "released"
    assert post(f"/{made['id']}/confirm").json["code"] == "reservation_over"
    assert invoices(app, account).remaining == 100


def test_the_same_key_reserves_once(app, account, post):
    answers = [post(key="order-7", account="acme", feature="invoices", amount=60) for _ in range(3)]
    assert len({answer.json["id"] for answer in answers}) == 1
    assert invoices(app, account).held == 60


def test_what_has_expired_refuses_nobody_and_is_freed_by_itself(app, account, post, worker):
    with app.app_context():
        late = reserve(account, 100, lasts=-HOUR).public_id
        db.session.commit()
        assert reserve(account, 40).status == "held"
        db.session.commit()
        assert db.session.scalars(select(Reservation.status).order_by(Reservation.id)).all() == [
            "expired",
            "held",
        ]
    worker(now() + 2 * HOUR)
    assert invoices(app, account).held == 0
    assert post(f"/{late}/confirm").json["status"] == "confirmed", "the work was done all the same"
    worker()
    assert invoices(app, account).used == 100


def test_what_cannot_be_reserved_says_why(account, post):
    assert post(account="acme", feature="export").json["code"] == "feature_not_reservable"
    assert post(account="acme", feature="teleport").json["code"] == "feature_not_found"
    assert post(account="nobody", feature="invoices").json["code"] == "account_not_found"
    assert post("/rsv_unknown/confirm").json["code"] == "reservation_not_found"
    faults = post(account="acme", feature="invoices", amount=-1, expires_in=0, colour="red").json["errors"]
    assert [fault["field"] for fault in faults] == ["amount", "expires_in", "colour"]


class Story(RuleBasedStateMachine):
    """Reserving, confirming, releasing, expiring and counting, beside a plain sum."""

    app = account = worker = None

    def __init__(self):
        super().__init__()
        with self.app.app_context():
            for table in (Reservation, Counter, Event):
                db.session.execute(table.__table__.delete())
            db.session.commit()
        self.held, self.used = {}, Decimal(0)

    @rule(amount=st.integers(1, 60), late=st.booleans())
    def hold(self, amount, late):
        with self.app.app_context():
            try:
                made = reserve(self.account, amount, lasts=-HOUR if late else HOUR)
            except NotEntitled:
                db.session.rollback()
                kept = sum(each for each, is_late in self.held.values() if not is_late)
                assert kept + self.used + amount > 100
                return
            db.session.commit()
            self.held[made.public_id] = (amount, late)

    @rule(data=st.data(), real=st.integers(1, 60))
    def use(self, data, real):
        if self._over(data, lambda key: reservations.confirm(key, Real(real))):
            self.used += real

    @rule(data=st.data())
    def let_go(self, data):
        self._over(data, reservations.release)

    def _over(self, data, act):
        if not self.held:
            return False
        key = data.draw(st.sampled_from(sorted(self.held)))
        with self.app.app_context():
            act(key)
            db.session.commit()
        return self.held.pop(key)

    @rule()
    def count(self):
        self.worker()

    @invariant()
    def adds_up(self):
        with self.app.app_context():
            row = db.session.scalars(select(Counter)).one_or_none()
            expired = select(Reservation.public_id).where(Reservation.status == "expired")
            freed = set(db.session.scalars(expired))
        kept = sum(amount for key, (amount, _) in self.held.items() if key not in freed)
        assert (row.used + row.held if row else 0) == self.used + kept


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_whatever_is_done_with_reservations_no_unit_is_lost_or_given_twice(app, account, worker):
    here = type("Here", (Story,), {"app": app, "account": account, "worker": staticmethod(worker)})
    few = {"max_examples": 6, "stateful_step_count": 8, "deadline": None}
    run_state_machine_as_test(here, settings=settings(**few, suppress_health_check=list(HealthCheck)))
