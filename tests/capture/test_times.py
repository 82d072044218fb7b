"""The client's clock is corrected by how far it is off; nonsense becomes the time of receipt."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plg.capture.times import EARLIEST, FUTURE, occurred_at, parse_time, skew_of

NOW = dt.datetime(2026, 5, 4, 12, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-04T12:00:00Z",
        "2026-05-04T12:00:00.000Z",
        "2026-05-04T14:00:00+02:00",
        "2026-05-04T14:00:00.000000000+02",
        "2026-05-04 12:00:00",
        "2026-05-04T12:00:00",
        "Mon, 04 May 2026 12:00:00 GMT",
        " 1777896000 ",
        "1777896000000",
        1777896000,
        1777896000.0,
        1777896000000,
    ],
)
def test_the_same_moment_is_read_from_every_way_to_write_it(text):
    assert parse_time(text) == NOW


@pytest.mark.parametrize(
    "value", [None, "", "yesterday", [], {}, True, 10**30, float("nan"), float("inf"), "9" * 400]
)
def test_what_is_no_time_is_none(value):
    assert parse_time(value) is None


@given(st.text() | st.integers() | st.floats() | st.none() | st.booleans() | st.lists(st.integers()))
def test_reading_a_time_never_fails(value):
    time = parse_time(value)
    assert time is None or time.utcoffset() == dt.timedelta(0)


@given(
    st.timedeltas(dt.timedelta(0), dt.timedelta(days=9000)),
    st.timedeltas(-dt.timedelta(days=300), dt.timedelta(days=300)),
)
def test_a_clock_that_is_off_by_any_amount_is_corrected(ago, off):
    happened = NOW - ago
    on_the_client = (happened + off).isoformat()
    assert occurred_at(on_the_client, skew_of(NOW + off, NOW), NOW) == happened


def test_without_a_sending_time_the_clients_time_stands():
    assert occurred_at("2026-05-04T11:00:00Z", skew_of(None, NOW), NOW) == NOW - 60 * MINUTE


def test_a_little_ahead_stands_and_more_than_23_hours_is_now():
    assert occurred_at((NOW + FUTURE).isoformat(), dt.timedelta(0), NOW) == NOW + FUTURE
    assert occurred_at((NOW + FUTURE + MINUTE).isoformat(), dt.timedelta(0), NOW) == NOW


@given(
    st.datetimes(timezones=st.just(dt.UTC)) | st.text() | st.none() | st.integers(),
    st.datetimes(timezones=st.just(dt.UTC)) | st.none(),
)
def test_the_result_is_always_a_plausible_time(timestamp, sent_at):
    given_time = timestamp.isoformat() if isinstance(timestamp, dt.datetime) else timestamp
    assert EARLIEST <= occurred_at(given_time, skew_of(sent_at, NOW), NOW) <= NOW + FUTURE
