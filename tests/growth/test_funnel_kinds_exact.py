"""Funnels that are strict, in any order, with exclusions, optional steps or step windows, that hold a property or
count completions: against a recount in plain Python that walks the events of one actor at a time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from plg.growth.reports import parts
from plg.growth.reports.funnel import Funnel, evaluate
from tests.growth.logs import Happened, funnel, in_memory, moment
from tests.growth.test_funnel_exact import EVENTS, SECOND, STEPS, chains, matches

Chain = dict[int, int]
"""Step to the place of its event among the actor's."""


def counted(definition: Funnel, log: Sequence[Happened]) -> list[int]:
    return [step.entered for step in evaluate(definition, in_memory(log)).steps]


def recount(definition: Funnel, log: Sequence[Happened]) -> list[int]:
    found = []
    for actor in {event.person for event in log}:
        chain = walked(definition, [event for event in log if event.person == actor])
        found += [chain] if chain else []
    return [sum(step in chain for chain in found) for step in range(len(definition.steps))]


def walked(definition: Funnel, mine: Sequence[Happened]) -> Chain | None:
    """The chain that counts for one actor, by keeping who stands at which step while the events go by."""
    if definition.order != "strict":
        mine = [event for event in mine if fits(definition, event) or event.name in excluding(definition)]
    mine = sorted(mine, key=lambda event: (event.at, min(fits(definition, event), default=99), event.name))
    standing: dict[int, Chain] = {}
    reached: list[tuple[int, int, Chain]] = []
    for place, event in enumerate(mine):
        before = dict(standing)
        for step in fits(definition, event):
            chain = extended(definition, mine, before, step, place)
            if chain is None:
                continue
            reached.append((step, place, chain))
            if not (step in before and before[step][0] == chain[0] and keeps_first(definition, step)):
                standing[step] = chain
        for step in broken(definition, mine, event):
            standing.pop(step, None)
    deepest = max((step for step, _, _ in reached), default=-1)
    whole = [c for s, place, c in reached if s == deepest and not tainted(definition, mine, s, place, c)]
    return whole[0] if whole else None


def extended(
    definition: Funnel, mine: Sequence[Happened], before: dict[int, Chain], step: int, place: int
) -> Chain | None:
    at = mine[place].at
    if step == 0:
        return {0: place} if definition.start <= moment(at) < definition.end else None
    own = definition.steps[step].window_seconds
    for earlier in range(step - 1, -1, -1):
        chain = before.get(earlier)
        in_window = chain and at - mine[chain[0]].at <= definition.window_seconds * SECOND
        if chain and in_window and (own is None or at - mine[chain[earlier]].at <= own * SECOND):
            return chain | {step: place}
        if not definition.steps[earlier].optional:
            return None
    return None


def keeps_first(definition: Funnel, step: int) -> bool:
    return step + 1 == len(definition.steps) or definition.steps[step + 1].window_seconds is None


def fits(definition: Funnel, event: Happened) -> list[int]:
    return [number for number, step in enumerate(definition.steps) if matches(step, event)]


def excluding(definition: Funnel) -> set[str]:
    return {name for each in definition.exclusions for name in each.events}


def excluded(definition: Funnel, event: Happened) -> set[int]:
    """The steps (from 0) that a chain cannot survive this event at."""
    found = set()
    for each in definition.exclusions:
        if event.name in each.events:
            found |= set(range(each.after_step - 1, (each.before_step or len(definition.steps)) - 1))
    return found


def is_mixed(definition: Funnel, mine: Sequence[Happened], event: Happened) -> bool:
    kinds = [(fits(definition, e), excluded(definition, e)) for e in mine if e.at == event.at]
    return any(kind != kinds[0] for kind in kinds)


def broken(definition: Funnel, mine: Sequence[Happened], event: Happened) -> set[int]:
    if is_mixed(definition, mine, event):
        return set()
    missed = set(range(len(definition.steps))) - set(fits(definition, event))
    return excluded(definition, event) | (missed if definition.order == "strict" else set())


def tainted(definition: Funnel, mine: Sequence[Happened], step: int, place: int, chain: Chain) -> bool:
    later = [
        event
        for event in mine[place + 1 :]
        if event.at - mine[chain[0]].at <= definition.window_seconds * SECOND
    ]
    return any(step in excluded(definition, e) and not is_mixed(definition, mine, e) for e in later)


LOGS = st.lists(EVENTS, max_size=16)
WINDOWS = st.integers(1, 6)


@st.composite
def involved(draw: Any) -> Funnel:
    """Funnels that need the timeline."""
    steps = draw(st.lists(STEPS, min_size=2, max_size=4))
    for step in steps[1:-1]:
        step["optional"] = draw(st.booleans())
    for step in steps[1:]:
        step["window_seconds"] = draw(st.none() | st.integers(1, 3))
    given = {"order": draw(st.sampled_from(["ordered", "strict"]))}
    if draw(st.booleans()):
        after = draw(st.integers(1, len(steps) - 1))
        given["exclusions"] = [
            {"events": [draw(st.sampled_from("ABCX"))], "after_step": after}
            | ({"before_step": draw(st.integers(after + 1, len(steps)))} if draw(st.booleans()) else {})
        ]
    start = draw(st.integers(0, 3))
    range_ = {"from": moment(start * SECOND), "to": moment((start + draw(st.integers(1, 7))) * SECOND)}
    found = funnel(*[dict(step) for step in steps], window=draw(WINDOWS), **range_, **given)
    assume(not found.is_plain)  # plain ones are searched, and make the best of what happens at one moment
    return found


@settings(max_examples=300, deadline=None)
@given(
    log=st.lists(EVENTS | st.builds(Happened, st.just("X"), st.integers(0, 6).map(lambda n: n * SECOND))),
    definition=involved(),
)
def test_strict_exclusions_optional_steps_and_step_windows_equal_a_walk(log, definition) -> None:
    assert counted(definition, log) == recount(definition, log)


def test_a_log_of_many_actors_is_walked_in_stretches_with_the_same_answer(monkeypatch) -> None:
    rng = np.random.default_rng(3)
    rows = zip(rng.integers(0, 3, 3000), rng.integers(0, 200, 3000), rng.integers(1, 300, 3000), strict=True)
    log = [Happened("ABC"[name], int(at) * SECOND, person=int(who)) for name, at, who in rows]
    definition = funnel("A", "B", "C", window=60, order="strict", exclusions=[{"events": ["X"]}])
    at_once = counted(definition, log)
    monkeypatch.setattr(parts, "ROWS", 200)
    assert counted(definition, log) == at_once == recount(definition, log)


@settings(max_examples=100, deadline=None)
@given(log=LOGS, windows=st.lists(st.integers(1, 3), min_size=2, max_size=2), window=WINDOWS)
def test_a_step_window_leaves_no_chain_out(log, windows, window) -> None:
    steps = [
        {"events": ["A"]},
        *({"events": [n], "window_seconds": w} for n, w in zip("BC", windows, strict=True)),
    ]
    definition = funnel(*steps, window=window)
    deepest = {}
    for actor in {event.person for event in log}:
        for times in chains(definition, [event for event in log if event.person == actor]):
            gaps = zip(times[1:], times[:-1], strict=True)
            if all(late - early <= w * SECOND for (late, early), w in zip(gaps, windows, strict=False)):
                deepest[actor] = max(deepest.get(actor, 0), len(times))
    assert counted(definition, log) == [sum(depth > step for depth in deepest.values()) for step in range(3)]


@settings(max_examples=150, deadline=None)
@given(log=LOGS, window=WINDOWS, start=st.integers(0, 3), length=st.integers(1, 5))
def test_any_order_equals_trying_every_start(log, window, start, length) -> None:
    range_ = {"from": moment(start * SECOND), "to": moment((start + length) * SECOND)}
    definition = funnel(
        "A", "B", {"events": ["C"], "where": {"plan": "pro"}}, window=window, order="any", **range_
    )
    best: dict[int, int] = {}
    for event in log:
        if fits(definition, event) and definition.start <= moment(event.at) < definition.end:
            near = [e for e in log if e.person == event.person and 0 <= e.at - event.at <= window * SECOND]
            done = {step for each in near for step in fits(definition, each)}
            best[event.person] = max(best.get(event.person, 0), len(done))
    assert counted(definition, log) == [sum(depth > step for depth in best.values()) for step in range(3)]


@settings(max_examples=150, deadline=None)
@given(log=LOGS, steps=st.lists(st.sampled_from("ABC"), min_size=2, max_size=3), window=WINDOWS)
def test_completions_equal_one_attempt_after_another(log, steps, window) -> None:
    later = len(set(steps)) < len(steps)
    reached = [0] * len(steps)
    for actor in {event.person for event in log}:
        times = {name: sorted(e.at for e in log if e.person == actor and e.name == name) for name in "ABC"}
        over = -1
        for start in times[steps[0]]:
            if start <= over:
                continue
            chain = [start]
            for name in steps[1:]:
                ahead = [at for at in times[name] if (at > chain[-1] if later else at >= chain[-1])]
                if not ahead or ahead[0] - start > window * SECOND:
                    break
                chain.append(ahead[0])
            over = chain[-1] if len(chain) == len(steps) else start + window * SECOND
            reached = [count + (len(chain) > step) for step, count in enumerate(reached)]
    assert counted(funnel(*steps, window=window, counting="completions"), log) == reached


@settings(max_examples=150, deadline=None)
@given(
    log=LOGS,
    steps=st.lists(STEPS, min_size=2, max_size=3),
    window=WINDOWS,
    order=st.sampled_from(["ordered", "strict"]),
)
def test_holding_a_property_equals_a_funnel_for_each_of_its_values(log, steps, window, order) -> None:
    held = funnel(*steps, window=window, hold=["plan"], order=order)
    plain = held.model_copy(update={"hold": ()})
    best: dict[int, int] = {}
    for event in log:
        mine = [
            e
            for e in log
            if e.person == event.person and e.properties.get("plan") == event.properties.get("plan")
        ]
        if event.properties:
            best[event.person] = max(best.get(event.person, 0), sum(counted(plain, mine)))
    assert counted(held, log) == [sum(depth > step for depth in best.values()) for step in range(len(steps))]


@settings(max_examples=150, deadline=None)
@given(log=LOGS, attribution=st.sampled_from(["first", "last"]))
def test_the_breakdown_gives_each_chain_the_value_of_its_first_or_last_event_that_has_one(
    log, attribution
) -> None:
    """Events of one millisecond are left out here: which of them a chain took is not said."""
    log = [next(group) for _, group in groupby(sorted(log, key=key), key=key)]
    definition = funnel("A", "B", "C", window=4, breakdown={"property": "plan", "attribution": attribution})
    rows = evaluate(definition, in_memory(log)).breakdown
    expected: dict[str | None, int] = {}
    for actor in {event.person for event in log}:
        mine = [event for event in log if event.person == actor]
        found = list(chains(definition, mine))
        if found:
            times = min(found, key=lambda times: (-len(times), times[-1], -times[0], times))
            plans = [next(e for e in mine if e.at == at).properties.get("plan") for at in times]
            plans = [plan for plan in plans if plan] or [None]
            value = plans[0] if attribution == "first" else plans[-1]
            expected[value] = expected.get(value, 0) + 1
    assert {row.value: row.entered for row in rows if row.step == 1} == expected


def key(event: Happened) -> tuple[int, int]:
    return event.person, event.at
