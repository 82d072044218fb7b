"""Events, different actors and sums a day, week or month, and formulas over them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from pydantic import ValidationError

from plg.growth import cards, comparing
from plg.growth.reports.trend import Trend, evaluate
from tests.growth.logs import DAY_ONE, Happened, columns, moment

HOUR = 3_600_000


def trend(*events: str, days: int = 3, **given: object) -> Trend:
    return Trend.model_validate(
        {"series": [{"events": events}], "from": DAY_ONE, "to": moment(days * 24 * HOUR)} | given
    )


def test_each_day_of_the_range_counts_events_and_different_people(tmp_path: Path) -> None:
    log = [
        Happened("A", at * HOUR, person=person) for at, person in ((0, 1), (1, 1), (2, 2), (47, 1), (72, 1))
    ]
    log += [Happened("B", 5 * HOUR, person=2), Happened("B", -1, person=3)]
    days = evaluate(trend("A", "B"), columns(tmp_path, log)).periods
    assert [(day.start.isoformat(), day.events, day.actors) for day in days] == [
        ("2026-03-02", 4, 2),
        ("2026-03-03", 1, 1),
        ("2026-03-04", 0, 0),
    ]


def test_accounts_are_counted_where_asked(tmp_path: Path) -> None:
    log = [Happened("A", 0, person=1, account=5), Happened("A", 0, person=2, account=5), Happened("A", 0)]
    (day,) = evaluate(trend("A", days=1, actor="account"), columns(tmp_path, log)).periods
    assert (day.events, day.actors) == (2, 1)


def test_days_are_those_of_the_time_zone_across_a_clock_change(tmp_path: Path) -> None:
    before = dt.datetime(
        2026, 3, 28, 23, tzinfo=dt.UTC
    )  # midnight in Madrid; on the 29th the day has 23 hours
    range_ = {"from": before, "to": before + dt.timedelta(hours=47), "timezone": "Europe/Madrid"}
    hour = round((before - DAY_ONE).total_seconds()) * 1000
    log = [Happened("A", hour + h * HOUR) for h in range(47)]
    days = evaluate(trend("A", **range_), columns(tmp_path, log)).periods
    assert [(day.start.day, day.events) for day in days] == [(29, 23), (30, 24)]


def test_an_unknown_zone_and_a_backward_range_are_named_together() -> None:
    with pytest.raises(ValidationError) as refused:
        trend("A", days=-1, timezone="Mars/Olympus")
    assert {error["loc"] for error in refused.value.errors()} == {("to",), ("timezone",)}


def test_more_than_ten_years_are_refused() -> None:
    with pytest.raises(ValidationError, match="at most 3660 days"):
        trend("A", days=3661)


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_years_that_no_calendar_of_ours_holds_are_refused(year: str) -> None:
    with pytest.raises(ValidationError, match="between 1970 and 2100"):
        trend("A", **{"from": f"{year}-01-01T00:00:00Z", "to": f"{year}-01-02T00:00:00Z"})


def test_weeks_begin_on_monday_and_months_on_their_first(tmp_path: Path) -> None:
    log = columns(tmp_path, [Happened("A", day * 24 * HOUR) for day in (0, 6, 7, 30)])
    for interval, expected in (
        ("week", [("2026-03-02", 2), ("2026-03-09", 1)]),
        ("month", [("2026-03-01", 3), ("2026-04-01", 1)]),
    ):
        rows = evaluate(trend("A", days=31, interval=interval), log).periods
        assert [(row.start.isoformat(), row.events) for row in rows if row.events][:2] == expected


def test_a_formula_divides_one_series_by_another_and_has_no_value_where_that_is_nothing(
    tmp_path: Path,
) -> None:
    log = [
        Happened("Paid", 0, properties={"plan": 30}),
        Happened("Paid", 1, person=2, properties={"plan": 12.5}),
    ]
    log += [Happened("Seen", 5), Happened("Seen", 6, properties={"plan": "x"}), Happened("Paid", 25 * HOUR)]
    series = [
        {"events": ["Paid"], "measure": "sum", "sum_of": "plan"},
        {"events": ["Seen"], "measure": "actors"},
    ]
    asked = trend(days=2, series=series, formula="(A / B) * -2 + 1")
    result = evaluate(asked, columns(tmp_path, log))
    assert [row.sum for row in result.periods if row.series == "Paid"] == [42.5, 0.0]
    assert [row.value for row in result.formula] == [-84.0, None]


@pytest.mark.parametrize(
    "text", ["A +", "C", "A ** 2", "__import__('os')", "A if B else 1", "(" * 300, "A.b", "'x'", "True"]
)
def test_a_formula_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        trend(series=[{"events": ["A"]}, {"events": ["B"]}], formula=text)
    assert [error["loc"] for error in refused.value.errors()] == [("formula",)]


def test_a_sum_needs_a_property() -> None:
    with pytest.raises(ValidationError, match="a sum needs"):
        trend(series=[{"events": ["A"], "measure": "sum"}])


def test_the_days_before_are_as_many_days_of_the_zone_across_a_change_of_its_clocks() -> None:
    week = {"from": "2026-03-29T00:00:00+01:00", "to": "2026-04-05T00:00:00+02:00"}
    asked = Trend.model_validate(week | {"series": [{"events": ["A"]}], "timezone": "Europe/Madrid"})
    earlier = comparing.before(asked, "Europe/Madrid")
    assert cards.days_of(earlier, "Europe/Madrid") == (dt.date(2026, 3, 22), dt.date(2026, 3, 28))
    assert earlier.start.isoformat() == "2026-03-22T00:00:00+01:00"
