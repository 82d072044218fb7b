"""The demo's made-up past: believable, repeatable, quickly stored."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict

import pytest
from sqlalchemy import func, select

from academy.event_names import LESSON_COMPLETED
from plg.accounts.models import Account, Membership
from plg.demo.history import History, load, simulate
from plg.demo.history.lives import INVOICES_A_MONTH
from plg.events import names
from plg.events.models import Event
from plg.events.subscribers import Subscription, statuses
from plg.growth import config, snapshots
from plg.growth.reports.funnel import evaluate
from plg.kit.db import db
from plg.people.models import Person

UNTIL = dt.datetime(2026, 11, 20, 18, tzinfo=dt.UTC)
PRODUCT_EVENTS = {"Company Details Added", "Customer Created", "Invoice Sent", "Payment Recorded"}
LEARNING = {LESSON_COMPLETED}


@pytest.fixture(scope="module")
def history() -> History:
    return simulate(until=UNTIL)


@pytest.fixture(scope="module")
def small() -> History:
    return simulate(days=30, people=60, seed=7, until=UNTIL)


def test_the_usual_history_has_thousands_of_people_and_hundreds_of_thousands_of_events(history):
    assert len(history.people) >= 2000
    assert 300 <= len(history.accounts) <= 1000
    assert len(history.events) >= 200_000


def test_the_same_seed_makes_the_same_history_and_another_one_another(small):
    assert simulate(days=30, people=60, seed=7, until=UNTIL) == small
    assert simulate(days=30, people=60, seed=8, until=UNTIL).events != small.events


def test_everything_happens_in_order_within_the_days_asked_for(history):
    times = [event.at for event in history.events]
    assert times == sorted(times)
    assert times[-1] <= UNTIL
    assert times[0] >= UNTIL - dt.timedelta(days=92)


def test_nobody_does_anything_before_signing_up(history):
    early = [
        event
        for event in history.events
        if event.person is not None and event.at < history.people[event.person].created_at
    ]
    assert not early
    signed_up = Counter(event.person for event in history.events if event.name == names.SIGNED_UP)
    assert set(signed_up.values()) == {1} and len(signed_up) == len(history.people)


def test_every_event_has_a_name_of_plg_of_the_sample_product_or_of_the_academy(history):
    assert {event.name for event in history.events} <= names.MEANINGS.keys() | PRODUCT_EVENTS | LEARNING


def test_weekdays_are_busier_than_weekends(history):
    by_day = Counter(event.at.weekday() for event in history.events)
    assert min(by_day[day] for day in range(5)) > 2 * max(by_day[5], by_day[6])


def test_fewer_and_fewer_accounts_reach_each_step(history):
    steps = (names.SIGNED_UP, names.ACTIVATED, names.LIMIT_REACHED, names.SUBSCRIPTION_STARTED)
    reached = [len({event.account for event in history.events if event.name == step}) for step in steps]
    assert reached == sorted(reached, reverse=True)
    assert reached[3] / reached[0] > 0.05
    assert any(event.name == names.SUBSCRIPTION_CANCELLED for event in history.events)


def test_no_account_sends_more_invoices_than_its_plan_allows(history):
    sent: dict[tuple[int, str, str], int] = defaultdict(int)
    for event in history.events:
        if event.name == "Invoice Sent" and event.properties["plan"] in INVOICES_A_MONTH:
            local_month = (event.at - dt.timedelta(hours=5)).strftime("%Y-%m")
            sent[event.account, local_month, event.properties["plan"]] += 1
    over = [key for key, count in sent.items() if count > 2 * INVOICES_A_MONTH[key[2]]]
    assert sent and not over  # at the turn of a month the zones differ


def test_loading_stores_people_accounts_memberships_and_events_once(app, small):
    with app.app_context():
        assert load(small) == len(small.events)
        assert load(small) == len(small.events)
        assert _count(Event) == len(small.events)
        assert _count(Person) == len(small.people)
        assert _count(Account) == len(small.accounts)
        assert _count(Membership) == sum(len(account.people) for account in small.accounts)
        assert db.session.scalars(select(Event.source).distinct()).all() == ["import"]


def test_the_growth_funnel_of_a_loaded_history_is_that_of_the_history(app, small):
    with app.app_context():
        load(small)
        definition = config.live().funnel_between(dt.date(2026, 9, 1), UNTIL.date(), "account", "en")
        counted = [step.entered for step in evaluate(definition, snapshots.newest()).steps]
    activated = {event.account for event in small.events if event.name == names.ACTIVATED}
    assert counted[:2] == [len(small.accounts), len(activated)]
    assert counted[2] > 0


def test_subscribers_that_shall_not_relive_the_past_begin_at_its_end(app, small):
    heard: list[int] = []
    quiet = Subscription("tests.quiet", lambda batch: heard.append(len(batch)))
    with app.app_context():
        load(small, subscriptions=[quiet])
        assert [(status.subscriber, status.lag_events) for status in statuses()] == [("tests.quiet", 0)]


def _count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0
