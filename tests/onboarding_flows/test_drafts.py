"""Drafts are worked on and shown to nobody; an earlier version can be made live again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from flask import Flask

from onboarding_flows import drafts, flows, folder, lifecycle
from onboarding_flows.drafts import DraftNotFound, FlowKeyInvalid
from onboarding_flows.flows import FlowFaulty
from onboarding_flows.lifecycle import VersionNotFound
from plg.kit.db import db
from plg.kit.errors import FolderFaults
from plg.kit.strict_yaml import write_yaml
from tests.onboarding_flows.conftest import State, flow, publish, step, text

T = TypeVar("T")


def kept(app: Flask, act: Callable[..., T], *given: Any, **more: Any) -> T:
    """What this verb returns, committed."""
    with app.app_context():
        result = act(*given, **more)
        db.session.commit()
        return result


def test_a_draft_is_shown_to_nobody_until_it_is_sound_and_published(
    app: Flask, ana: int, acme: int, shown: State
) -> None:
    faulty = flow("other", step("a", "A", requires=["b"]), step("a", "B"), titel="x")
    saved = kept(app, drafts.save, "start", faulty, by="tests")
    assert {fault.field for fault in saved.faults} == {"key", "steps.0.requires.0", "steps.1.key", "titel"}
    with app.app_context(), pytest.raises(FlowFaulty):
        drafts.publish("start", by="tests")
    assert shown(ana, acme) == []

    assert kept(app, drafts.save, "start", flow(), by="tests").faults == []
    assert shown(ana, acme) == []
    assert kept(app, drafts.publish, "start", by="tests").version == 1
    assert [each["flow"] for each in shown(ana, acme)] == ["start"]
    with app.app_context(), pytest.raises(DraftNotFound):
        drafts.find("start")
    with app.app_context(), pytest.raises(FlowKeyInvalid):
        drafts.save("Not A Key", flow(), by="tests")


def test_going_back_makes_what_an_earlier_version_said_live_as_a_new_one(
    app: Flask, ana: int, luis: int, acme: int, shown: State
) -> None:
    publish(app, flow("start", step("one", "A"), scope="person"))
    publish(app, flow("start", step("two", "B"), scope="person"))
    assert [each["key"] for each in shown(ana, acme)[0]["steps"]] == ["two"]
    assert kept(app, lifecycle.roll_back, "start", 1, by="tests").version == 3
    assert kept(app, lifecycle.roll_back, "start", 1, by="tests").version == 3, "it is live already"
    assert [each["key"] for each in shown(luis, acme)[0]["steps"]] == ["one"]
    assert shown(ana, acme)[0]["version"] == 2, "who has begun stays"
    with app.app_context():
        told = lifecycle.versions_of_flow("start")
        with pytest.raises(VersionNotFound):
            lifecycle.roll_back("start", 9, by="tests")
    assert [(each["version"], each["live"], each["enrolled"]) for each in told] == [
        (3, True, 1),
        (2, False, 1),
        (1, False, 0),
    ]
    kept(app, flows.retire, "start")
    assert kept(app, lifecycle.roll_back, "start", 2, by="tests").version == 4


def test_flows_that_would_wait_for_each_other_are_not_published(app: Flask, tmp_path: Path) -> None:
    def waits(key: str, *ways: object) -> dict[str, Any]:
        steps = [{"key": f"s{i}", "title": text("S"), "completes_on": on} for i, on in enumerate(ways)]
        return flow(key, *steps)

    with app.app_context():
        flows.publish(waits("one", {"event": "A"}, {"all": [{"event": "A"}, {"flow": "two"}]}), by="tests")
        flows.publish(waits("two", {"event": "B"}, {"flow": "three", "step": "s0"}), by="tests")
        circle = waits("three", {"flow": "one"}, {"event": "C"})
        found = {fault.field: fault.message for fault in drafts.save("three", circle, by="tests").faults}
        assert found.keys() == {"steps.0.completes_on"}
        assert "one needs one/s1 needs two needs two/s1 needs three/s0" in found["steps.0.completes_on"] * 2
        with pytest.raises(FlowFaulty):
            drafts.publish("three", by="tests")
        avoidable = waits("three", {"any": [{"flow": "one"}, {"event": "C"}]})
        assert drafts.save("three", avoidable, by="tests").faults == []
        assert drafts.save("three", waits("three", {"event": "C"}, {"flow": "one"}), by="tests").faults == []
        db.session.rollback()

    (tmp_path / "flows").mkdir()
    for key, other in (("a", "b"), ("b", "a")):
        (tmp_path / "flows" / f"{key}.yaml").write_text(write_yaml(waits(key, {"flow": other})))
    with pytest.raises(FolderFaults) as refused:
        folder.read(tmp_path)
    assert [fault.field for fault in refused.value.errors] == [
        f"flows/{key}.yaml: steps.0.completes_on" for key in "ab"
    ]
