"""Retention, lifecycle, stickiness, paths, times, forecasts and findings against recounts in plain Python."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plg.growth import own_calendars
from plg.growth.reports import REPORTS
from plg.growth.reports.activation import holm
from plg.growth.reports.retention import Retention, RetentionNumber
from tests.growth.logs import Happened, in_memory, moment

HOUR = 3_600_000
DAY = 24 * HOUR
LOGS = st.lists(
    st.builds(
        Happened,
        name=st.sampled_from("ABC"),
        at=st.integers(-3 * 24, 12 * 24).map(lambda hours: hours * HOUR),
        person=st.integers(1, 4),
        account=st.integers(0, 2),
        properties=st.sampled_from([{}, {"plan": 5}, {"plan": 2.5}, {"plan": "pro"}]),
    ),
    max_size=25,
)
FEW = settings(max_examples=60, deadline=None)
ZONES = st.sampled_from(["UTC", "America/Bogota", "America/New_York", "Asia/Kathmandu"])
"""New York puts its clocks forward on the seventh of these days."""
RANGE = {"from": moment(0), "to": moment(7 * DAY)}


def result(report: str, log: Sequence[Happened], **asked: Any) -> Any:
    found = REPORTS[report]
    return found.evaluate(found.definition.model_validate(RANGE | asked), in_memory(log))


def times(log: Sequence[Happened], name: str, actor: str = "person") -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for event in sorted(log, key=lambda event: event.at):
        if event.name == name and getattr(event, actor):
            found.setdefault(getattr(event, actor), []).append(event.at)
    return found


def day_of(at: int, zone: str) -> dt.date:
    return moment(at).astimezone(ZoneInfo(zone)).date()


def days_of_range(zone: str) -> list[dt.date]:
    first, last = day_of(0, zone), day_of(7 * DAY - 1, zone)
    return [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]


@FEW
@given(log=LOGS, homes=st.lists(ZONES, min_size=4, max_size=4), home=ZONES, first=st.booleans())
def test_retention_by_everybodys_own_calendar_equals_a_recount(log, homes, home, first) -> None:
    edges = [dt.datetime(2026, 3, day, tzinfo=ZoneInfo(home)) for day in (2, 9)]
    asked = Retention.model_validate(
        {
            "from": edges[0],
            "to": edges[1],
            "start_event": {"events": ["A"]},
            "return_event": {"events": ["B"]},
            "timezone": home,
            "own_calendar": True,
            "first": first,
            "periods": 2,
        }
    )
    zones = {
        zone: np.array([who for who, of in enumerate(homes, start=1) if of == zone], np.uint64)
        for zone in set(homes) - {home}
    }
    events, starts, returns = in_memory(log), times(log, "A"), times(log, "B")
    for cell in own_calendars.evaluate(asked, zones, events).cells:
        members, returned = 0, 0
        for who, when in starts.items():
            zone = homes[who - 1]
            inside = [at for at in (when[:1] if first else when) if day_of(at, zone) == cell.cohort]
            members += bool(inside)
            wanted = cell.cohort + dt.timedelta(days=cell.period)
            returned += any(
                at > inside[0] and day_of(at, zone) == wanted for at in returns.get(who, []) if inside
            )
        assert (cell.size, cell.returned) == (members, returned)
        number = RetentionNumber(cohort=cell.cohort, period=cell.period, returned=True)
        assert own_calendars.people(asked, zones, events, number).size == returned


@FEW
@given(
    log=LOGS,
    zone=ZONES,
    kind=st.sampled_from(["n_day", "unbounded", "bracket"]),
    clock=st.sampled_from(["calendar", "rolling"]),
    first=st.booleans(),
    actor=st.sampled_from(["person", "account"]),
)
def test_retention_equals_a_recount(log, zone, kind, clock, first, actor) -> None:
    sizes = [1, 2, 1] if kind == "bracket" else [1] * 4
    asked = {
        "start_event": {"events": ["A"]},
        "return_event": {"events": ["B"]},
        "amount": "plan",
        "actor": actor,
    }
    asked |= {"timezone": zone, "kind": kind, "clock": clock, "first": first, "periods": 3}
    cells = result("retention", log, **asked | ({"brackets": sizes} if kind == "bracket" else {})).cells
    starts = times(log, "A", actor)
    for cell in cells:
        members = {}
        for who, when in starts.items():
            inside = [at for at in (when[:1] if first else when) if day_of(at, zone) == cell.cohort]
            if inside:
                members[who] = inside[0]
        low = sum(sizes[: cell.period])
        high = 10**6 if kind == "unbounded" else low + sizes[cell.period]
        returned: dict[int, float] = {}
        for event in log:
            who = getattr(event, actor)
            if event.name == "B" and who in members and event.at > members[who]:
                late = (event.at - members[who]) // DAY
                if clock == "calendar":
                    late = (day_of(event.at, zone) - cell.cohort).days
                if low <= late < high:
                    plan = event.properties.get("plan")
                    returned[who] = returned.get(who, 0.0) + (plan if isinstance(plan, (int, float)) else 0.0)
        assert (cell.size, cell.returned) == (len(members), len(returned))
        assert cell.amount == pytest.approx(sum(returned.values()))
    assert {cell.cohort for cell in cells} == set(days_of_range(zone))


def test_what_has_not_begun_yet_is_left_open() -> None:
    log = [Happened("A", 0), Happened("B", DAY), Happened("B", 2 * DAY)]
    asked = {
        "start_event": {"events": ["A"]},
        "return_event": {"events": ["B"]},
        "periods": 3,
        "as_of": moment(DAY + HOUR),
    }
    cells = result("retention", log, **asked).cells[:4]
    assert [cell.returned for cell in cells] == [0, 1, None, None]
    assert [row.size for row in result("retention", log, **asked).average] == [1, 1, 0, 0]


@FEW
@given(log=LOGS, zone=ZONES)
def test_lifecycle_equals_a_recount(log, zone) -> None:
    visited = {who: {day_of(at, zone) for at in when} for who, when in times(log, "A").items()}
    for row in result("lifecycle", log, activity={"events": ["A"]}, timezone=zone).periods:
        before = row.start - dt.timedelta(days=1)
        new = sum(min(days) == row.start for days in visited.values())
        back = sum({row.start, before} <= days for days in visited.values())
        away = sum(before in days and row.start not in days for days in visited.values())
        here = sum(row.start in days for days in visited.values())
        assert (row.new, row.returning, row.resurrecting, row.dormant) == (new, back, here - new - back, away)


@FEW
@given(log=LOGS, zone=ZONES)
def test_stickiness_equals_a_recount(log, zone) -> None:
    inside = [event for event in log if 0 <= event.at < 7 * DAY and event.name in "AB"]
    days = Counter(who for who, _ in {(event.person, day_of(event.at, zone)) for event in inside})
    rows = result("stickiness", log, activity={"events": ["A", "B"]}, timezone=zone).active
    assert [row.actors for row in rows] == [list(days.values()).count(row.periods) for row in rows]
    assert [row.at_least for row in rows] == [sum(n >= row.periods for n in days.values()) for row in rows]


@FEW
@given(log=LOGS, way=st.sampled_from(["starts_at", "ends_at", None]), repeats=st.booleans())
def test_paths_equal_a_recount(log, way, repeats) -> None:
    asked = {"steps": 3, "repeats": repeats, "pause_seconds": 2 * 86_400}
    found = result("paths", log, **asked | ({way: {"events": ["B"]}} if way else {}))
    routes: Counter[tuple[str, ...]] = Counter()
    for who in {event.person for event in log}:
        mine = sorted((e.at, e.name) for e in log if e.person == who and 0 <= e.at < 7 * DAY)
        mine = [each for n, each in enumerate(mine) if repeats or not n or mine[n - 1][1] != each[1]]
        marked = [n for n, (_, name) in enumerate(mine) if name == "B" or way is None]
        if not marked:
            continue
        way_there = mine[: marked[0] + 1][::-1] if way == "ends_at" else mine[marked[0] :]
        route = way_there[:1]
        for each in way_there[1:3]:
            if abs(each[0] - route[-1][0]) > 2 * DAY:
                break
            route.append(each)
        names = [name for _, name in route]
        routes[tuple(reversed(names) if way == "ends_at" else names)] += 1
    assert {tuple(row.route.split(" → ")): row.actors for row in found.routes} == routes
    assert sum(link.actors for link in found.links) == sum(
        n * (len(route) - 1) for route, n in routes.items()
    )


@FEW
@given(log=LOGS)
def test_time_to_value_equals_a_recount(log) -> None:
    ends = times(log, "B")
    waits = []
    for who, when in times(log, "A").items():
        if 0 <= when[0] < 7 * DAY:
            after = [at - when[0] for at in ends.get(who, []) if at >= when[0]]
            waits.append(after[0] / 1000 if after and after[0] <= 3 * DAY else float("inf"))
    asked = {"start_event": {"events": ["A"]}, "value_event": {"events": ["B"]}, "longest_days": 3}
    (total,) = result("time-to-value", log, **asked).total
    reached = [wait for wait in waits if wait < float("inf")]
    assert (total.began, total.reached) == (len(waits), len(reached))
    assert total.median_seconds == (pytest.approx(median(reached)) if reached else None)
    half = sorted(waits)[(len(waits) - 1) // 2] if waits else float("inf")
    assert total.median_of_all_seconds == (half if half < float("inf") else None)


def test_a_forecast_of_a_young_cohort_goes_the_way_of_the_older_ones() -> None:
    """Of the old ten, two pay on day 1 and three on day 5; the young ten are two days old, two have paid."""
    log = [Happened("Trial Started", 0, account=n) for n in range(1, 11)]
    log += [Happened("Trial Started", 20 * DAY, account=n) for n in range(11, 21)]
    log += [
        Happened("Subscription Started", day * DAY, account=n)
        for n, day in ((1, 1), (2, 1), (3, 5), (4, 5), (5, 5))
    ]
    log += [Happened("Subscription Started", 21 * DAY, account=n) for n in (11, 12)]
    asked = {"to": moment(28 * DAY), "as_of": moment(22 * DAY), "horizon_days": 10, "interval": "day"}
    rows = [row for row in result("trial-to-paid", log, **asked).cohorts if row.began]
    old, young = rows
    assert (old.paid, old.forecast, old.low, old.high) == (5, 0.5, 0.5, 0.5)
    assert (young.paid, young.share) == (2, 0.2)
    assert young.forecast == pytest.approx(0.2 + 0.8 * 3 / 8)
    assert 0.2 <= young.low < young.forecast < young.high <= 1


def test_the_finder_finds_what_was_planted_and_says_that_the_rest_does_not_hold() -> None:
    """Who does B three times is kept far more often; C is chance."""
    rng = np.random.default_rng(5)
    log = []
    for who in range(1, 401):
        log.append(Happened("A", 0, person=who))
        much = bool(rng.random() < 0.4)
        log += [Happened("B", HOUR * (n + 1), person=who) for n in range(3 if much else 1)]
        log += [Happened("C", HOUR, person=who)] * int(rng.random() < 0.5)
        if rng.random() < (0.7 if much else 0.2):
            log.append(Happened("K", 15 * DAY, person=who))
    asked = {"start_event": {"events": ["A"]}, "kept_event": {"events": ["K"]}, "most_times": 4}
    found = result("activation", log, **asked)
    best = found.findings[0]
    assert (best.event, best.holds) == ("B", True) and best.times in {2, 3}
    assert not any(row.holds for row in found.findings if row.event == "C")
    much = {who for who, when in times(log, "B").items() if len(when) >= best.times}
    kept = set(times(log, "K"))
    assert (best.did, best.kept) == (len(much), len(much & kept))
    assert best.precision == pytest.approx(len(much & kept) / len(much))
    assert best.recall == pytest.approx(len(much & kept) / len(kept))
    assert best.lift == pytest.approx(best.precision * 400 / len(kept))


def test_phi_is_the_correlation_and_holm_the_stepwise_bonferroni() -> None:
    from plg.growth.reports.activation import _phi

    rng = np.random.default_rng(1)
    did, kept = rng.random(200) < 0.3, rng.random(200) < 0.5
    assert _phi(did, kept)[0] == pytest.approx(np.corrcoef(did, kept)[0, 1])
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
