"""An experiment as people write it: every fault is named, and what is sound comes back from a folder without loss."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from onboarding_flows import flows, folder
from onboarding_flows.flows import FlowFaulty
from plg.kit.db import db
from tests.onboarding_flows.conftest import flow, publish, step, text
from tests.onboarding_flows.test_experiments import CONTROL, ONE_DATABASE, SHORT, experiment, tried


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        (experiment(), {"experiment": "nothing to compare"}),
        (experiment(0, CONTROL), {"experiment": "nothing to compare"}),
        (experiment(100, CONTROL), {"experiment.holdout": "less than or equal to 99"}),
        (
            experiment(0, {**CONTROL, "weight": 0}, {**SHORT, "weight": 1.5}),
            {"experiment.variants.0.weight": "greater than", "experiment.variants.1.weight": "integer"},
        ),
        (
            experiment(0, CONTROL, {**SHORT, "key": "control"}),
            {"experiment.variants.1.key": "earlier variant"},
        ),
        (experiment(5, CONTROL, {**SHORT, "key": "holdout"}), {"experiment.variants.1.key": "get nothing"}),
        (experiment(0, SHORT, {**SHORT, "key": "b"}), {"experiment.variants.0.changes": "the flow as it is"}),
        (experiment(0, CONTROL, {"key": "b"}), {"experiment.variants.1.changes": "is needed"}),
        (
            experiment(0, CONTROL, {**SHORT, "changes": {"steps": [step("a", requires=["b"]), step("a")]}}),
            {
                "experiment.variants.1.changes.steps.0.requires.0": "no step 'b'",
                "experiment.variants.1.changes.steps.1.key": "earlier step",
            },
        ),
        (
            experiment(0, CONTROL, {**SHORT, "changes": {"steps": [], "audience": {"roles": ["owner"]}}}),
            {
                "experiment.variants.1.changes.steps": "needs steps",
                "experiment.variants.1.changes.audience": "not permitted",
            },
        ),
        (
            experiment(0, CONTROL, {**SHORT, "changes": {"title": {"en": "Only English"}}}),
            {"experiment.variants.1.changes.title.es": "required"},
        ),
    ],
)
def test_every_fault_of_an_experiment_is_named(given: dict[str, Any], faults: dict[str, str]) -> None:
    with pytest.raises(FlowFaulty) as refusal:
        flows.parse(flow("start", step("a"), experiment=given))
    found = {fault.field: fault.message for fault in refusal.value.errors}
    assert found.keys() == faults.keys()
    assert all(faults[field] in message for field, message in found.items()), found


@ONE_DATABASE
def test_a_variant_has_its_own_texts_and_a_folder_keeps_the_experiment(app: Flask, tmp_path: Any) -> None:
    changed = step("invoice", "Invoice Sent", body=text("**Quick**"))
    section = {"title": text("All"), "steps": [changed]}
    short = {**SHORT, "changes": {"title": text("Short"), "sections": [section]}}
    definition = tried(10, CONTROL, short)
    definition["steps"][0]["body"] = text("Slow")
    publish(app, definition)
    with app.app_context():
        live = flows.find_live("start")
        folder.write(tmp_path, folder.live())
        assert folder.read(tmp_path) == {"start": flows.definition_of(live.flow)} == folder.live()
        db.session.rollback()
    of_short, of_control = live.in_arm("short"), live.in_arm("control")
    assert (of_short.flow.title.en, of_control.flow.title.en) == ("Short", "Start")
    assert list(of_short.steps) == ["invoice"] and list(of_control.steps) == ["invoice", "tour"]
    assert "<strong>Quick</strong>" in of_short.step_html("invoice", "en")
    assert (
        "Slow" in of_control.step_html("invoice", "en") == live.in_arm("holdout").step_html("invoice", "en")
    )
    assert live.in_arm("gone") is live and live.in_arm(None) is live
