"""A few statements, however many people, flows and events there are."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from onboarding_flows import endpoints, subscribers
from plg.events.stream import Batch
from plg.kit.caller import Caller
from plg.kit.db import db
from tests.onboarding_flows.conftest import flow, prompt, publish, step, tour
from tests.onboarding_flows.test_concurrency import all_events
from tests.support.queries import count_queries
from tests.support.story import happened, make_account, make_person, new_event, store_events


def flows_of(app: Flask, number: int) -> None:
    counting = {**step("three", "C"), "completes_on": {"event": "C", "count": 3}}
    for i in range(number):
        publish(app, flow(f"flow-{i}", step("a", "A"), step("b", "B"), counting))
        publish(app, flow(f"mine-{i}", step("a", "A"), step("b", "B"), scope="person"))


@pytest.mark.parametrize("number", [1, 25])
def test_what_comes_up_is_chosen_in_the_same_query(app: Flask, ana: int, acme: int, number: int) -> None:
    for i in range(number):
        publish(app, prompt(f"news-{i}", "announcement", audience={"locales": ["es"]}))
        publish(app, prompt(f"line-{i}", show={"priority": i, "wait": "1d" if i % 2 else "1m"}))
        publish(app, tour(f"tour-{i}"))
    caller = Caller("user", person_id=ana, account_id=acme, role="owner")
    with app.app_context():
        endpoints.widget_state(caller, "en")
        db.session.rollback()
        with count_queries(db.engine) as queries:
            shown = endpoints.widget_state(caller, "es")["prompts"]
        db.session.rollback()
    assert [each["flow"] for each in shown] == ["tour-0"]
    assert queries.count == 1


@pytest.mark.parametrize("number", [1, 12])
def test_the_widgets_part_is_one_query_whatever_the_number_of_flows(
    app: Flask, worker, ana: int, acme: int, number: int
) -> None:
    flows_of(app, number)
    happened(app, "A", account_id=acme, person_id=ana)
    worker()
    caller = Caller("user", person_id=ana, account_id=acme, role="owner")
    with app.app_context():
        endpoints.widget_state(caller, "en")
        db.session.rollback()
        with count_queries(db.engine) as queries:
            shown = endpoints.widget_state(caller, "es")["checklists"]
        db.session.rollback()
    assert len(shown) == 2 * number
    assert all(each["progress"]["done"] == 1 for each in shown)
    assert queries.count == 1


def db_is_sqlite(app: Flask) -> bool:
    with app.app_context():
        return db.engine.dialect.name == "sqlite"


def test_a_batch_costs_the_same_whatever_its_size(app: Flask) -> None:
    flows_of(app, 2)
    people = [make_person(app, f"p{i}@acme.example") for i in range(40)]
    accounts = [make_account(app, (person, "owner")) for person in people]
    with app.app_context():
        subscribers.on_events(Batch([]))
        db.session.commit()

    def cost(members: slice) -> int:
        """Statements for a batch in which these people begin, and for one in which they go on and finish."""
        events = [
            new_event(name, account_id=account, person_id=person)
            for person, account in zip(people[members], accounts[members], strict=True)
            for name in ("A", "C", "C")
        ]
        store_events(app, events)
        with app.app_context(), count_queries(db.engine) as queries:
            subscribers.on_events(all_events(["A", "C"]))
            db.session.commit()
        events = [
            new_event(name, account_id=account, person_id=person)
            for person, account in zip(people[members], accounts[members], strict=True)
            for name in ("B", "C")
        ]
        store_events(app, events)
        with app.app_context(), count_queries(db.engine) as more:
            subscribers.on_events(all_events(["B", "C"]))
            db.session.commit()
        return queries.count + more.count

    few, many = cost(slice(0, 2)), cost(slice(2, 40))
    # SQLite takes a hundred rows a statement: 38 owners begin, settle, count and tell a few hundred each.
    more_for_sqlite = 9 if db_is_sqlite(app) else 0
    assert few <= many <= few + more_for_sqlite
    assert few <= 32, few


def test_events_that_concern_no_flow_cost_two_statements(app: Flask, worker, ana: int, acme: int) -> None:
    flows_of(app, 3)
    happened(app, "Page Viewed", times=50, account_id=acme, person_id=ana)
    worker()
    with app.app_context(), count_queries(db.engine) as reading:
        batch = all_events(["Page Viewed"])
    with app.app_context(), count_queries(db.engine) as queries:
        subscribers.on_events(batch)
        db.session.rollback()
    assert reading.count >= 1
    assert queries.count == 2


def test_a_state_request_needs_few_queries_in_all(
    app: Flask, client: FlaskClient, worker, ana: int, acme: int, headers
) -> None:
    flows_of(app, 5)
    who = headers(ana, acme)
    client.get("/v1/widget/state", headers=who)
    with app.app_context():
        engine = db.engine
    with count_queries(engine) as queries:
        assert client.get("/v1/widget/state", headers=who).status_code == 200
    assert queries.count <= 3
