"""The funnel's binary search against a recount that tries every chain of events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import mean, median
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plg.growth.reports.funnel import Funnel, Step, evaluate
from plg.kit.rules import language
from tests.growth.logs import Happened, funnel, in_memory, moment

SECOND = 1000
NAMES = ["A", "B", "C"]


def fits(value: Any, asked: Any) -> bool:
    """By hand, the few operators that the steps below use."""
    if not isinstance(asked, language.Test):
        return value in asked if isinstance(asked, tuple) else value == asked
    told = asked.operators
    if "exists" in told:
        return (value is not None) == told["exists"]
    return value != told["ne"] if "ne" in told else value is not None and value > told["gt"]


def matches(step: Step, event: Happened) -> bool:
    return event.name in step.events and all(fits(event.properties.get(k), v) for k, v in step.where.items())


def chains(definition: Funnel, events: Sequence[Happened]) -> Iterator[list[int]]:
    """The times of every chain of distinct events that keeps to order, window and range."""

    def further(chain: list[int]) -> Iterator[list[int]]:
        yield [events[i].at for i in chain]
        for i, event in enumerate(events):
            if (
                len(chain) == len(definition.steps)
                or i in chain
                or not matches(definition.steps[len(chain)], event)
            ):
                continue
            in_window = event.at - events[chain[0]].at <= definition.window_seconds * 1000
            if in_window and event.at >= events[chain[-1]].at:
                yield from further([*chain, i])

    for i, event in enumerate(events):
        if matches(definition.steps[0], event) and definition.start <= moment(event.at) < definition.end:
            yield from further([i])


def recount(definition: Funnel, log: Sequence[Happened]) -> list[tuple[int, float | None, float | None]]:
    """Per step: who entered, median and average seconds from the step before."""
    best = []
    for actor in {getattr(event, definition.actor) for event in log} - {0}:
        mine = [event for event in log if getattr(event, definition.actor) == actor]
        found = list(chains(definition, mine))
        if found:
            best.append(min(found, key=lambda times: (-len(times), times[-1], -times[0], times)))
    counted: list[tuple[int, float | None, float | None]] = []
    for i in range(len(definition.steps)):
        reached = [times for times in best if len(times) > i]
        waits = [(times[i] - times[i - 1]) / 1000 for times in reached if i]
        counted.append((len(reached), median(waits) if waits else None, mean(waits) if waits else None))
    return counted


EVENTS = st.builds(
    Happened,
    name=st.sampled_from(NAMES),
    at=st.integers(0, 6).map(lambda n: n * SECOND),
    person=st.integers(1, 3),
    account=st.integers(0, 2),
    properties=st.sampled_from([{}, {"plan": "pro"}, {"plan": "free"}]),
)
STEPS = st.builds(
    lambda names, where: {"events": names, "where": where},
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True),
    st.sampled_from([{}, {}, {"plan": "pro"}, {"plan": None}, {"plan": ["free", None]}])
    | st.sampled_from([{"plan": {"ne": "pro"}}, {"plan": {"gt": "free"}}, {"plan": {"exists": True}}]),
)


@settings(max_examples=400, deadline=None)
@given(
    log=st.lists(EVENTS, max_size=14),
    steps=st.lists(STEPS, min_size=2, max_size=4),
    window=st.integers(1, 6),
    actor=st.sampled_from(["person", "account"]),
    start=st.integers(0, 3),
    length=st.integers(1, 7),
    cut=st.integers(0, 14),
)
def test_the_funnel_equals_a_recount_of_every_chain(
    log: list[Happened], steps: list[Any], window: int, actor: str, start: int, length: int, cut: int
) -> None:
    range_ = {"from": moment(start * SECOND), "to": moment((start + length) * SECOND)}
    definition = funnel(*steps, window=window, actor=actor, **range_)
    result = evaluate(definition, in_memory(log, cut))
    expected = recount(definition, log)
    assert [step.entered for step in result.steps] == [entered for entered, _, _ in expected]
    for step, (_, middle, average) in zip(result.steps, expected, strict=True):
        assert step.median_seconds == (middle if middle is None else pytest.approx(middle))
        assert step.average_seconds == (average if average is None else pytest.approx(average))


def test_the_recount_itself_finds_a_chain_that_was_counted_by_hand() -> None:
    log = [Happened("A", 0), Happened("A", 2000), Happened("B", 5000), Happened("A", 0, person=2)]
    assert recount(funnel("A", "B"), log) == [(2, None, None), (1, 3.0, 3.0)]
