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
from plg.growth.columns import Among, Snapshot
from plg.growth.reports import REPORTS
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
    assert both.travelled < both.events / 4, "no event travels"
    assert answer == report.evaluate(definition, here)
    return answer


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
