"""Work in parts: whatever the parts, the same numbers, and an actor is never in two of them."""

from __future__ import annotations

import tracemalloc
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plg.growth.columns import Batch, Snapshot, segment
from plg.growth.columns.keys import actors_of
from plg.growth.columns.manifest import Manifest
from plg.growth.columns.merges import Merges
from plg.growth.reports import REPORTS, parts
from tests.growth.logs import DAY_ONE, Happened, in_memory, moment

MINUTE = 60_000
EVENTS = st.lists(
    st.builds(
        Happened,
        name=st.sampled_from("ABC"),
        at=st.integers(0, 3000).map(lambda minutes: minutes * MINUTE),
        person=st.integers(1, 12),
    ),
    max_size=60,
)
ASKED = {
    "funnel": {"steps": [{"events": ["A"]}, {"events": ["B"]}, {"events": ["C"]}]},
    "trend": {"series": [{"events": ["A", "B"]}]},
    "lifecycle": {"activity": {"events": ["A", "B"]}},
    "stickiness": {"activity": {"events": ["A", "B"]}},
    "paths": {"starts_at": {"events": ["A"]}},
    "activation": {
        "start_event": {"events": ["A"]},
        "kept_event": {"events": ["B"]},
        "days": 1,
        "kept_from_day": 1,
    },
    "time-to-value": {"start_event": {"events": ["A"]}, "value_event": {"events": ["B"]}},
    "trial-to-paid": {"start_event": {"events": ["A"]}, "paid_event": {"events": ["B"]}, "actor": "person"},
    "retention": {"start_event": {"events": ["A"]}, "return_event": {"events": ["B"]}, "periods": 2},
}
STRICT = ASKED["funnel"] | {"order": "strict"}


@given(events=EVENTS, rows=st.integers(1, 20), kind=st.sampled_from([*ASKED, "strict"]))
def test_reports_give_the_same_numbers_in_parts(events: list[Happened], rows: int, kind: str) -> None:
    report = REPORTS["funnel" if kind == "strict" else kind]
    asked = {"from": moment(0), "to": moment(2 * 1440 * MINUTE)} | ASKED.get(kind, STRICT)
    definition, seen = report.definition.model_validate(asked), in_memory(events)
    whole = report.evaluate(definition, seen)
    with patch.multiple(parts, ROWS=rows, SAMPLE=1):
        assert report.evaluate(definition, seen) == whole


@given(events=EVENTS, rows=st.integers(1, 10))
def test_parts_keep_every_event_and_all_of_an_actor_together(events: list[Happened], rows: int) -> None:
    log = in_memory(events)
    with patch.multiple(parts, ROWS=rows, SAMPLE=1):
        found = parts.of_all(lambda part: [part.keys(name, "person") for name in "ABC"], log, "ABC", "person")
    for number, name in enumerate("ABC"):
        joined = np.concatenate([part[number] for part in found])
        assert np.array_equal(joined, log.keys(name, "person"))
    actors = [{who for keys in part for who in actors_of(keys).tolist()} for part in found]
    assert sum(map(len, actors)) == len(set().union(*actors))


def many(events: int) -> Snapshot:
    """Two segments of events of a fifth as many people, in turn."""
    zero = round(DAY_ONE.timestamp() * 1000)
    segments = []
    for first in (0, events // 2):
        numbers = np.arange(first, first + events // 2)
        nothing = np.zeros(numbers.size, np.int64)
        places = np.column_stack([nothing, numbers + 1])
        names = ["AB"[number % 2] for number in numbers.tolist()]
        segments.append(
            segment.build(Batch(places, names, zero + numbers * 100, 1 + numbers % (events // 5), nothing))
        )
    return Snapshot(Manifest(), segments, Merges())


@pytest.mark.parametrize("kind", ["trend", "retention"])
def test_a_report_takes_memory_for_some_events_at_a_time_not_for_all(kind: str) -> None:
    report, log = REPORTS[kind], many(600_000)
    asked = {"from": moment(0), "to": moment(2 * 1440 * MINUTE)} | ASKED[kind]
    definition = report.definition.model_validate(asked)
    with patch.multiple(parts, ROWS=20_000, SAMPLE=100):
        report.evaluate(definition, log)  # what a process makes once
        tracemalloc.start()
        report.evaluate(definition, log)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 600_000 * 8 / 2, "half of what the keys take"
