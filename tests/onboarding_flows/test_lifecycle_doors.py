"""The doors of flows themselves: versions, drafts, going back, moving people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from onboarding_flows import jobs
from plg.kit.clock import now
from tests.onboarding_flows.conftest import State, done, flow, publish, step
from tests.onboarding_flows.test_drafts import kept

Ask = Callable[..., Any]


@pytest.fixture
def ask(client: FlaskClient, secret_key: str) -> Ask:
    """`ask("GET", "/start/versions")`: the answer's JSON, of the expected status."""

    def call(method: str, path: str, body: dict[str, Any] | None = None, expect: int = 200) -> Any:
        headers = {"Authorization": f"Bearer {secret_key}"}
        answer = client.open(f"/v1/flows{path}", method=method, json=body, headers=headers)
        assert answer.status_code == expect, answer.text
        return answer.json

    return call


def test_a_flow_goes_from_draft_to_live_and_back_by_the_api(
    app: Flask, ana: int, acme: int, ask: Ask, shown: State
) -> None:
    broken = flow("start", step("a", "A", requires=["b"]))
    assert ask("PUT", "/start/draft", {"definition": broken})["faults"] == [
        {"field": "steps.0.requires.0", "message": "there is no step 'b'"}
    ]
    refused = ask("POST", "/start/draft/publish", {}, expect=422)
    assert (refused["code"], refused["errors"][0]["field"]) == ("flow_faulty", "steps.0.requires.0")
    assert ask("GET", "/start/draft")["definition"] == broken
    (listed,) = ask("GET", "")["data"]
    assert (listed["live_version"], listed["draft_saved_at"] is not None) == (None, True)

    ask("PUT", "/start/draft", {"definition": flow("start", step("a", "A"))})
    assert ask("POST", "/start/draft/publish", {}) == {"flow": "start", "version": 1}
    ask("GET", "/start/draft", expect=404)
    ask("DELETE", "/start/draft", expect=204)
    shown(ana, acme)
    publish(app, flow("start", step("b", "B")))
    assert ask("POST", "/start/roll-back", {"version": 1}) == {"flow": "start", "version": 3}
    assert ask("POST", "/start/roll-back", {"version": 7}, expect=404)["code"] == "version_not_found"
    assert [(v["version"], v["live"], v["enrolled"]) for v in ask("GET", "/start/versions")["data"]] == [
        (3, True, 0),
        (2, False, 0),
        (1, False, 1),
    ]
    (listed,) = ask("GET", "")["data"]
    figures = ("live_version", "enrolled", "completed", "dismissed", "draft_saved_at")
    assert [listed[name] for name in figures] == [3, 1, 0, 0, None]
    ask("GET", "/nothing/versions", expect=404)


def test_people_are_moved_by_the_api_after_a_look_at_what_would_change(
    app: Flask, client: FlaskClient, ana: int, acme: int, headers, ask: Ask, shown: State
) -> None:
    publish(app, flow("start", step("tour"), step("b", "B")))
    client.post("/v1/widget/flows/start/steps/tour/complete", json={}, headers=headers(ana, acme))
    publish(app, flow("start", step("walk")))
    body = {"from_version": 1, "mapping": {"tour": "walk"}}
    preview = ask("POST", "/start/migrations/preview", body)
    assert (preview["enrolments"], preview["would_be_completed"]) == (1, 1)
    faulty = ask("POST", "/start/migrations", {"from_version": 1, "mapping": {"x": "walk"}}, expect=422)
    assert faulty["errors"][0]["field"] == "mapping.x"
    started = ask("POST", "/start/migrations", body, expect=202)
    assert (started["status"], started["moved"], started["total"]) == ("running", 0, 1)
    while kept(app, jobs.migrate, now()):
        pass
    ended = ask("GET", f"/start/migrations/{started['id']}")
    assert (ended["status"], ended["moved"]) == ("finished", 1)
    (mine,) = shown(ana, acme)
    assert (done(mine), mine["completed"], mine["version"]) == (["walk"], True, 2)
    ask("GET", f"/other/migrations/{started['id']}", expect=404)
