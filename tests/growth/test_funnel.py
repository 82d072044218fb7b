"""The funnel's meaning, one sentence a case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from plg.growth.columns import PropertyNotKept
from plg.growth.reports.funnel import Funnel, FunnelResult, evaluate
from tests.growth.logs import DAY_ONE, Happened, columns, funnel, moment


def counted(folder: Path, definition: Funnel, log: list[Happened]) -> FunnelResult:
    return evaluate(definition, columns(folder, log))


def entered(folder: Path, definition: Funnel, log: list[Happened]) -> list[int]:
    return [step.entered for step in counted(folder, definition, log).steps]


def test_each_step_tells_counts_rates_losses_and_times(tmp_path: Path) -> None:
    log = [Happened("A", 0, person=person) for person in (1, 2, 3, 4)]
    log += [Happened("B", at, person=person) for person, at in ((1, 1000), (2, 2000), (3, 6000))]
    log += [Happened("C", 5000, person=1)]
    result = counted(tmp_path, funnel("A", {"events": ["B"], "name": "Bee"}, "C"), log)
    first, second, third = result.steps
    assert (first.name, first.entered, first.drop_off) == ("A", 4, 0)
    assert (first.conversion_from_start, first.median_seconds) == (1.0, None)
    assert (second.name, second.entered, second.drop_off) == ("Bee", 3, 1)
    assert (second.conversion_from_previous, second.median_seconds, second.average_seconds) == (
        0.75,
        2.0,
        3.0,
    )
    assert (third.entered, third.conversion_from_start, third.conversion_from_previous) == (1, 0.25, 1 / 3)
    assert (third.median_seconds, result.median_seconds, result.average_seconds) == (4.0, 5.0, 5.0)


def test_nobody_at_the_start_leaves_rates_and_times_open(tmp_path: Path) -> None:
    result = counted(tmp_path, funnel("A", "B"), [Happened("B", 0)])
    assert [(step.entered, step.conversion_from_start, step.drop_off) for step in result.steps] == [
        (0, None, 0),
        (0, None, 0),
    ]
    assert result.median_seconds is None


def test_a_later_start_within_the_window_converts(tmp_path: Path) -> None:
    log = [Happened("A", 0), Happened("A", 50_000), Happened("B", 55_000)]
    result = counted(tmp_path, funnel("A", "B"), log)
    assert result.steps[1].entered == 1
    assert result.steps[1].median_seconds == 5.0


def test_an_earlier_start_that_got_further_counts(tmp_path: Path) -> None:
    log = [Happened("A", 0), Happened("B", 1000), Happened("A", 2000), Happened("C", 3000)]
    result = counted(tmp_path, funnel("A", "B", "C"), log)
    assert [step.entered for step in result.steps] == [1, 1, 1]
    assert [step.median_seconds for step in result.steps] == [None, 1.0, 2.0]


def test_the_window_includes_its_last_millisecond_and_no_more(tmp_path: Path) -> None:
    log = [Happened("A", 0), Happened("B", 10_000)]
    log += [Happened("A", 0, person=2), Happened("B", 10_001, person=2)]
    assert entered(tmp_path, funnel("A", "B", window=10), log) == [2, 1]


def test_the_window_counts_from_the_first_step_not_from_the_one_before(tmp_path: Path) -> None:
    log = [Happened("A", 0), Happened("B", 8000), Happened("C", 16_000)]
    assert entered(tmp_path, funnel("A", "B", "C"), log) == [1, 1, 0]


def test_steps_in_the_wrong_order_do_not_count(tmp_path: Path) -> None:
    assert entered(tmp_path, funnel("A", "B"), [Happened("B", 0), Happened("A", 1)]) == [1, 0]


def test_events_of_the_same_millisecond_convert(tmp_path: Path) -> None:
    log = [Happened("C", 5), Happened("B", 5), Happened("A", 5)]
    assert entered(tmp_path, funnel("A", "B", "C"), log) == [1, 1, 1]


@pytest.mark.parametrize(("times", "expected"), [([0], [1, 0]), ([0, 0], [1, 1]), ([0, 7], [1, 1])])
def test_an_event_is_not_used_for_two_steps(tmp_path: Path, times: list[int], expected: list[int]) -> None:
    assert entered(tmp_path, funnel("A", "A"), [Happened("A", at) for at in times]) == expected


def test_tied_events_that_fit_two_steps_are_given_to_the_one_that_converts(tmp_path: Path) -> None:
    either = {"events": ["A", "B"]}
    assert entered(tmp_path, funnel(either, "A"), [Happened("A", 0), Happened("B", 0)]) == [1, 1]
    assert entered(tmp_path / "2", funnel("A", "B", "A"), [Happened("A", 0), Happened("B", 0)]) == [1, 1, 0]


def test_events_of_two_people_or_two_accounts_make_no_chain(tmp_path: Path) -> None:
    log = [Happened("A", 0, person=1, account=7), Happened("B", 1, person=2, account=7)]
    assert entered(tmp_path, funnel("A", "B"), log) == [1, 0]
    assert entered(tmp_path / "2", funnel("A", "B", actor="account"), log) == [1, 1]


def test_who_starts_in_the_range_may_convert_after_it(tmp_path: Path) -> None:
    log = [Happened("A", 0), Happened("B", 9000)]
    log += [Happened("A", 2000, person=2), Happened("B", 3000, person=2)]
    definition = funnel("A", "B", **{"from": DAY_ONE, "to": moment(2000)})
    assert entered(tmp_path, definition, log) == [1, 1]


def test_a_step_takes_one_of_several_events_that_has_the_property(tmp_path: Path) -> None:
    paid = {"events": ["Upgraded", "Bought"], "where": {"plan": "pro"}}
    log = [Happened("A", 0, person=person) for person in (1, 2, 3)]
    log += [Happened("Bought", 1, person=1, properties={"plan": "pro"})]
    log += [Happened("Upgraded", 1, person=2, properties={"plan": "pro"})]
    log += [Happened("Upgraded", 1, person=3, properties={"plan": "free"})]
    assert entered(tmp_path, funnel("A", paid), log) == [3, 2]


def test_filters_on_properties_that_are_not_kept_are_refused_naming_each(tmp_path: Path) -> None:
    steps = [
        {"events": ["A"], "where": {"colour": "red"}},
        {"events": ["B"], "where": {"size": 1, "plan": "x"}},
    ]
    with pytest.raises(PropertyNotKept) as refused:
        counted(tmp_path, funnel(*steps), [])
    assert [fault.field for fault in refused.value.errors] == ["steps.0.where.colour", "steps.1.where.size"]


def test_every_fault_of_a_definition_is_named_at_once() -> None:
    wrong: dict[str, Any] = {
        "steps": [{"events": []}, {"events": ["A"], "where": {"plan": [{}]}}, {"event": "B"}],
        "window_seconds": 0,
        "actor": "robot",
        "order": "random",
        "from": "2026-03-02T00:00:00Z",
        "to": "2026-03-01T00:00:00Z",
        "colour": "red",
    }
    with pytest.raises(ValidationError) as refused:
        Funnel.model_validate(wrong)
    places = {".".join(str(part) for part in error["loc"][:3]) for error in refused.value.errors()}
    assert places >= {"steps.0.events", "steps.1.where", "steps.2.events", "steps.2.event", "window_seconds"}
    assert places >= {"actor", "order", "to", "colour"}


@pytest.mark.parametrize("count", [1, 21])
def test_a_funnel_has_two_to_twenty_steps(count: int) -> None:
    with pytest.raises(ValidationError):
        funnel(*["A"] * count)
    assert len(funnel(*["A"] * 20).steps) == 20


def test_times_without_an_offset_are_refused() -> None:
    with pytest.raises(ValidationError):
        funnel("A", "B", **{"from": "2026-03-02T00:00:00"})
