"""Who gets a flow: everybody, or people in some roles, or accounts on some plans."""

from __future__ import annotations

from flask import Flask

from plg.kit.db import db
from plg.plans import assignments
from tests.onboarding_flows.conftest import State, done, flow, publish, step
from tests.support.queries import count_queries
from tests.support.story import happened, publish_plans


def keys(checklists: list[dict[str, object]]) -> list[object]:
    return [each["flow"] for each in checklists]


def put_on(app: Flask, account_id: int, plan: str) -> None:
    with app.app_context():
        assignments.assign(account_id, plan, source="staff", by="tests")
        db.session.commit()


def test_a_persons_flow_may_be_for_some_roles(
    app: Flask, worker, ana: int, luis: int, acme: int, shown: State
) -> None:
    publish(app, flow("admins", scope="person", audience={"roles": ["owner", "admin"]}))
    for person in (ana, luis):
        happened(app, "Invoice Sent", account_id=acme, person_id=person)
    worker()
    assert keys(shown(ana, acme)) == ["admins"]
    assert keys(shown(luis, acme)) == []
    assert keys(shown(ana, None)) == [], "without an account nobody has a role"


def test_an_accounts_flow_may_be_shown_to_some_roles_and_ticked_by_all(
    app: Flask, worker, ana: int, luis: int, acme: int, shown: State
) -> None:
    publish(app, flow("start", audience={"roles": ["owner"]}))
    happened(app, "Invoice Sent", account_id=acme, person_id=luis)
    worker()
    assert done(shown(ana, acme)[0]) == ["invoice"]
    assert shown(luis, acme) == []


def test_a_flow_may_be_for_some_plans_and_stays_when_the_plan_changes(
    app: Flask, worker, ana: int, acme: int, shown: State
) -> None:
    publish_plans(app)
    publish(app, flow("trials", audience={"plans": ["trial"]}))
    happened(app, "Invoice Sent", account_id=acme, person_id=ana)
    worker()
    assert shown(ana, acme) == []
    put_on(app, acme, "trial")
    (begun,) = shown(ana, acme)
    assert done(begun) == ["invoice"]
    put_on(app, acme, "pro")
    assert keys(shown(ana, acme)) == ["trials"]


def test_the_default_plan_is_a_plan(app: Flask, worker, ana: int, acme: int, shown: State) -> None:
    publish_plans(app)
    publish(app, flow("free", audience={"plans": ["free"]}))
    publish(app, flow("mine", step("a", "A"), scope="person", audience={"plans": ["free"]}))
    happened(app, "A", account_id=acme, person_id=ana)
    worker()
    assert keys(shown(ana, acme)) == ["free", "mine"]
    assert keys(shown(ana, None)) == ["mine"], "begun it stays, with or without the account"


def test_who_is_not_meant_costs_no_more_queries_than_who_is(
    app: Flask, ana: int, acme: int, shown: State
) -> None:
    publish_plans(app)
    shown(ana, acme)
    with app.app_context(), count_queries(db.engine) as before:
        pass
    with app.app_context():
        engine = db.engine
    with count_queries(engine) as before:
        shown(ana, acme)
    publish(app, flow("paid", audience={"plans": ["pro"], "roles": ["billing"]}))
    shown(ana, acme)
    with count_queries(engine) as after:
        assert shown(ana, acme) == []
    assert after.count == before.count
