"""Half, four fifths, all of a limit, and the day on which it will be reached: each told once a period."""

import datetime as dt

import pytest
import time_machine
from sqlalchemy import select

from plg.events.models import Event
from plg.kit.db import db
from plg.usage import grants
from plg.usage.grants import NewGrant
from tests.support.story import PLANS, at, make_account, make_person, new_event, publish_plans, store_events


@pytest.fixture
def account(app):
    free = PLANS["plans"]["free"] | {"features": {"invoices": 100}}
    publish_plans(app, PLANS | {"plans": PLANS["plans"] | {"free": free}})
    return make_account(app, (make_person(app), "owner"), key="acme")


@pytest.fixture
def use(app, account, worker):
    def on(moment, times):
        with time_machine.travel(moment, tick=True):
            store_events(app, [new_event("Invoice Sent", account_id=account) for _ in range(times)])
            worker()

    return on


def told(app):
    with app.app_context():
        query = (
            select(Event.name, Event.properties).where(Event.name.like("Limit %")).order_by(Event.position)
        )
        return [
            (name, properties["used"], properties.get("reached_on"))
            for name, properties in db.session.execute(query)
        ]


def test_each_step_is_told_once_a_period_and_the_forecast_names_the_day(app, use):
    may = at("2026-05-11 00:00")
    use(may, 10)
    use(may + dt.timedelta(hours=1), 12)
    assert told(app) == [], "at 22 in ten days it lasts the month"
    use(may + dt.timedelta(hours=2), 28)
    assert told(app) == [("Limit Halfway", 50, None), ("Limit Forecast", 50, "2026-05-21")]
    for hour in range(3, 6):
        use(may + dt.timedelta(hours=hour), 20)
    assert [name for name, *_ in told(app)[2:]] == ["Limit Near", "Limit Reached"]
    use(at("2026-06-20 00:00"), 50)
    assert told(app)[4:] == [("Limit Halfway", 50, None)], "in June it lasts"


def test_what_was_granted_moves_the_steps(app, account, use):
    with app.app_context():
        grants.give(NewGrant(account, "invoices", 100, "staff", "A gift"), by="tests")
        db.session.commit()
    moment = dt.datetime.now(dt.UTC)
    use(moment, 90)
    names = {name for name, *_ in told(app)}
    assert not names & {"Limit Halfway", "Limit Near"}
    use(moment, 10)
    assert ("Limit Halfway", 100, None) in told(app)
