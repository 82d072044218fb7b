"""Experiments: by a hash, for ever; who is held out sees nothing; who meets one is noted once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from onboarding_flows import enrolments, exposing, flows, jobs, trying
from onboarding_flows.enrolments import Actor
from onboarding_flows.models import FlowEnrolment, FlowReward, StepCompletion
from plg.events import names
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from plg.people import people
from tests.onboarding_flows.conftest import Call, State, done, flow, publish, step, text
from tests.onboarding_flows.test_drafts import kept
from tests.onboarding_flows.test_migrating import moved
from tests.onboarding_flows.test_progress import count, recorded
from tests.support.story import happened, make_account, make_person

SHORT = {"key": "short", "weight": 1, "changes": {"steps": [step("invoice", "Invoice Sent")]}}
CONTROL = {"key": "control", "weight": 1}
ONE_DATABASE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def experiment(holdout: int = 0, *variants: dict[str, Any]) -> dict[str, Any]:
    return {"holdout": holdout, "variants": list(variants)}


def tried(holdout: int = 0, *variants: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A flow of a person, with an experiment."""
    more = {"scope": "person", **more}
    return flow(
        "start",
        step("invoice", "Invoice Sent"),
        step("tour"),
        experiment=experiment(holdout, *variants),
        **more,
    )


def in_arm(app: Flask, wanted: str, number: int = 1, among: int = 60) -> list[int]:
    """People who are in that arm of the live flow."""
    found = []
    for i in range(among):
        person = make_person(app, f"{wanted}{i}@acme.example", f"P{i}")
        with app.app_context():
            if flows.find_live("start").arm_of(people.get(person).public_id) == wanted:
                found.append(person)
            db.session.rollback()
        if len(found) == number:
            return found
    raise AssertionError(f"nobody of {among} is in {wanted}")


def arms(app: Flask) -> dict[int | None, str | None]:
    with app.app_context():
        rows = db.session.execute(select(FlowEnrolment.person_id, FlowEnrolment.variant)).all()
        db.session.rollback()
        return dict(rows)


def exposures(app: Flask) -> list[Event]:
    with app.app_context():
        return list(db.session.scalars(select(Event).where(Event.name == names.EXPERIMENT_EXPOSED)))


# --- who is where --------------------------------------------------------------------------------------


@ONE_DATABASE
def test_arms_are_kept_and_do_not_change_with_versions(app: Flask, worker, shown: State) -> None:
    publish(app, tried(20, CONTROL, SHORT))
    first = [person for arm in ("holdout", "control", "short") for person in in_arm(app, arm, 3)]
    acme = make_account(app, *((person, "member") for person in first))
    for person in first:
        shown(person, acme)
    before = arms(app)
    assert Counter(before.values()) == {"holdout": 3, "control": 3, "short": 3}
    publish(app, tried(20, CONTROL, SHORT, title=text("Begin")))
    with app.app_context():
        live = flows.find_live("start")
        again = {person: live.arm_of(people.get(person).public_id) for person in first}
        db.session.rollback()
    assert again == before
    moved(app)
    assert arms(app) == before


def test_an_accounts_flow_has_one_arm_for_all_of_its_people(
    app: Flask, ana: int, luis: int, acme: int, shown: State
) -> None:
    publish(app, tried(0, CONTROL, SHORT, scope="account"))
    seen = {len(shown(person, acme)[0]["steps"]) for person in (ana, luis)}
    assert len(seen) == 1
    assert len(exposures(app)) == 1


@ONE_DATABASE
def test_who_moves_keeps_an_arm_that_is_still_there_and_leaves_one_that_is_not(
    app: Flask, shown: State
) -> None:
    long = {
        "key": "long",
        "weight": 1,
        "changes": {"steps": [step("invoice", "Invoice Sent"), step("extra")]},
    }
    publish(app, tried(30, CONTROL, SHORT, long))
    who = {arm: in_arm(app, arm)[0] for arm in ("holdout", "control", "short", "long")}
    acme = make_account(app, *((person, "member") for person in who.values()))
    for person in who.values():
        shown(person, acme)
    happened(app, "Invoice Sent", account_id=acme, person_id=who["short"])
    publish(
        app,
        tried(0, CONTROL, {**SHORT, "changes": {"steps": [step("invoice", "Invoice Sent"), step("new")]}}),
    )
    moved(app)
    assert arms(app) == {
        who["holdout"]: None,
        who["control"]: "control",
        who["short"]: "short",
        who["long"]: None,
    }
    keys = {arm: [each["key"] for each in shown(person, acme)[0]["steps"]] for arm, person in who.items()}
    plain = ["invoice", "tour"]
    assert keys == {"holdout": plain, "control": plain, "short": ["invoice", "new"], "long": plain}
    assert done(shown(who["short"], acme)[0]) == ["invoice"]


@ONE_DATABASE
def test_the_arms_of_the_past_are_counted_and_why_somebody_is_in_theirs_is_told(
    app: Flask, client: FlaskClient, secret_key: str, shown: State
) -> None:
    publish(app, tried(50, CONTROL))
    held = in_arm(app, "holdout")[0]
    acme = make_account(app, (held, "member"))
    key = {"Authorization": f"Bearer {secret_key}"}
    with app.app_context():
        public = people.get(held).public_id
        db.session.rollback()
    told = [
        client.get("/v1/flows/explain", query_string={"flow": "start", "person": public}, headers=key).json
    ]
    happened(app, "Hello", account_id=acme, person_id=held)
    shown(held, acme)
    told.append(
        client.get("/v1/flows/explain", query_string={"flow": "start", "person": public}, headers=key).json
    )
    for each in told:
        assert each is not None and each["shown"] is False
        assert {
            "rule": "experiment",
            "holds": False,
            "wanted": "an arm that is shown it",
            "found": "holdout",
        } in each["rules"]
        assert each["experiment"]["variant"] == "holdout"
        assert each["experiment"]["buckets"] == {"holdout": [0, 4999], "control": [5000, 9999]}
        assert 0 <= each["experiment"]["bucket"] <= 4999
    assert told[0]["experiment"]["exposed_at"] is None and told[1]["experiment"]["exposed_at"] is not None
    with app.app_context():
        assert trying.replay(trying.candidate("start"), 30)["arms"] == {"holdout": 1, "control": 0}


# --- who is held out ------------------------------------------------------------------------------------


def test_who_is_held_out_sees_nothing_and_is_told_of_nothing_but_is_counted(
    app: Flask, client: FlaskClient, worker, shown: State, headers, call: Call
) -> None:
    definition = tried(50, CONTROL)
    definition["steps"][0]["reward"] = {"points": 50, "trial_days": 2}
    publish(app, definition)
    held = in_arm(app, "holdout")[0]
    acme = make_account(app, (held, "owner"), key="acme")
    happened(app, "Invoice Sent", account_id=acme, person_id=held)
    worker()
    assert exposures(app) == [], "nobody has looked yet"
    assert shown(held, acme) == []
    assert shown(held, acme, "es") == []
    who = headers(held, acme)
    for verb in ("steps/tour/complete", "steps/tour/skip", "dismiss", "resume"):
        assert client.post(f"/v1/widget/flows/start/{verb}", headers=who).status_code == 404
    with app.app_context():
        public = people.get(held).public_id
        db.session.rollback()
    body = {"person": public, "account": "acme"}
    assert call("start/enrol", body)["already_enrolled"] == 1
    assert call("start/steps/tour/complete", body) == {"status": "done", "changed": True, "checklist": None}
    call("start/dismiss", body)
    call("start/reset", body)
    call("start/steps/invoice/complete", body)
    worker()
    with app.app_context():
        keys = list(db.session.scalars(select(StepCompletion.step_key)))
        said = [
            e.name
            for e in db.session.scalars(select(Event))
            if e.name.startswith(("Onboarding", "Experiment"))
        ]
        db.session.rollback()
    assert keys == ["invoice"]
    assert said == [names.EXPERIMENT_EXPOSED]
    assert count(app, FlowReward) == 0
    exposed = exposures(app)[0]
    assert exposed.properties == {
        "experiment": "flow:start",
        "variant": "holdout",
        "flow": "start",
        "version": 1,
    }
    assert (exposed.person_id, exposed.account_id) == (held, acme)


def test_a_server_that_asks_for_an_account_alone_exposes_nobody(
    app: Flask, client: FlaskClient, secret_key: str, ana: int, luis: int, acme: int
) -> None:
    publish(app, tried(0, CONTROL, SHORT, scope="account", audience={"roles": ["owner"]}))
    key = {"Authorization": f"Bearer {secret_key}"}
    for asked in ({"account": "acme"}, {"person": "luis@acme.example", "account": "acme"}):
        assert client.get("/v1/flows/state", query_string=asked, headers=key).status_code == 200
    assert exposures(app) == [], "the member is not shown what is for owners"
    client.get("/v1/flows/state", query_string={"person": "ana@acme.example"}, headers=key)
    assert [each.person_id for each in exposures(app)] == [ana]


def test_an_experiment_is_met_once_however_many_look_at_once(
    app: Flask, ana: int, luis: int, acme: int, headers
) -> None:
    publish(app, tried(50, CONTROL, scope="account"))
    publish(app, {**tried(0, CONTROL, SHORT, scope="account"), "key": "other"})
    who = [headers(person, acme) for person in (ana, luis)]
    start = Barrier(8)

    def look(index: int) -> int:
        client = app.test_client()
        start.wait(timeout=30)
        return client.get("/v1/widget/state", headers=who[index % 2]).status_code

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(look, range(8))) == [200] * 8
    assert Counter(each.properties["flow"] for each in exposures(app)) == {"start": 1, "other": 1}
    with app.app_context():
        met = list(db.session.scalars(select(FlowEnrolment.exposed_at)))
        enrolled = [each.id for each in enrolments.of_owners([acme], [])]
        exposing.expose(enrolled, to=Actor(ana, acme), at=now())
        db.session.commit()
        assert list(db.session.scalars(select(FlowEnrolment.exposed_at))) == met and None not in met
        db.session.rollback()
    assert len(exposures(app)) == 2


@ONE_DATABASE
def test_steps_of_a_variant_are_completed_by_its_own_rules(app: Flask, worker, shown: State) -> None:
    rule = {"field": "person.traits.job", "eq": "dev"}
    by_rule = {"key": "invoice", "title": text("Invoice"), "completes_when": rule}
    ruled = {"key": "ruled", "weight": 1, "changes": {"steps": [by_rule]}}
    publish(app, tried(0, CONTROL, ruled))
    who = {arm: in_arm(app, arm)[0] for arm in ("control", "ruled")}
    acme = make_account(app, *((person, "member") for person in who.values()))
    with app.app_context():
        for person in who.values():
            people.get(person).traits = {"job": "dev"}
        db.session.commit()
    for person in who.values():
        shown(person, acme)
    while kept(app, jobs.follow_rules, now()):
        pass
    assert {arm: done(shown(person, acme)[0]) for arm, person in who.items()} == {
        "control": [],
        "ruled": ["invoice"],
    }
    assert [each.properties["step"] for each in recorded(app, "Onboarding Step Completed")] == ["invoice"]
