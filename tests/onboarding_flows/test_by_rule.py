"""Flows that are for whom a rule holds, and steps that are done when a rule holds."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from flask.testing import FlaskClient

from onboarding_flows import event_names, flows, jobs, trying
from onboarding_flows.flows import FlowFaulty
from onboarding_flows.models import FlowEnrolment
from plg.accounts.models import Account
from plg.kit.clock import now
from plg.kit.db import db
from plg.people import people
from plg.trials import trials
from tests.onboarding_flows.conftest import Call, State, done, flow, publish, step
from tests.onboarding_flows.samples import DEVELOPERS
from tests.onboarding_flows.test_audience import keys
from tests.onboarding_flows.test_progress import recorded
from tests.support.queries import count_queries
from tests.support.story import happened, make_account, make_person, publish_plans


def give(app: Flask, person_id: int, **traits: object) -> None:
    with app.app_context():
        people.get(person_id).traits = people.get(person_id).traits | traits
        db.session.commit()


def test_whoever_the_rule_holds_for_begins_the_flow_when_they_act_or_when_it_comes_to_hold(
    app: Flask, worker, ana: int, luis: int, acme: int, shown: State
) -> None:
    publish(app, flow("build", scope="person", audience={"when": DEVELOPERS, "roles": ["owner", "member"]}))
    give(app, ana, job="dev")
    happened(app, "Invoice Sent", account_id=acme, person_id=ana)
    happened(app, "Invoice Sent", account_id=acme, person_id=luis)
    worker()
    assert [keys(shown(each, acme)) for each in (ana, luis)] == [["build"], []]
    assert done(shown(ana, acme)[0]) == ["invoice"]
    give(app, luis, job="dev")
    worker(now=now())
    assert [keys(shown(each, acme)) for each in (ana, luis)] == [["build"], ["build"]]
    assert done(shown(luis, acme)[0]) == ["invoice"]


def test_an_accounts_flow_begins_once_its_rule_holds_for_anybody_there(
    app: Flask, worker, ana: int, luis: int, acme: int, shown: State
) -> None:
    publish(app, flow("build", audience={"when": DEVELOPERS}))
    give(app, luis, job="dev")
    happened(app, "Payment Recorded", account_id=acme, person_id=ana)
    worker()
    assert done(shown(ana, acme)[0]) == ["payment"]
    with app.app_context():
        assert db.session.query(FlowEnrolment).count() == 1


def test_a_rule_comes_to_hold_by_time_alone(app: Flask, worker, ana: int, acme: int, shown: State) -> None:
    publish_plans(app)
    publish(app, flow("late", audience={"when": {"field": "trial.day", "gte": 3}, "plans": ["trial"]}))
    with app.app_context():
        trials.start(acme, by="tests")
        db.session.commit()
    worker(now=now() + dt.timedelta(days=1))
    assert shown(ana, acme) == []
    worker(now=now() + dt.timedelta(days=2, hours=1))
    assert keys(shown(ana, acme)) == ["late"]


def test_a_step_is_done_when_its_rule_holds(
    app: Flask, worker, ana: int, luis: int, acme: int, shown: State
) -> None:
    proof = {
        "all": [{"event": "Quiz Passed"}, {"event": "Invoice Sent", "count": {"gte": 2}, "by": "account"}]
    }
    publish(
        app,
        flow(
            "skilled",
            step("skill", completes_when=proof, manual=False),
            step("named", completes_when={"field": "account.traits.tax_id", "exists": True}, manual=False),
        ),
    )
    happened(app, "Invoice Sent", account_id=acme, person_id=luis)
    happened(app, "Quiz Passed", account_id=acme, person_id=ana)
    worker()
    assert done(shown(ana, acme)[0]) == []
    happened(app, "Invoice Sent", account_id=acme, person_id=luis)
    worker()
    assert done(shown(ana, acme)[0]) == ["skill"]
    with app.app_context():
        db.session.get_one(Account, acme).traits = {"tax_id": "B-1"}
        db.session.commit()
    worker(now=now())
    assert done(shown(ana, acme)[0]) == ["skill", "named"]
    assert len(recorded(app, event_names.STEP_COMPLETED)) == 2
    assert len(recorded(app, event_names.COMPLETED)) == 1
    worker(now=now() + dt.timedelta(minutes=2))
    assert len(recorded(app, event_names.STEP_COMPLETED)) == 2


def test_the_job_takes_as_many_statements_for_many_as_for_one(app: Flask, worker, acme: int) -> None:
    publish(
        app, flow("all", step("a", completes_when=DEVELOPERS, manual=False), audience={"when": {"all": []}})
    )
    with app.app_context():
        engine = db.engine

    def statements() -> int:
        with app.app_context(), count_queries(engine) as counted:
            assert jobs.follow_rules(now()) > 0
            db.session.commit()
        return counted.count

    first = statements()
    for number in range(12):
        person = make_person(app, f"dev{number}@acme.example")
        give(app, person, job="dev")
        make_account(app, (person, "owner"), key=f"more-{number}")
    assert statements() <= first + 8, "as many more as it takes to complete steps at all"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_faults_of_rules_are_named_by_their_place(app: Flask) -> None:
    broken = flow(
        "x",
        step("a", completes_when={"field": "person.shoe", "eq": 42}, manual=False),
        step("b", "B", completes_when=DEVELOPERS),
        audience={"when": {"any": []}},
    )
    with app.app_context(), pytest.raises(FlowFaulty) as refused:
        flows.publish(broken, by="tests")
    said = {fault.field: fault.message for fault in refused.value.errors}
    assert "person.shoe" in said["steps.0.completes_when"]
    assert "either" in said["steps.1"]
    assert "any" in said["audience.when"]


def test_why_the_rule_holds_or_not_is_explained(
    app: Flask, client: FlaskClient, secret_key: str, ana: int, acme: int, call: Call
) -> None:
    publish(app, flow("build", audience={"when": {"all": [DEVELOPERS, {"event": "Invoice Sent"}]}}))
    give(app, ana, job="ops")
    answer = client.get(
        "/v1/flows/explain?flow=build&person=ana@acme.example&account=acme",
        headers={"Authorization": f"Bearer {secret_key}"},
    )
    (rule,) = [each for each in answer.json["rules"] if each["rule"] == "when"]
    assert (answer.json["shown"], rule["holds"]) == (False, False)
    assert [(part["found"], part["holds"]) for part in rule["found"]["all"]] == [("ops", False), (0, False)]


def test_a_flow_with_rules_is_tried_on_the_past_as_it_will_be(
    app: Flask, worker, ana: int, luis: int, acme: int
) -> None:
    definition = flow("start", step("a", completes_when=DEVELOPERS, manual=False), scope="person")
    definition["audience"] = {"when": {"field": "person.name", "starts_with": "A"}}
    for person in (ana, luis):
        give(app, person, job="dev")
        happened(app, "Invoice Sent", account_id=acme, person_id=person)
    with app.app_context():
        told = trying.replay(trying.candidate("start", definition=definition), 30)
    assert (told["enrolled"], told["completed"]) == (1, 1)
    publish(app, definition)
    worker(now=now())
    assert [each.person_id for each in recorded(app, event_names.COMPLETED)] == [ana]
