"""Drafts as text: what is read, and what changes."""

from __future__ import annotations

import pytest

from onboarding_flows import draft_text
from onboarding_flows.draft_text import StepChange
from tests.onboarding_flows.conftest import flow, step, text


def test_what_changes_is_told_step_by_step() -> None:
    old = flow("start", step("a", "A"), step("b", "B"), step("c"))
    sections = [{"title": text("One"), "steps": [step("b", "B"), step("a", "Other", skippable=True)]}]
    new = {**flow("start"), "steps": [], "sections": sections, "title": text("New")}
    assert draft_text.step_changes(old, new) == [
        StepChange("changed", "b", ("section",)),
        StepChange("changed", "a", ("completes_on", "section", "skippable")),
        StepChange("removed", "c"),
    ]
    assert draft_text.other_changes(old, new) == ["title", "order"]
    assert draft_text.step_changes(old, old) == draft_text.other_changes(old, old) == []
    assert draft_text.lines(old, old) == []


@pytest.mark.parametrize(
    "written",
    [
        "{}\n---\n{}",
        "? [a]\n: b",
        "a: .nan\nb: 2026-05-04",
        "a: !!python/name:os.system",
        '"\\0": a',
        "&a [*a]",
    ],
)
def test_odd_texts_are_refused_or_kept_as_json(written: str) -> None:
    try:
        kept_as = draft_text.read(written)
    except draft_text.TextUnreadable as refusal:
        assert refusal.errors[0].message
    else:
        assert kept_as == {"a": None, "b": "2026-05-04"}
