"""The end is computed from rows, in the account's own calendar: days are days there, pauses give back their time."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as some

from plg.events import names
from plg.kit.clock import zone
from plg.trials import ledger, trials
from plg.trials.models import TrialGrant
from tests.support.story import at, in_parallel, make_account, make_person
from tests.trials.wording import do, ends_at, later, publish, start, told

ZONES = ["UTC", "Europe/Madrid", "America/New_York", "Pacific/Auckland", "Pacific/Apia", "Asia/Kathmandu"]
DAY_ROWS = some.tuples(some.sampled_from(ledger.DAYS), some.integers(-30, 60))
MOMENTS = some.integers(1577836800, 2051222400).map(lambda second: dt.datetime.fromtimestamp(second, dt.UTC))


def row(kind, days=0, moment=None):
    return TrialGrant(kind=kind, days=days, at=moment or at("2026-01-01 00:00"))


def end(started_at, rows, timezone="UTC"):
    return ledger.ends_at(started_at, rows, zone(timezone))


@pytest.mark.parametrize(
    ("started", "days", "timezone", "ends"),
    [
        ("2028-02-15 09:00", 14, "UTC", "2028-02-29 09:00"),
        ("2028-02-29 09:00", 365, "UTC", "2029-02-28 09:00"),
        ("2026-03-20 17:30", 14, "Europe/Madrid", "2026-04-03 16:30"),
        ("2026-10-20 16:30", 14, "Europe/Madrid", "2026-11-03 17:30"),
        ("2026-03-15 01:30", 14, "Europe/Madrid", "2026-03-29 01:30"),
        ("2026-10-24 00:30", 1, "Europe/Madrid", "2026-10-25 00:30"),
        ("2026-12-30 23:00", 3, "Pacific/Auckland", "2027-01-02 23:00"),
    ],
    ids=[
        "leap day",
        "from a leap day",
        "spring",
        "autumn",
        "into the gap",
        "into the hour twice",
        "new year",
    ],
)
def test_so_many_days_later_at_the_same_time_of_day_there(started, days, timezone, ends):
    """Into the gap: 02:30 does not exist on that day, and it ends at 03:30, which is 01:30 UTC."""
    assert end(at(started), [row("grant", days)], timezone) == at(ends)


@given(started=MOMENTS, rows=some.lists(DAY_ROWS, min_size=1, max_size=8), timezone=some.sampled_from(ZONES))
def test_the_order_of_days_does_not_matter_and_the_time_of_day_stays(started, rows, timezone):
    written = [row(kind, days) for kind, days in rows]
    found = end(started, written, timezone)

    assert found == end(started, list(reversed(written)), timezone)
    days = sum(days for _, days in rows)
    local, there = started.astimezone(zone(timezone)), found.astimezone(zone(timezone))
    moved = there.replace(tzinfo=None) - local.replace(tzinfo=None) - dt.timedelta(days=days)
    assert abs(moved) <= dt.timedelta(hours=24 if timezone == "Pacific/Apia" else 1)


@given(
    started=MOMENTS,
    days=some.integers(1, 60),
    waits=some.lists(some.integers(0, 10**7), min_size=2, max_size=6),
    timezone=some.sampled_from(ZONES),
)
def test_a_pause_gives_back_exactly_the_time_that_it_took(started, days, waits, timezone):
    moment, idle, rows = started, 0, [row("grant", days)]
    for away, back in zip(waits[::2], waits[1::2], strict=False):
        paused = moment + dt.timedelta(seconds=away)
        moment = paused + dt.timedelta(seconds=back)
        rows.append(row("pause", moment=paused))
        assert end(started, rows, timezone) is None
        rows.append(row("resume", moment=moment))
        idle += back
    assert end(started, rows, timezone) == end(started, rows[:1], timezone) + dt.timedelta(seconds=idle)


def test_before_it_began_there_is_no_end():
    assert end(None, [row("grant", 14)]) is None
    assert end(at("2026-01-01 00:00"), []) is None


def test_used_credits_end_it_at_once_and_days_given_afterwards_count_from_there():
    used = at("2026-01-05 12:00")
    rows = [row("grant", 14), row("credits", moment=used)]
    assert end(at("2026-01-01 00:00"), rows) == used
    assert end(at("2026-01-01 00:00"), [*rows, row("extension", 3)]) == at("2026-01-08 12:00")


@pytest.fixture
def account(app):
    publish(app)
    return make_account(app, (make_person(app), "owner"))


def test_why_does_it_end_then_is_answered_with_every_row(app, account):
    begun = start(app, account)
    do(app, "extend", account, 7, reason="asked kindly", by="staff:1")
    do(app, "pause", account, reason="holiday", by="staff:2")
    with later(days=3):
        do(app, "resume", account, by="staff:2")
    with app.app_context():
        steps = trials.explain(account)
    assert [(s.row.kind, s.row.days, s.row.reason, s.row.actor) for s in steps] == [
        ("grant", 14, "trial of the plan", "tests"),
        ("extension", 7, "asked kindly", "staff:1"),
        ("pause", 0, "holiday", "staff:2"),
        ("resume", 0, "", "staff:2"),
    ]
    assert [s.ends_at and (s.ends_at - begun.started_at).days for s in steps] == [14, 21, None, 24]
    assert ends_at(app, account) == steps[-1].ends_at
    extended, paused, resumed = (
        told(app, n) for n in (names.TRIAL_EXTENDED, names.TRIAL_PAUSED, names.TRIAL_RESUMED)
    )
    assert extended[0] | {"days": 7, "reason": "asked kindly", "by": "staff:1"} == extended[0]
    assert (paused[0]["reason"], resumed[0]["trial_end_date"]) == ("holiday", steps[-1].ends_at.isoformat())


def test_paused_by_several_at_once_it_is_paused_once(app, account):
    start(app, account)
    done = in_parallel(app, 6, lambda i: trials.pause(account, reason="holiday", by=f"staff:{i}"))
    assert sum(not isinstance(one, Exception) for one in done) == 1
    assert len(told(app, names.TRIAL_PAUSED)) == 1
