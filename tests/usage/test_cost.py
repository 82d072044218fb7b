"""What counting and asking cost, in statements: the same for ten events and for ninety."""

import pytest

from plg.events import stream
from plg.kit.db import db
from plg.usage import counting
from plg.usage.models import Counter
from tests.support.queries import count_queries
from tests.support.story import PLANS, make_account, make_person, new_event, publish_plans, store_events

CALL = {"name": {"en": "Calls"}, "type": "metered", "event": "Call"}
METERS = {
    "calls": CALL | {"group_by": "model"},
    "tokens": CALL | {"aggregation": "sum", "property": "tokens"},
    "peak": CALL | {"aggregation": "max", "property": "tokens"},
    "users": CALL | {"aggregation": "unique", "property": "user"},
    "level": CALL | {"aggregation": "last", "property": "tokens"},
}
MODELS = 5


@pytest.fixture
def accounts(app):
    publish_plans(app, PLANS | {"features": PLANS["features"] | METERS})
    return [make_account(app, (make_person(app), "owner"), key=f"acme-{n}") for n in range(3)]


def calls(account, count):
    told = [{"tokens": n, "user": f"u{n}", "model": f"m{n % MODELS}"} for n in range(count)]
    return [new_event("Call", account_id=account, properties=properties) for properties in told]


@pytest.fixture
def count(app):
    """Counts these events, and says in how many statements."""
    places = [stream.START]

    def statements(events):
        store_events(app, events)
        with app.app_context():
            window = stream.read_window(places[-1], 1000, lambda ids: {})
            places.append(window[-1].place)
            with count_queries(db.engine) as queries:
                counting.hear(window)
                db.session.commit()
            return queries.count

    return statements


def test_a_batch_is_counted_in_as_many_statements_whatever_its_size(app, accounts, count):
    count(calls(accounts[0], 10))
    few = count(calls(accounts[0], 10))
    many = count([event for account in accounts for event in calls(account, 30)])

    assert many == few
    assert few <= 12
    with app.app_context():
        read = {(row.account_id, row.feature, row.part): row.used for row in db.session.query(Counter)}
    told = {key: read[accounts[0], key, ""] for key in METERS}
    assert told == {"calls": 50, "tokens": 45 + 45 + 435, "peak": 29, "users": 30, "level": 29}
    assert read[accounts[1], "calls", "m0"] == 30 / MODELS


def test_an_entitlement_is_read_in_as_many_statements_and_rows_whatever_was_counted(
    app, accounts, client, secret_key, worker
):
    headers = {"Authorization": f"Bearer {secret_key}"}
    with app.app_context():
        engine = db.engine

    def statements_of_asking():
        with count_queries(engine) as queries:
            answer = client.get("/v1/entitlements?account=acme-0", headers=headers)
        return queries.count, answer.json["entitlements"]["calls"]["used"]

    store_events(app, calls(accounts[0], 10))
    worker()
    statements_of_asking()
    few, used = statements_of_asking()
    assert used == 10
    store_events(app, calls(accounts[0], 90))
    worker()
    many, used = statements_of_asking()

    assert used == 100
    assert many == few == 1
