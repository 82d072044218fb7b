"""The definitions of tours, banners and announcements: every fault is named, and what is read is written back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from onboarding_flows import flows, folder
from onboarding_flows.flows import FlowFaulty
from tests.onboarding_flows.conftest import flow, prompt, step, text, tour
from tests.onboarding_flows.test_folder import written

WHOLE_TOUR = tour(
    "whole",
    {
        "key": "one",
        "title": text("One"),
        "body": text("Here"),
        "anchor": ["[data-plg='new']", "nav > a:nth-child(2)"],
        "placement": "end",
        "page": "/reports*",
        "advance": "click",
        "action": {"label": text("Go"), "url": "/reports/new"},
    },
    {"key": "two", "title": text("Two")},
    audience={"percent": 25, "locales": ["es", "pt-BR"], "roles": ["owner"]},
    show={
        "priority": 70,
        "from": "2026-12-01T00:00:00Z",
        "until": "2026-12-24T18:00:00Z",
        "wait": "2d",
        "times": 3,
        "every": "1w",
        "snooze": "4h",
        "dismissible": False,
        "essential": True,
    },
)
WHOLE_BANNER = prompt("line", action={"label": text("Go"), "url": "/"}, placement="bottom", show={"times": 2})


def faults(definition: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(FlowFaulty) as refused:
        flows.parse(definition)
    return {fault.field: fault.message.removeprefix("Value error, ") for fault in refused.value.errors}


def test_whole_prompts_are_read_and_written_back_alike(app: Flask, tmp_path: Path) -> None:
    written(tmp_path, "whole.yaml", WHOLE_TOUR)
    root = written(tmp_path, "line.yaml", WHOLE_BANNER)
    read = folder.read(root)
    assert read == {"whole": WHOLE_TOUR, "line": WHOLE_BANNER}
    (tmp_path / "again").mkdir()
    with app.app_context():
        folder.write(tmp_path / "again", read)
    assert folder.read(tmp_path / "again") == read


def test_a_time_that_yaml_knows_is_a_time(tmp_path: Path) -> None:
    said = "key: a\nkind: banner\ntitle: {es: a, en: a}\ndescription: {es: a, en: a}\nshow: {from: %s}\n"
    for told in ("2026-12-01", "2026-12-01T01:00:00+01:00", "'2026-12-01T00:00:00Z'"):
        read = folder.read(written(tmp_path, "a.yaml", said % told))
        assert read["a"]["show"] == {"from": "2026-12-01T00:00:00Z"}


def test_what_a_kind_does_not_have_is_a_fault() -> None:
    steps = [step("a", "A")]
    assert faults(prompt("a", steps=steps, scope="account", placement="modal")) == {
        "scope": "a banner is each person's own: scope must be person",
        "steps": "a banner has no steps",
        "placement": "must be one of top, bottom",
    }
    silent = {key: value for key, value in prompt("a", "announcement").items() if key != "description"}
    assert faults(silent) == {"description": "an announcement needs a description: it is its text"}
    assert faults(tour("a") | {"steps": []}) == {"steps": "a flow needs steps, or sections with steps"}
    assert faults(tour("a", placement="top", action={"label": text("Go"), "url": "/"})) == {
        "action": "a tour has its actions in its steps",
        "placement": "a tour has its actions in its steps",
    }
    assert faults(flow("a", action={"label": text("Go"), "url": "/"})) == {
        "action": "only a banner or an announcement has action"
    }
    assert "kind" in faults(flow("a", kind="popup"))
    assert "steps.0.anchor" in faults(flow("a", step("a", "A") | {"anchor": ["#a"]}))


@pytest.mark.parametrize(
    ("part", "path", "said"),
    [
        ({"completes_on": {"event": "A"}}, "", "needs either completes_on"),
        ({"requires": ["one"], "due": 3}, "", "a step of a tour has no due, requires"),
        ({"manual": True}, "", "a step of a tour has no manual"),
        ({"advance": "click"}, "", "advance: click needs an anchor"),
        ({"anchor": ["a { color: red }"]}, ".anchor.0", "is no CSS selector"),
        ({"anchor": ["#a["]}, ".anchor.0", "] is missing"),
        ({"anchor": ["[a='b]"]}, ".anchor.0", "' is missing"),
        ({"anchor": ["a)"]}, ".anchor.0", "( is missing"),
        ({"anchor": ["nav >"]}, ".anchor.0", "is no CSS selector"),
        ({"anchor": ["x" * 201]}, ".anchor.0", "at most 200"),
        ({"anchor": ["#a"] * 6}, ".anchor", "at most 5"),
        ({"page": "reports"}, ".page", "pattern"),
        ({"page": "/a?b"}, ".page", "pattern"),
        ({"placement": "left"}, ".placement", "top"),
    ],
)
def test_faults_of_a_tours_steps_are_named(part: dict[str, Any], path: str, said: str) -> None:
    found = faults(tour("a", {"key": "one", "title": text("One"), **part}))
    assert said in found[f"steps.0{path}"]


@pytest.mark.parametrize(
    ("show", "path", "said"),
    [
        ({"priority": 101}, ".priority", "100"),
        ({"from": "2026-02-01", "until": "2026-02-01T00:00:00Z"}, "", "until must be after from"),
        ({"from": "soon"}, ".from", "isoformat"),
        ({"until": 12}, ".until", "must be a time"),
        ({"wait": "a while"}, ".wait", "must be a span"),
        ({"every": "99999w"}, ".every", "not be longer than 365 days"),
        ({"times": 0}, ".times", "1"),
        ({"dismissible": "no"}, ".dismissible", "bool"),
        ({"often": True}, ".often", "not permitted"),
    ],
)
def test_faults_of_when_it_is_shown_are_named(show: dict[str, Any], path: str, said: str) -> None:
    assert said in faults(prompt("a", show=show))[f"show{path}"]


@pytest.mark.parametrize(
    ("audience", "path"),
    [({"percent": 101}, "percent"), ({"percent": 2.5}, "percent"), ({"locales": ["Spanish!"]}, "locales.0")],
)
def test_faults_of_a_share_or_a_language_are_named(audience: dict[str, Any], path: str) -> None:
    assert f"audience.{path}" in faults(prompt("a", audience=audience))


NAMES = ["kind", "show", "steps", "anchor", "from", "placement", "audience", "description"]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=12,
)


@given(anything)
def test_whatever_a_definition_holds_its_faults_are_named(told: Any) -> None:
    for kind in ("tour", "banner"):
        definition = {**told, "kind": kind} if isinstance(told, dict) else told
        with pytest.raises(FlowFaulty):
            flows.parse(definition)
