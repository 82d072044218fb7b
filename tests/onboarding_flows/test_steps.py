"""Steps in sections, steps that come first, steps for a role, steps that are due."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from onboarding_flows import flows, folder
from onboarding_flows.checklist import due_at
from onboarding_flows.flows import FlowFaulty
from plg.kit.strict_yaml import write_yaml
from tests.onboarding_flows.conftest import State, done, flow, publish, step, text
from tests.onboarding_flows.samples import DEVELOPERS, MEMBERS, SURVEY
from tests.support.story import at, happened


def sections(*parts: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    named = [{"title": text(f"Part {i + 1}"), "steps": steps} for i, steps in enumerate(parts)]
    return {"key": "start", "title": text("Start"), "scope": "account", "sections": named, **more}


def faults(definition: object) -> dict[str, str]:
    with pytest.raises(FlowFaulty) as refused:
        flows.parse(definition)
    return {fault.field: fault.message for fault in refused.value.errors}


def test_sections_and_what_a_step_says_go_through_yaml_and_back(app: Flask, tmp_path: Path) -> None:
    whole = sections(
        [step("company", "Company Added", role="owner", due=3)],
        [step("invoice", "Invoice Sent", requires=["company"]), step("tour", skippable=True)],
        [step(f"way-{kind}", completes_on=way, manual=False) for kind, (way, _) in MEMBERS.items()],
        [
            step("api", "Key Created", visible_when=DEVELOPERS, role="developer", reward={"trial_days": 2}),
            step("dev", completes_when=DEVELOPERS, manual=False, stays_done=False, reward={"points": 5}),
            step("survey", action=SURVEY, manual=False),
            step("watch", "Watched", action={"label": text("Watch"), "video": "https://youtu.be/abc"}),
            step("learn", action={"label": text("Learn"), "lesson": "basics/invoices"}),
            step("look", action={"label": text("Look"), "tour": "first-steps"}),
        ],
    )
    for part in whole["sections"]:
        part["steps"] = [{name: v for name, v in each.items() if v is not False} for each in part["steps"]]
    whole["sections"][3]["steps"][1]["stays_done"] = False
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "start.yaml").write_text(write_yaml(whole), encoding="utf-8")
    read = folder.read(tmp_path)
    assert read == {"start": whole}
    with app.app_context():
        folder.write(tmp_path / "again", read)
    assert folder.read(tmp_path / "again") == read


def test_requirements_that_cannot_be_met_are_named_by_their_paths() -> None:
    found = faults(
        sections(
            [step("a", "A", requires=["b", "nothing"]), step("alone", "X", requires=["alone"])],
            [step("b", "B", requires=["a"]), step("a", "C"), step("boss", "X", role="The Boss", due=0)],
        )
    )
    assert found.keys() >= {
        "sections.0.steps.0.requires.1",
        "sections.1.steps.1.key",
        "sections.1.steps.2.role",
        "sections.1.steps.2.due",
    }
    assert found["sections.0.steps.0.requires.1"] == "there is no step 'nothing'"
    circles = faults(
        flow("x", step("a", "A", requires=["c"]), step("b", requires=["a"]), step("c", requires=["b"]))
    )
    assert list(circles) == ["steps.0.requires"]
    assert circles["steps.0.requires"].startswith("goes in a circle: ")
    assert list(faults(flow("x", step("a", "A", requires=["a"])))) == ["steps.0.requires"]


def test_a_flow_has_steps_or_sections_and_not_too_many() -> None:
    assert list(faults({"key": "x", "title": text("X")})) == ["steps"]
    both = sections([step("a", "A")], steps=[step("b", "B")])
    assert faults(both) == {"sections": "a flow has either steps or sections"}
    many = sections(*([step(f"s-{part}-{i}", "A") for i in range(26)] for part in range(2)))
    assert faults(many) == {"sections": "at most 50 steps"}
    for odd in (None, [], {"steps": 3}, {"sections": [None, {"steps": "x"}]}, {"steps": [{"requires": 1}]}):
        assert faults(odd)


def test_a_step_waits_for_those_that_come_first_but_facts_do_not(
    app: Flask, client: FlaskClient, worker, ana: int, acme: int, headers, shown: State
) -> None:
    publish(
        app,
        flow(
            "start",
            step("company", "Company Added"),
            step("invoice", "Invoice Sent", requires=["company"]),
            step("tour", requires=["company", "invoice"]),
        ),
    )
    complete = "/v1/widget/flows/start/steps/tour/complete"
    happened(app, "Invoice Sent", account_id=acme, person_id=ana)
    worker()
    (mine,) = shown(ana, acme)
    assert done(mine) == ["invoice"]
    assert [each["locked_by"] for each in mine["steps"]] == [[], [], ["company"]]
    refused = client.post(complete, json={}, headers=headers(ana, acme))
    assert (refused.status_code, refused.json["code"]) == (409, "step_locked")
    assert refused.json["locked_by"] == ["company"]
    happened(app, "Company Added", account_id=acme, person_id=ana)
    worker()
    assert [each["locked"] for each in shown(ana, acme)[0]["steps"]] == [False] * 3
    assert client.post(complete, json={}, headers=headers(ana, acme)).status_code == 200
    assert shown(ana, acme)[0]["completed"] is True


def test_a_step_says_its_section_its_role_and_when_it_is_due(
    app: Flask, worker, ana: int, luis: int, acme: int, shown: State
) -> None:
    for_owners = step("company", "Company Added", role="owner")
    for_members = step("tour", role="member", due=3)
    publish(app, sections([for_owners], [for_members, step("rest", role="admin")]))
    owner, member = shown(ana, acme)[0]["steps"], shown(luis, acme)[0]["steps"]
    assert [each["key"] for each in owner] == ["company", "tour", "rest"], "flat, in their order"
    assert [each["section"] for each in owner] == ["Part 1", "Part 2", "Part 2"]
    assert [each["for_role"] for each in owner] == [None] * 3, "an owner may do everything"
    assert [each["for_role"] for each in member] == ["owner", None, "admin"]
    assert [each["due_at"] is not None for each in member] == [False, True, False]
    happened(app, "Company Added", account_id=acme, person_id=luis)
    worker()
    assert shown(ana, acme)[0]["steps"][0]["done_by"] == "Luis", "whoever does it"


def test_the_due_day_counts_from_the_beginning() -> None:
    definition = flows.parse(flow("start", step("tour", due=3), step("rest")))
    tour, rest = definition.all_steps
    assert due_at(tour, at("2026-03-01 09:00")) == at("2026-03-04 09:00")
    assert due_at(rest, at("2026-03-01 09:00")) is None
