"""A pause ends with a period, whatever the month."""

import datetime as dt

import pytest

from plg.billing import pauses


@pytest.mark.parametrize(
    ("anchor", "boundary", "months", "again"),
    [
        ((2026, 1, 31), (2026, 2, 28), 1, (2026, 3, 31)),
        ((2026, 1, 30), (2027, 12, 30), 2, (2028, 2, 29)),
        ((2026, 5, 5), (2026, 11, 5), 3, (2027, 2, 5)),
    ],
)
def test_a_pause_ends_on_the_anchors_day(anchor, boundary, months, again):
    day = [dt.datetime(*each, 12, tzinfo=dt.UTC) for each in (anchor, boundary, again)]

    assert pauses.later(day[0], day[1], months) == day[2]
