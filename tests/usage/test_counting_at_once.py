"""Use that is told, counted and asked about from many sides at the same moment."""

import pytest
from sqlalchemy import func, select

from plg import wiring
from plg.events import subscribers
from plg.events.models import Event
from plg.kit.db import db
from plg.usage import entitlements
from plg.usage.models import Counter
from tests.support.story import happened, in_parallel, make_account, make_person, publish_plans

WORKERS = 4


@pytest.fixture
def account(app):
    publish_plans(app)
    return make_account(app, (make_person(app), "owner"), key="acme")


def test_workers_at_the_same_time_count_each_event_once(app, account, worker):
    happened(app, "Invoice Sent", times=40, account_id=account)
    with app.app_context():
        subscribers.start_cursors(wiring.subscriptions_of(app))
        db.session.commit()

    results = in_parallel(app, WORKERS, lambda i: wiring.runner_of(app).lane(outside=False).run_until_done())

    assert [each for each in results if isinstance(each, Exception)] == []
    worker()
    with app.app_context():
        assert db.session.scalar(select(Counter.used)) == 40
        told = select(Event.name, func.count()).where(Event.name.like("Limit %")).group_by(Event.name)
        assert dict(db.session.execute(told).all()) == {
            "Limit Halfway": 1,
            "Limit Near": 1,
            "Limit Reached": 1,
        }


def test_who_sends_and_asks_while_others_do_is_allowed_what_the_count_says(app, account, worker, secret_key):
    headers = {"Authorization": f"Bearer {secret_key}"}
    event = {"type": "track", "userId": "u1", "event": "Invoice Sent", "context": {"groupId": "acme"}}
    with app.app_context():
        subscribers.start_cursors(wiring.subscriptions_of(app))
        db.session.commit()

    def send_and_ask(number):
        sent = app.test_client().post("/v1/track", json=event | {"messageId": f"m{number}"}, headers=headers)
        wiring.runner_of(app).lane(outside=False).run_until_done()
        return sent.status_code, entitlements.of_account(account).by_feature["invoices"]

    answers = in_parallel(app, 6, send_and_ask)

    assert [status for status, _ in answers] == [200] * 6
    assert all(told.allowed == (told.used < 5) for _, told in answers)
    worker()
    with app.app_context():
        told = entitlements.of_account(account).by_feature["invoices"]
    assert (told.used, told.allowed, told.remaining) == (6, False, 0)
