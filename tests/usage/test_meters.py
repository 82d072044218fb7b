"""Whatever a meter measures, it reads what a plain recount of the log would give, however the log came to it."""

import datetime as dt
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from plg import wiring
from plg.events.models import Cursor, Event
from plg.events.stream import LoggedEvent
from plg.events.subscribers import replay, start_cursors
from plg.kit.clock import now
from plg.kit.db import db
from plg.plans.features import Aggregation
from plg.usage import meters
from plg.usage.aggregations import AGGREGATIONS
from plg.usage.aggregations.aggregation import Reading
from plg.usage.amounts import MOST, amount_of
from plg.usage.models import CancelledEvent, Counter, MeterState, SeenValue
from plg.usage.periods import period_at
from tests.support.story import PLANS, at, make_account, make_person, new_event, publish_plans, store_events

NAME = {"en": "Measured"}
TOKENS = {"name": NAME, "type": "metered", "event": "Call"}
FEATURES = {
    "calls": TOKENS | {"group_by": "model"},
    "tokens": TOKENS | {"aggregation": "sum", "property": "tokens", "group_by": "model"},
    "peak": TOKENS | {"aggregation": "max", "property": "tokens"},
    "users": TOKENS | {"aggregation": "unique", "property": "user", "group_by": "model"},
    "level": TOKENS | {"aggregation": "last", "property": "tokens", "per": "lifetime"},
    "dear": TOKENS | {"aggregation": "sum", "property": "tokens", "where": {"model": "large"}, "per": "day"},
}
START = at("2026-01-30 12:00")
VALUES = st.one_of(
    st.integers(-50, 50),
    st.decimals(-100, 100, places=6).map(str),
    st.sampled_from([0.1, 0.2, "1e3", "0.0000001", "many", None, True, "NaN", 10**30, [1]]),
)
CALLS = st.fixed_dictionaries(
    {
        "tokens": VALUES,
        "user": st.sampled_from(["ana", "ben", 7, None]),
        "model": st.sampled_from(["small", "large", ""]),
    }
)


@pytest.fixture
def account(app):
    publish(app, FEATURES)
    return make_account(app, (make_person(app), "owner"), key="acme")


def publish(app, features):
    publish_plans(app, PLANS | {"features": PLANS["features"] | features})


def call(account, number, hours, properties, **values):
    moment = START + dt.timedelta(hours=hours)
    return new_event(
        "Call", id=f"call-{number}", account_id=account, occurred_at=moment, properties=properties, **values
    )


def cancel(number):
    return new_event("Event Cancelled", properties={"message_id": f"call-{number}"})


def read(app):
    with app.app_context():
        rows = db.session.execute(select(Counter.feature, Counter.period, Counter.part, Counter.used))
        return {row[:3]: Decimal(row[3]) for row in rows if row[3] or row[0] in ("peak", "level")}


def naive(events):
    """A recount without anything clever: all events, sorted, one by one."""
    gone = {e["properties"]["message_id"] for e in events if e["name"] == "Event Cancelled"}
    kept = [(i, e) for i, e in enumerate(events) if e["name"] == "Call" and e["id"] not in gone]
    found, seen = defaultdict(list), defaultdict(set)
    for _, event in sorted(kept, key=lambda pair: (pair[1]["occurred_at"], pair[0])):
        properties = event["properties"]
        amount = amount_of(properties["tokens"])
        day, month = f"{event['occurred_at']:%Y-%m-%d}", f"{event['occurred_at']:%Y-%m}"
        for part in {"", properties["model"]}:
            found["calls", month, part].append(Decimal(1))
            if properties["user"] is not None:
                seen["users", month, part].add(str(properties["user"]))
            if amount is not None:
                found["tokens", month, part].append(amount)
        if amount is not None:
            found["peak", month, ""].append(amount)
            found["level", "lifetime", ""].append(amount)
            if properties["model"] == "large":
                found["dear", day, ""].append(amount)
    fold = {"peak": max, "level": lambda values: values[-1]}
    told = {key: fold.get(key[0], sum)(values) for key, values in found.items()}
    told |= {key: Decimal(len(values)) for key, values in seen.items()}
    return {key: value for key, value in told.items() if value or key[0] in ("peak", "level")}


def run_in_parts(app, worker, parts):
    """Let the subscriber read the log in windows of such sizes."""
    with app.app_context():
        runner = wiring.runner_of(app).lane(outside=False)
        runner.subscriptions = {"usage": replace(runner.subscriptions["usage"], windows=1)}
        for size in parts:
            runner.limit = size
            runner.run_once()
    worker()


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(st.integers(0, 60 * 24), CALLS), min_size=1, max_size=20),
    st.lists(st.integers(0, 25), max_size=6),
    st.lists(st.integers(1, 5), max_size=6),
    st.randoms(use_true_random=False),
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_any_order_batches_repetition_and_cancellations_read_as_a_plain_recount(
    app, account, worker, calls, cancelled, parts, random
):
    with app.app_context():
        for table in (Counter, SeenValue, CancelledEvent, MeterState, Event, Cursor):
            db.session.execute(delete(table))
        start_cursors(wiring.subscriptions_of(app))
        db.session.commit()
    events = [call(account, i, hours, properties) for i, (hours, properties) in enumerate(calls)]
    events += [cancel(number) for number in cancelled]
    random.shuffle(events)
    store_events(app, events)
    wanted = naive(events)

    run_in_parts(app, worker, parts)
    assert without_noughts(read(app)) == without_noughts(wanted)
    with app.app_context():
        replay("usage")
        db.session.commit()
    worker()
    assert without_noughts(read(app)) == without_noughts(wanted), "heard again, nothing is counted again"
    with app.app_context():
        for key in FEATURES:
            meters.recount(key)
        db.session.commit()
    for _ in range(2):
        store_events(app, [new_event("Something Else")])
        worker(now())
    assert without_noughts(read(app)) == without_noughts(wanted), "counted anew from the log, in windows"


def without_noughts(readings):
    return {key: value for key, value in readings.items() if value}


def test_a_meter_that_is_added_later_measures_the_past_too(app, worker):
    publish(app, {})
    account = make_account(app, (make_person(app), "owner"), key="acme")
    events = [call(account, i, i, {"tokens": i, "user": "ana", "model": "large"}) for i in range(10)]
    store_events(app, [*events, cancel(9)])
    worker()
    publish(app, FEATURES)
    store_events(app, [call(account, 10, 10, {"tokens": 5, "user": "ben", "model": "large"})])
    worker()
    worker(now())
    worker(now())
    months = {key[0]: value for key, value in read(app).items() if key[1:] == ("2026-01", "")}
    assert months["tokens"] == sum(range(9)) + 5
    assert (months["calls"], months["peak"], months["users"]) == (10, 8, 2)
    with app.app_context():
        assert db.session.scalars(select(MeterState.due_at).where(MeterState.due_at.is_not(None))).all() == []


def test_a_late_event_lands_in_its_own_period_and_raises_no_alarm(app, account, worker):
    moment = now() - dt.timedelta(days=62)
    late = [new_event("Invoice Sent", account_id=account, occurred_at=moment) for _ in range(9)]
    store_events(app, late)
    worker()
    with app.app_context():
        assert db.session.execute(select(Counter.period, Counter.used)).all() == [(f"{moment:%Y-%m}", 9)]
        assert db.session.scalars(select(Event.name).where(Event.name.like("Limit%"))).all() == []


def test_what_was_read_is_told_by_period_and_part(app, account, worker, client, secret_key):
    tenths = [call(account, i, i, {"tokens": "0.1", "user": i, "model": "small"}) for i in range(3)]
    store_events(app, [*tenths, call(account, 9, 5, {"tokens": -0.05, "user": 1, "model": "large"})])
    worker()
    headers = {"Authorization": f"Bearer {secret_key}"}
    path = "/v1/usage?account=acme&feature="
    first = client.get(path + "tokens", headers=headers).json["periods"][0]
    assert (first["period"], first["used"], first["parts"]) == (
        "2026-01",
        0.25,
        {"small": 0.3, "large": -0.05},
    )
    assert client.get(path + "nothing", headers=headers).json["code"] == "feature_not_found"


def logged(number):
    moment = START + dt.timedelta(hours=number % 3)
    return LoggedEvent(
        number, f"call-{number}", "Call", None, 1, None, moment, moment, "segment", 0, "{}", "{}"
    )


@pytest.mark.parametrize("name", AGGREGATIONS)
@given(data=st.data())
def test_every_aggregation_reads_the_same_in_any_order_and_in_any_parts(name, data):
    aggregation = AGGREGATIONS[name]
    values = [aggregation.value(each) for each in data.draw(st.lists(VALUES, max_size=12))]
    uses = [(v, logged(i)) for i, v in enumerate(values) if v is not None]
    whole = aggregation.fold(Reading(), uses)
    shuffled = data.draw(st.permutations(uses))
    cut = data.draw(st.integers(0, len(uses)))
    parted = aggregation.fold(aggregation.fold(Reading(), shuffled[:cut]), shuffled[cut:])
    assert parted == whole
    if aggregation.adds:
        assert aggregation.fold(whole, shuffled[:cut], -1) == aggregation.fold(Reading(), shuffled[cut:])


def test_the_family_is_what_a_plan_can_name():
    assert set(AGGREGATIONS) == set(get_args(Aggregation))
    assert {"count", "sum"} == {name for name, each in AGGREGATIONS.items() if each.adds}


@given(st.decimals(allow_nan=True, allow_infinity=True) | st.text() | st.integers() | st.floats())
def test_an_amount_has_six_places_or_is_none(value):
    found = amount_of(value)
    assert found is None or (abs(found) <= MOST and found == Decimal(found).quantize(Decimal("0.000001")))


@pytest.mark.parametrize(
    ("moment", "anchor", "key", "end"),
    [
        ("2026-01-31 12:00", 31, "2026-01-31", "2026-02-28 00:00"),
        ("2026-02-28 12:00", 31, "2026-02-28", "2026-03-31 00:00"),
        ("2026-03-30 12:00", 31, "2026-02-28", "2026-03-31 00:00"),
        ("2024-02-29 12:00", 29, "2024-02-29", "2024-03-29 00:00"),
        ("2026-12-15 12:00", 20, "2026-11-20", "2026-12-20 00:00"),
    ],
)
def test_a_billing_month_keeps_the_day_it_began_with(moment, anchor, key, end):
    found = period_at(at(moment), "month", "UTC", anchor)
    assert (found.key, found.ends_at) == (key, at(end))


@given(st.integers(0, 40 * 365 * 24 * 60), st.data())
def test_periods_follow_each_other_without_gap_or_overlap(minutes, data):
    moment = at("2000-01-01 00:00") + dt.timedelta(minutes=minutes)
    per = data.draw(st.sampled_from(["day", "week", "month", "year"]))
    zone = data.draw(st.sampled_from(["UTC", "Europe/Madrid", "America/Santiago", "Asia/Kathmandu"]))
    anchor = data.draw(st.none() | st.integers(1, 31)) if per == "month" else None
    found = period_at(moment, per, zone, anchor)
    assert found.starts_at <= moment < found.ends_at
    assert period_at(found.ends_at, per, zone, anchor).starts_at == found.ends_at
    assert period_at(found.starts_at, per, zone, anchor) == found
