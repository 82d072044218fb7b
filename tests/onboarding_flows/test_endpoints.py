"""The doors of onboarding flows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from onboarding_flows import event_names
from tests.onboarding_flows.conftest import State, done, flow, publish, step
from tests.onboarding_flows.test_progress import recorded
from tests.support.story import happened, make_account, make_person

Headers = Callable[[int, int | None], dict[str, str]]
COMPLETE = "/v1/widget/flows/start/steps/tour/complete"
DISMISS = "/v1/widget/flows/start/dismiss"


@pytest.fixture
def state(client: FlaskClient, secret_key: str):
    def ask(expect: int = 200, **query: str):
        answer = client.get(
            "/v1/flows/state", query_string=query, headers={"Authorization": f"Bearer {secret_key}"}
        )
        assert answer.status_code == expect, answer.text
        return answer.json

    return ask


def test_the_products_server_reads_the_flows_of_a_person_in_an_account(
    app: Flask, worker, ana: int, acme: int, state
) -> None:
    publish(app, flow())
    happened(app, "Invoice Sent", account_id=acme, person_id=ana)
    worker()
    answer = state(person="ana@acme.example", account="acme", locale="es")
    assert answer["person"].startswith("per_")
    assert answer["account"].startswith("acct_")
    (checklist,) = answer["checklists"]
    assert checklist["title"] == "Start (es)"
    assert done(checklist) == ["invoice"]
    assert state(person="ana@acme.example")["checklists"][0]["flow"] == "start", "their only account"
    assert done(state(account="acme")["checklists"][0]) == ["invoice"]


def test_asking_for_nobody_or_for_unknown_ids_is_refused(app: Flask, ana: int, acme: int, state) -> None:
    assert state(expect=422)["errors"][0]["field"] == "person"
    assert state(expect=422, person="ana@acme.example", locale="fr")["errors"]
    assert state(expect=404, person="nobody")["code"] == "person_not_found"
    assert state(expect=404, account="nobody")["code"] == "account_not_found"


def test_a_person_who_does_not_belong_to_the_account_is_refused(
    app: Flask, ana: int, acme: int, state
) -> None:
    publish(app, flow())
    eve = make_person(app, "eve@other.example", "Eve")
    make_account(app, (eve, "owner"), name="Other", key="other")
    refused = state(expect=403, person="eve@other.example", account="acme")
    assert refused["code"] == "person_not_in_account"


@pytest.mark.parametrize("path", ["/v1/flows/state?account=acme"])
def test_keys_of_browsers_do_not_open_the_servers_door(
    app: Flask, client: FlaskClient, ana: int, acme: int, headers: Headers, publishable_key: str, path: str
) -> None:
    assert client.get(path).status_code == 401
    assert client.get(path, headers={"X-Plg-Key": publishable_key}).status_code == 403
    assert client.get(path, headers=headers(ana, acme)).status_code == 403


@pytest.mark.parametrize("path", [COMPLETE, DISMISS])
def test_the_widgets_doors_open_to_a_signed_user_only(
    app: Flask, client: FlaskClient, ana: int, acme: int, publishable_key: str, secret_key: str, path: str
) -> None:
    publish(app, flow())
    assert client.post(path, json={}).status_code in (400, 401)
    assert client.post(path, json={}, headers={"X-Plg-Key": publishable_key}).status_code == 403
    assert client.post(path, json={}, headers={"Authorization": f"Bearer {secret_key}"}).status_code == 403


def test_a_manual_step_is_marked_once_and_credited(
    app: Flask, client: FlaskClient, ana: int, luis: int, acme: int, headers: Headers, shown: State
) -> None:
    publish(app, flow())
    for person in (luis, ana, luis):
        answer = client.post(COMPLETE, json={}, headers=headers(person, acme))
        assert (answer.status_code, answer.json) == (200, {"status": "done"})
    (checklist,) = shown(ana, acme)
    assert done(checklist) == ["tour"]
    assert checklist["steps"][2]["done_by"] == "Luis"
    (told,) = recorded(app)
    assert (told.name, told.person_id, told.account_id) == (event_names.STEP_COMPLETED, luis, acme)
    assert told.properties["cause_event_id"] is None


def test_the_last_step_by_hand_finishes_the_flow(
    app: Flask, client: FlaskClient, ana: int, acme: int, headers: Headers, shown: State
) -> None:
    publish(app, flow("start", step("tour")))
    client.post(COMPLETE, json={}, headers=headers(ana, acme))
    assert shown(ana, acme)[0]["completed"] is True
    assert [told.name for told in recorded(app)] == [event_names.STEP_COMPLETED, event_names.COMPLETED]


def test_a_step_that_an_event_completes_is_not_marked_by_hand(
    app: Flask, client: FlaskClient, ana: int, acme: int, headers: Headers, shown: State
) -> None:
    publish(app, flow())
    answer = client.post("/v1/widget/flows/start/steps/invoice/complete", json={}, headers=headers(ana, acme))
    assert (answer.status_code, answer.json["code"]) == (409, "step_not_manual")
    assert done(shown(ana, acme)[0]) == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1/widget/flows/nothing/steps/tour/complete", "flow_not_found"),
        ("/v1/widget/flows/start/steps/nothing/complete", "step_not_found"),
        ("/v1/widget/flows/nothing/dismiss", "flow_not_found"),
    ],
)
def test_what_does_not_exist_is_not_found(
    app: Flask, client: FlaskClient, ana: int, acme: int, headers: Headers, path: str, code: str
) -> None:
    publish(app, flow())
    answer = client.post(path, json={}, headers=headers(ana, acme))
    assert (answer.status_code, answer.json["code"]) == (404, code)


@pytest.mark.parametrize("path", [COMPLETE, DISMISS])
def test_a_flow_that_is_for_others_is_not_found(
    app: Flask, client: FlaskClient, ana: int, luis: int, acme: int, headers: Headers, path: str, shown: State
) -> None:
    publish(app, flow(audience={"roles": ["owner"]}))
    shown(ana, acme)
    for who, account in ((luis, acme), (ana, None)):
        answer = client.post(path, json={}, headers=headers(who, account))
        assert (answer.status_code, answer.json["code"]) == (404, "flow_not_found")
    assert done(shown(ana, acme)[0]) == []


def test_a_stranger_neither_sees_nor_touches_an_accounts_flow(
    app: Flask, client: FlaskClient, worker, ana: int, acme: int, headers: Headers, shown: State
) -> None:
    publish(app, flow())
    happened(app, "Invoice Sent", account_id=acme, person_id=ana)
    worker()
    eve = make_person(app, "eve@other.example", "Eve")
    other = make_account(app, (eve, "owner"), name="Other")
    assert done(shown(eve, other)[0]) == []
    assert client.post(COMPLETE, json={}, headers=headers(eve, other)).status_code == 200
    assert client.post(DISMISS, json={}, headers=headers(eve, other)).status_code == 200
    (hers,) = shown(ana, acme)
    assert (done(hers), hers["dismissed"]) == (["invoice"], False)


def test_who_puts_a_flow_away_does_not_take_it_from_their_colleagues(
    app: Flask, client: FlaskClient, ana: int, luis: int, acme: int, headers: Headers, shown: State
) -> None:
    publish(app, flow())
    for _ in range(2):
        assert client.post(DISMISS, json={}, headers=headers(luis, acme)).json == {"status": "dismissed"}
    assert shown(luis, acme)[0]["dismissed"] is True
    assert shown(ana, acme)[0]["dismissed"] is False
    (told,) = recorded(app, event_names.DISMISSED)
    assert told.properties == {"flow": "start", "version": 1, "steps_done": 0, "steps": 3}


def test_the_state_is_told_only_where_it_changed(
    app: Flask, client: FlaskClient, worker, ana: int, acme: int, headers: Headers
) -> None:
    publish(app, flow())
    who = headers(ana, acme)
    tag = client.get("/v1/widget/state", headers=who).headers["ETag"]
    assert client.get("/v1/widget/state", headers={**who, "If-None-Match": tag}).status_code == 304
    happened(app, "Invoice Sent", account_id=acme, person_id=ana)
    worker()
    assert client.get("/v1/widget/state", headers={**who, "If-None-Match": tag}).status_code == 200
