"""Events and different actors a day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from pydantic import ValidationError

from plg.growth.reports.trend import Trend, evaluate
from tests.growth.logs import DAY_ONE, Happened, columns, moment

HOUR = 3_600_000


def trend(*events: str, days: int = 3, **given: object) -> Trend:
    return Trend.model_validate({"events": events, "from": DAY_ONE, "to": moment(days * 24 * HOUR)} | given)


def test_each_day_of_the_range_counts_events_and_different_people(tmp_path: Path) -> None:
    log = [
        Happened("A", at * HOUR, person=person) for at, person in ((0, 1), (1, 1), (2, 2), (47, 1), (72, 1))
    ]
    log += [Happened("B", 5 * HOUR, person=2), Happened("B", -1, person=3)]
    days = evaluate(trend("A", "B"), columns(tmp_path, log)).days
    assert [(day.day.isoformat(), day.events, day.actors) for day in days] == [
        ("2026-03-02", 4, 2),
        ("2026-03-03", 1, 1),
        ("2026-03-04", 0, 0),
    ]


def test_accounts_are_counted_where_asked(tmp_path: Path) -> None:
    log = [Happened("A", 0, person=1, account=5), Happened("A", 0, person=2, account=5), Happened("A", 0)]
    (day,) = evaluate(trend("A", days=1, actor="account"), columns(tmp_path, log)).days
    assert (day.events, day.actors) == (2, 1)


def test_days_are_those_of_the_time_zone_across_a_clock_change(tmp_path: Path) -> None:
    before = dt.datetime(
        2026, 3, 28, 23, tzinfo=dt.UTC
    )  # midnight in Madrid; on the 29th the day has 23 hours
    range_ = {"from": before, "to": before + dt.timedelta(hours=47), "timezone": "Europe/Madrid"}
    hour = round((before - DAY_ONE).total_seconds()) * 1000
    log = [Happened("A", hour + h * HOUR) for h in range(47)]
    days = evaluate(trend("A", **range_), columns(tmp_path, log)).days
    assert [(day.day.day, day.events) for day in days] == [(29, 23), (30, 24)]


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
