"""Why somebody sees a flow or not, and why each step is as it is."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from onboarding_flows import flows
from onboarding_flows.models import FlowEnrolment
from plg.kit.db import db
from tests.onboarding_flows.conftest import ANA, Call, State, flow, publish, step
from tests.onboarding_flows.test_progress import count
from tests.support.story import at, new_event, store_events

LUIS = {"person": "luis@acme.example", "account": "acme"}


def explained(client: FlaskClient, key: str, expect: int = 200, **query: str) -> Any:
    headers = {"Authorization": f"Bearer {key}"}
    answer = client.get("/v1/flows/explain", query_string={"flow": "start", **query}, headers=headers)
    assert answer.status_code == expect, answer.text
    return answer.json


def test_every_rule_is_told_with_what_was_found(
    app: Flask, client: FlaskClient, secret_key: str, ana: int, luis: int, acme: int, shown: State
) -> None:
    audience = {"roles": ["owner"], "plans": ["pro"]}
    publish(app, flow(audience=audience))
    told = explained(client, secret_key, **LUIS)
    assert [(each["rule"], each["holds"]) for each in told["rules"]] == [
        ("live", True),
        ("owner", True),
        ("plans", False),
        ("roles", False),
    ]
    assert [(each["wanted"], each["found"]) for each in told["rules"]][3] == (["owner"], "member")
    assert (told["shown"], told["enrolment"]) == (False, None)
    assert count(app, FlowEnrolment) == 0, "asking begins nothing"

    publish(app, flow(audience={"roles": ["owner"]}))
    shown(ana, acme)
    assert explained(client, secret_key, **ANA)["shown"] is True
    told = explained(client, secret_key, **LUIS)
    assert ([each["rule"] for each in told["rules"]], told["shown"]) == (["roles"], False)
    assert explained(client, secret_key, account="acme")["shown"] is True
    with app.app_context():
        flows.retire("start")
        db.session.commit()
    assert explained(client, secret_key, **ANA)["live_version"] is None
    assert explained(client, secret_key, 404, **{**ANA, "flow": "nothing"})["code"] == "flow_not_found"
    assert explained(client, secret_key, 422)["code"] == "nobody_asked"


def test_every_step_is_told_with_its_cause_or_what_it_waits_for(
    app: Flask, client: FlaskClient, secret_key: str, worker, ana: int, acme: int, call: Call
) -> None:
    three = {**step("three", "T"), "completes_on": {"event": "T", "count": 3}}
    publish(app, flow("start", step("a", "A", due=2), three, step("tour", requires=["three"]), step("rest")))
    cause = new_event("A", account_id=acme, person_id=ana, occurred_at=at("2026-03-01 09:00"))
    counting = [new_event("T", account_id=acme, person_id=ana) for _ in range(2)]
    store_events(app, [cause, *counting])
    worker()
    call("start/steps/rest/skip", ANA)
    call("start/dismiss", ANA)
    told = explained(client, secret_key, **ANA)
    a, counted, tour, rest = told["steps"]
    assert [each["state"] for each in told["steps"]] == ["done", "open", "locked", "skipped"]
    assert (a["event"], a["at"]) == ({"id": cause["id"], "name": "A"}, "2026-03-01T09:00:00Z")
    assert (a["so_far"], counted["so_far"], tour["so_far"]) == ("1 of 1", "2 of 3", None)
    assert (a["due_at"] is not None, a["person"].startswith("per_")) == (True, True)
    assert (tour["locked_by"], rest["by"].startswith("key:")) == (["three"], True)
    assert told["enrolment"]["dismissed_at"] is not None
    call("start/steps/a/reset", ANA)
    first = explained(client, secret_key, **ANA)["steps"][0]
    assert (first["state"], first["event"], first["reset_at"] is not None) == ("open", None, True)
