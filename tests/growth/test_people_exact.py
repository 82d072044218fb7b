"""Those behind the numbers of every report: as many as the number says, and the same as a recount in plain Python."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plg.growth.columns import Snapshot
from plg.growth.reports import REPORTS
from plg.growth.reports.numbers import NoSuchNumber, Place
from plg.growth.reports.tables import tables_of
from tests.growth.logs import Happened, in_memory, moment
from tests.growth.test_reports_exact import DAY, FEW, LOGS, RANGE, ZONES, day_of, times

A, B = {"events": ["A"]}, {"events": ["B"]}
STEPS = [A, B | {"optional": True}, {"events": ["C"]}]
PERIODS = {"interval": "day", "timezone": "America/Bogota"}
ASKED: dict[str, list[dict[str, Any]]] = {
    "funnel": [
        {
            "steps": [A, B],
            "window_seconds": 3 * 86_400,
            "breakdown": {"property": "plan", "most": 1},
            "trend": PERIODS,
            "compare_to": {"from": moment(-3 * DAY), "to": moment(0)},
        },
        {"steps": STEPS, "order": "strict"},
        {"steps": [A, B], "order": "any", "hold": ["plan"]},
    ],
    "trend": [{"series": [A, {"events": ["B", "C"]}], "timezone": "America/Bogota"}],
    "retention": [
        {"start_event": A, "return_event": B, "periods": 3, "as_of": moment(4 * DAY)},
        {"start_event": A, "return_event": B, "kind": "unbounded", "clock": "rolling", "first": False},
    ],
    "lifecycle": [{"activity": A}],
    "stickiness": [{"activity": {"events": ["A", "B"]}}],
    "paths": [{"steps": 3}, {"steps": 3, "ends_at": B, "pause_seconds": 172_800}],
    "activation": [
        {"start_event": A, "kept_event": B, "days": 2, "kept_from_day": 2, "kept_to_day": 5, "most_times": 2}
    ],
    "time-to-value": [{"start_event": A, "value_event": B, "longest_days": 3}],
    "trial-to-paid": [{"start_event": A, "paid_event": B, "horizon_days": 4, "interval": "day"}],
}


def behind(kind: str, events: Snapshot, asked: dict[str, Any], **number: Any) -> set[int]:
    report = REPORTS[kind]
    told = report.number.model_validate(number)
    found = report.people(report.definition.model_validate(RANGE | asked), events, told).tolist()
    assert len(set(found)) == len(found)
    return set(found)


@pytest.mark.parametrize("kind", list(REPORTS))
@settings(max_examples=15, deadline=None)
@given(log=LOGS, actor=st.sampled_from(["person", "account"]))
def test_as_many_stand_behind_each_number_as_it_says(kind, log, actor) -> None:
    report, events = REPORTS[kind], in_memory(log)
    for given_ in ASKED[kind]:
        asked = report.definition.model_validate(RANGE | given_ | {"actor": actor})
        for table in tables_of(report.evaluate(asked, events)):
            for row, record in enumerate(table.records()):
                for column, value in record.items():
                    number = report.number.at(asked, Place(table.name, column, row, len(table.rows), record))
                    if number is None or (table.name, column) == ("periods", "events"):
                        continue
                    told = report.number.model_validate_json(number.model_dump_json(exclude_defaults=True))
                    found = report.people(asked, events, told).size
                    if table.name == "average" and not asked.first:  # one may be in many cohorts
                        assert found <= value
                    else:
                        assert value is None or found == value, (table.name, column, record)


def test_every_report_has_numbers_that_people_stand_behind() -> None:
    log = [Happened("A", 0), Happened("B", DAY), Happened("A", 0, person=2)]
    for kind, report in REPORTS.items():
        asked = report.definition.model_validate(RANGE | ASKED[kind][0])
        places = [
            Place(table.name, column, row, len(table.rows), record)
            for table in tables_of(report.evaluate(asked, in_memory(log)))
            for row, record in enumerate(table.records())
            for column in record
        ]
        assert any(report.number.at(asked, place) for place in places), kind


@FEW
@given(log=LOGS)
def test_those_who_reach_or_miss_a_step_equal_a_recount(log) -> None:
    starts, ends = times(log, "A"), times(log, "B")
    began = {who for who, when in starts.items() if any(0 <= at < 7 * DAY for at in when)}
    window = 3 * DAY
    through = {
        who
        for who in began
        for at in starts[who]
        if 0 <= at < 7 * DAY and any(at <= end <= at + window for end in ends.get(who, []))
    }
    asked = ASKED["funnel"][0]
    events = in_memory(log)
    assert behind("funnel", events, asked, step=1) == began
    assert behind("funnel", events, asked, step=2) == through
    assert behind("funnel", events, asked, step=2, dropped=True) == began - through


@FEW
@given(log=LOGS, zone=ZONES)
def test_those_of_a_day_equal_a_recount(log, zone) -> None:
    events, day = in_memory(log), day_of(3 * DAY, zone)
    starts, ends = times(log, "A"), times(log, "B")
    days = {who: {day_of(at, zone) for at in when} for who, when in starts.items()}
    asked = {"series": [A], "timezone": zone}
    here = {who for who, each in days.items() if day in each}
    assert behind("trend", events, asked, start=day) == here
    before = {who for who, each in days.items() if (day - (day_of(DAY, zone) - day_of(0, zone))) in each}
    asked = {"activity": A, "timezone": zone}
    new = {who for who in here if min(days[who]) == day}
    assert behind("lifecycle", events, asked, start=day, state="new") == new
    assert behind("lifecycle", events, asked, start=day, state="returning") == here & before
    assert behind("lifecycle", events, asked, start=day, state="resurrecting") == here - before - new
    assert behind("lifecycle", events, asked, start=day, state="dormant") == before - here
    asked = {"start_event": A, "return_event": B, "timezone": zone, "periods": 3}
    back = {
        who
        for who in new
        if any((day_of(at, zone) - day).days == 1 and at > min(starts[who]) for at in ends.get(who, []))
    }
    assert behind("retention", events, asked, cohort=day) == new
    assert behind("retention", events, asked, cohort=day, period=1, returned=True) == back


@FEW
@given(log=LOGS)
def test_those_of_the_other_reports_equal_a_recount(log) -> None:
    events = in_memory(log)
    starts, ends = times(log, "A"), times(log, "B")
    began = {who: when[0] for who, when in starts.items() if 0 <= when[0] < 7 * DAY}
    reached = {
        who for who, at in began.items() if any(at <= end <= at + 3 * DAY for end in ends.get(who, []))
    }
    asked = ASKED["time-to-value"][0]
    assert behind("time-to-value", events, asked) == set(began)
    assert behind("time-to-value", events, asked, reached=True) == reached
    kept = {
        who
        for who, at in began.items()
        if any(at + 2 * DAY <= end < at + 5 * DAY for end in ends.get(who, []))
    }
    twice = {
        who
        for who, at in began.items()
        if sum(at < other < at + 2 * DAY for other in times(log, "C").get(who, [])) >= 2
    }
    asked = ASKED["activation"][0]
    assert behind("activation", events, asked, kept=True) == kept
    assert behind("activation", events, asked, event="C", times=2, kept=True) == kept & twice
    days: dict[int, set[int]] = {}
    for event in log:
        if event.name in "AB" and 0 <= event.at < 7 * DAY:
            days.setdefault(event.person, set()).add(event.at // DAY)
    two = {who for who, each in days.items() if len(each) >= 2}
    assert behind("stickiness", events, ASKED["stickiness"][0], periods=2, at_least=True) == two


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("funnel", {"step": 3}),
        ("funnel", {"step": 1, "bin": 60}),
        ("trend", {"series": 3, "start": "2026-03-02"}),
        ("trend", {"start": "2019-03-02"}),
        ("retention", {"period": 90}),
        ("lifecycle", {"start": "2019-03-02", "state": "new"}),
        ("time-to-value", {"start": "2019-03-02"}),
        ("trial-to-paid", {"start": "2019-03-02"}),
    ],
)
def test_a_number_that_the_report_does_not_have_is_refused(kind, number) -> None:
    with pytest.raises(NoSuchNumber) as refused:
        behind(kind, in_memory([Happened("A", 0)]), ASKED[kind][0], **number)
    assert refused.value.errors[0].field.startswith("number.")
