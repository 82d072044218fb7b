"""Reports that ClickHouse counts itself give the same tables as those that plg counts, and no event travels.

One log for all examples: what is drawn is what is asked of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plg.growth.clickhouse import Store
from plg.growth.clickhouse.sql import query
from plg.growth.columns import Among, Snapshot
from plg.growth.reports import REPORTS
from plg.growth.reports.funnels.definition import Funnel
from plg.growth.reports.funnels.search import share_names
from tests.growth.clickhouse import GROUP, embedded, new_store, written
from tests.growth.logs import Happened, moment

pytestmark = GROUP
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
ODD = 'it\'s "5" \\ \t é'
PLANS = [{}, {}, {"plan": "pro"}, {"plan": 5}, {"plan": 2.5}, {"plan": ODD}]


def log() -> list[Happened]:
    """Sixty people: a third act by the minute (with ties), a third by the hour, a third by the day."""
    rng = random.Random(8)
    steps = (MINUTE, HOUR, DAY)
    return [
        Happened(
            name=rng.choice("AAABBBCCD"),
            at=(rng.randint(-4, 16) if person % 3 == 2 else rng.randint(0, 30)) * steps[person % 3],
            person=person,
            account=person % 7,
            properties=rng.choice(PLANS),
        )
        for person in range(1, 61)
        for _ in range(rng.randint(1, 24))
    ]


@dataclass
class Both:
    """The same events in both engines. travelled: how many rows came from the tables since it was last set."""

    here: Snapshot
    there: Snapshot
    events: int
    travelled: int = 0


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    events, merges = log(), [(2, 1), (5, 4), (1, 7), (7, 2)]
    store = new_store()
    found = Both(embedded(events, merges), written(store, events, merges, 300), len(events))
    with pytest.MonkeyPatch.context() as patch:
        _watch(patch, found)
        yield found


def _watch(patch: pytest.MonkeyPatch, both: Both) -> None:
    for method in ("rows", "column"):
        asked = getattr(Store, method)

        def counting(*given: Any, asked: Any = asked, **named: Any) -> Any:
            rows = asked(*given, **named)
            both.travelled += len(rows)
            return rows

        patch.setattr(Store, method, counting)


def same(both: Both, kind: str, asked: dict[str, Any], members: tuple[int, ...] | None = None) -> Any:
    """What both answer, after ClickHouse has counted."""
    report = REPORTS[kind]
    definition = report.definition.model_validate({"from": moment(0), "to": moment(12 * DAY)} | asked)
    here, there = both.here, both.there
    if members is not None:
        few = np.array(members, np.uint64)
        here, there = Among(here, few), Among(there, few)
    both.travelled = 0
    answer = report.evaluate(definition, there)
    assert both.travelled < both.events / 4 or may_compete(definition), "no event travels"
    assert answer == report.evaluate(definition, here)
    return answer


def may_compete(definition: Any) -> bool:
    """Whether events of one moment may compete for the steps of a funnel that makes the best of them."""
    return isinstance(definition, Funnel) and definition.is_plain and share_names(definition)


FEW = settings(max_examples=25, deadline=None)
ACTORS = st.sampled_from(["person", "account"])
MEMBERS = st.none() | st.lists(st.integers(1, 60), max_size=30, unique=True).map(sorted).map(tuple)
WHERE = st.sampled_from(
    [{}, {}, {}]
    + [
        {"plan": asked}
        for asked in ("pro", [5, 2.5], ODD, "none", None, [None, "pro"], {"gte": 2}, {"ne": "pro"})
    ]
)
CHOSEN = st.builds(
    lambda names, where: {"events": names, "where": where},
    st.lists(st.sampled_from("ABCX"), min_size=1, max_size=2, unique=True),
    WHERE,
)
CALENDAR = st.fixed_dictionaries(
    {
        "interval": st.sampled_from(["day", "day", "week", "month"]),
        "timezone": st.sampled_from(["UTC", "America/Bogota", "Europe/Madrid", "Asia/Kathmandu"]),
        "from": st.integers(-2 * 24, 4 * 24).map(lambda hours: moment(hours * HOUR)),
        "to": st.integers(5 * 24, 40 * 24).map(lambda hours: moment(hours * HOUR)),
        "actor": ACTORS,
    }
)


@FEW
@given(calendar=CALENDAR, series=st.lists(CHOSEN, min_size=1, max_size=2), members=MEMBERS)
def test_a_trend_is_the_same(both, calendar, series, members) -> None:
    summed = [series[0] | {"sum_of": "plan", "measure": "sum"}, *series[1:]]
    same(both, "trend", calendar | {"series": summed, "formula": "A / 2"}, members)


@FEW
@given(calendar=CALENDAR, activity=CHOSEN, members=MEMBERS)
def test_stickiness_is_the_same(both, calendar, activity, members) -> None:
    same(both, "stickiness", calendar | {"activity": activity}, members)


@FEW
@given(calendar=CALENDAR, activity=CHOSEN, members=MEMBERS)
def test_a_lifecycle_is_the_same(both, calendar, activity, members) -> None:
    same(both, "lifecycle", calendar | {"activity": activity}, members)


@FEW
@given(
    calendar=CALENDAR,
    start=CHOSEN,
    back=CHOSEN,
    kind=st.sampled_from(["n_day", "unbounded", "bracket"]),
    more=st.fixed_dictionaries(
        {
            "clock": st.sampled_from(["calendar", "rolling"]),
            "first": st.booleans(),
            "periods": st.integers(1, 5),
            "amount": st.sampled_from([None, "plan"]),
            "as_of": st.none() | st.integers(0, 20).map(lambda days: moment(days * DAY)),
        }
    ),
    members=MEMBERS,
)
def test_retention_is_the_same(both, calendar, start, back, kind, more, members) -> None:
    brackets = {"brackets": [1, 2, 3]} if kind == "bracket" else {}
    asked = {"start_event": start, "return_event": back, "kind": kind} | brackets
    same(both, "retention", calendar | more | asked, members)


@st.composite
def funnels(draw: Any) -> dict[str, Any]:
    """Every kind of funnel that is counted there."""
    steps = draw(st.lists(CHOSEN, min_size=2, max_size=6))
    order = draw(st.sampled_from(["ordered", "ordered", "strict", "any"]))
    asked: dict[str, Any] = {"order": order, "window_seconds": draw(WINDOWS)}
    if order == "any" or (len(steps) < 4 and draw(st.booleans())):
        steps = [{"events": [name], "where": each["where"]} for name, each in zip("ABC", steps, strict=False)]
    elif draw(st.booleans()):
        last = len(steps)
        steps = [
            step
            | {"window_seconds": draw(st.none() | WINDOWS) if n else None}
            | {"optional": 0 < n < last - 1 and draw(st.booleans())}
            for n, step in enumerate(steps)
        ]
        after = draw(st.integers(1, last - 1))
        before = draw(st.none() | st.integers(after + 1, last))
        asked["exclusions"] = [{"events": ["D"], "after_step": after, "before_step": before}] * draw(
            st.booleans()
        )
    more = draw(st.sampled_from(["hold", "breakdown", None]))
    if more == "hold":
        asked["hold"] = ["plan"]
    elif more == "breakdown":
        attribution = draw(st.sampled_from(["first", "last", "step"]))
        asked["breakdown"] = {
            "property": "plan",
            "attribution": attribution,
            "step": 2,
            "most": draw(st.integers(1, 5)),
        }
    return asked | {"steps": steps}


WINDOWS = st.sampled_from([60, 240, 3 * 3600, 2 * 86_400, 20 * 86_400])
PERIODS = {"trend": {"interval": "day", "timezone": "America/Bogota"}}
EARLIER = {"compare_to": {"from": moment(-3 * DAY), "to": moment(9 * HOUR)}}


@settings(max_examples=40, deadline=None)
@given(
    asked=funnels(),
    more=st.sampled_from([{}, {}, PERIODS, EARLIER]),
    start=st.integers(0, 12),
    length=st.integers(1, 240),
    actor=ACTORS,
    members=MEMBERS,
)
def test_a_funnel_is_the_same(both, asked, more, start, length, actor, members) -> None:
    range_ = {"from": moment(start * HOUR), "to": moment((start + length) * HOUR), "actor": actor}
    same(both, "funnel", asked | more | range_, members)


@FEW
@given(calendar=CALENDAR, start=CHOSEN, value=CHOSEN, longest=st.sampled_from([1, 4, 90]), members=MEMBERS)
def test_time_to_value_is_the_same(both, calendar, start, value, longest, members) -> None:
    asked = {"start_event": start, "value_event": value, "longest_days": longest}
    same(both, "time-to-value", calendar | asked, members)


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("funnel", {"steps": [{"events": ["A"]}, {"events": ["B"]}], "counting": "completions"}),
        ("funnel", {"steps": [{"events": ["A", "B"]}, {"events": ["A"]}], "window_seconds": 7200}),
        ("paths", {}),
        ("activation", {"start_event": {"events": ["A"]}, "kept_event": {"events": ["B"]}}),
        ("trial-to-paid", {"start_event": {"events": ["A"]}, "paid_event": {"events": ["B"]}}),
    ],
)
def test_what_is_not_counted_there_is_read_and_counted_here(both, kind, asked) -> None:
    report = REPORTS[kind]
    definition = report.definition.model_validate({"from": moment(0), "to": moment(12 * DAY)} | asked)
    assert both.there.counts(definition) is None
    assert report.evaluate(definition, both.there) == report.evaluate(definition, both.here)


def test_a_filter_with_very_many_values_is_read_and_counted_here(both, monkeypatch) -> None:
    monkeypatch.setattr(query, "MOST_VALUES", 2)
    asked = {"series": [{"events": ["A"], "where": {"plan": {"exists": True}}}]}
    definition = REPORTS["trend"].definition.model_validate({"from": moment(0), "to": moment(DAY)} | asked)
    assert both.there.counts(definition) is None
    assert REPORTS["trend"].evaluate(definition, both.there) == REPORTS["trend"].evaluate(
        definition, both.here
    )
