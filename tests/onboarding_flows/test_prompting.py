"""What comes up, as a choice without a database: never over the budget, by priority, the same for the same."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from onboarding_flows import definition, prompting
from onboarding_flows.begun import Begun
from onboarding_flows.flows import PublishedFlow
from onboarding_flows.prompt_definition import PROMPTS
from onboarding_flows.prompting import Candidate
from onboarding_flows.showings import LASTS, NEVER, Showing, source_of
from plg.attention.budget import LIMITS, Budget
from plg.attention.limits import Limits
from tests.onboarding_flows.conftest import text
from tests.support.story import at

NOW = at("2026-03-02 12:00")
moments = st.integers(-3000, 3000).map(lambda minutes: NOW + dt.timedelta(minutes=minutes))
past = st.integers(0, 6000).map(lambda minutes: NOW - dt.timedelta(minutes=minutes))
shows = st.fixed_dictionaries(
    {},
    optional={
        "priority": st.integers(0, 100),
        "times": st.integers(1, 3),
        "every": st.sampled_from(["10m", "1d"]),
        "wait": st.sampled_from(["10m", "1d"]),
        "essential": st.booleans(),
    },
)
showings = st.builds(Showing, st.integers(0, 3), st.none() | past, st.none() | moments, st.none() | past)


def candidate(key: str, kind: str, show: dict[str, Any], showing: Showing, **begun: Any) -> Candidate:
    told = {"key": key, "kind": kind, "title": text(key), "show": show}
    flow = PublishedFlow(1, key, 1, definition.of(told), {})
    shown = (showing.times, showing.last_at, showing.snoozed_until, showing.asked_at)
    shown = shown if showing != NEVER else (None, None, None, None)
    names = ("times", "last_shown_at", "snoozed_until", "asked_at")
    return Candidate(flow, Begun(**dict(zip(names, shown, strict=True)), **begun))


@st.composite
def several(draw: st.DrawFn) -> list[Candidate]:
    return [
        candidate(
            f"flow-{number}",
            draw(st.sampled_from(PROMPTS)),
            draw(shows),
            draw(showings),
            enrolled_at=draw(past),
            completed_at=draw(st.none() | past),
            dismissed_by=draw(st.none() | st.just(1)),
        )
        for number in range(draw(st.integers(0, 8)))
    ]


budgets = st.builds(
    lambda shown, person: (dict(zip(LIMITS, shown, strict=True)), person),
    st.lists(st.integers(0, 3), min_size=6, max_size=6),
    st.integers(0, 4),
)


def budget_of(drawn: tuple[dict[tuple[str, str], int], int]) -> Budget:
    shown, person = drawn
    return Budget(Limits.model_validate({"person": {"hour": person}, "account": {"hour": 2}}), dict(shown))


@given(several(), budgets, st.randoms())
def test_the_choice_keeps_to_the_budget_and_to_priority(
    candidates: list[Candidate], drawn: Any, dice: Any
) -> None:
    budget = budget_of(drawn)
    choice = prompting.choose(candidates, budget, NOW)
    chosen = [each.flow.key for each in choice.chosen]
    kinds = [each.flow.flow.kind for each in choice.chosen]

    assert len(set(kinds)) == len(kinds), "at most one of each kind"
    paid = {source_of(each.flow.key) for each in choice.chosen if not each.is_free(NOW)}
    assert budget.promised == paid
    for whose, span in LIMITS:
        limit = getattr(getattr(budget.limits, whose), span)
        assert not paid or budget.shown[whose, span] + len(paid) <= limit
    assert not set(chosen) & choice.held_back.keys()

    due = [c for c in candidates if all(check.holds for check in prompting.standing(c, NOW))]
    assert set(chosen) <= {each.flow.key for each in due}
    for each in due:
        if each.flow.key in chosen:
            continue
        better = [c for c in choice.chosen if c.flow.flow.kind == each.flow.flow.kind]
        if choice.held_back[each.flow.key] == "priority":
            assert better[0].turn(NOW) < each.turn(NOW)
        else:
            assert budget.reached() == choice.held_back[each.flow.key]

    dice.shuffle(candidates)
    again = prompting.choose(candidates, budget_of(drawn), NOW)
    assert [each.flow.key for each in again.chosen] == chosen
    assert again.held_back == choice.held_back


@given(showings, st.integers(0, 3000).map(lambda minutes: NOW + dt.timedelta(minutes=minutes)))
def test_a_showing_is_never_two_things_at_once(showing: Showing, moment: dt.datetime) -> None:
    assert not (showing.is_open(moment) and showing.is_put_off)
    assert not (showing.is_snoozed(moment) and showing.is_open(moment))
    if showing.is_open(moment):
        assert not showing.is_open(moment + LASTS)
    if showing.is_asked(moment) and not showing.begins(moment):
        assert showing.is_open(moment), "what was asked for is on the screen, or begins a showing of its own"
