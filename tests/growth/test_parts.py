"""Work in parts: whatever the parts, the same numbers, and an actor is never in two of them."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from plg.growth.columns.keys import actors_of, pack
from plg.growth.reports import REPORTS, parts
from tests.growth.logs import Happened, in_memory, moment

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


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 5)), max_size=50), st.integers(1, 10))
def test_parts_keep_every_event_and_all_of_an_actor_together(found: list[tuple[int, int]], rows: int) -> None:
    zero = 1_772_409_600_000
    numbers = np.array([actor for actor, _ in found], np.int64)
    keys = np.sort(pack(numbers, np.array([zero + at for _, at in found], np.int64)))
    with patch.multiple(parts, ROWS=rows, SAMPLE=1):
        cut = parts.split([keys, keys[::2]])
    assert np.array_equal(np.concatenate([part[0] for part in cut]), keys)
    seen: list[int] = []
    for part in cut:
        mine = sorted({*actors_of(part[0]).tolist(), *actors_of(part[1]).tolist()})
        assert not set(mine) & set(seen)
        seen += mine
