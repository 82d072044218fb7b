"""How values are kept."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from plg.kit.db_types import plain_time

ZONES = st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=5, minutes=45))])


@given(st.datetimes(timezones=ZONES).filter(lambda moment: moment.year > 1))
def test_sqlite_keeps_a_time_in_utc_to_the_microsecond(moment):
    utc = moment.astimezone(dt.UTC)
    assert plain_time(moment) == utc.replace(tzinfo=None).isoformat(" ", "microseconds")
    assert dt.datetime.fromisoformat(f"{plain_time(moment)}+00:00") == moment
