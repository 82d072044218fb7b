"""What raises an offer, for whom, and how often."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from plg.kit.clock import now
from plg.kit.db import db
from plg.offers import jobs
from plg.offers.models import Offer
from plg.trials import trials
from tests.offers.conftest import offer, publish
from tests.onboarding_flows.conftest import DAY, NOON
from tests.support.story import happened, make_account, make_person

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("clock"),
]


def made(app: Flask, key: str = "deal") -> list[tuple[str, str, str]]:
    with app.app_context():
        query = select(Offer.status, Offer.reason, Offer.feature).where(Offer.key == key).order_by(Offer.id)
        return [tuple(row) for row in db.session.execute(query)]


def start_trial(app: Flask, account: int, person: int) -> None:
    with app.app_context():
        trials.start(account, person_id=person, by="tests")
        db.session.commit()


@pytest.mark.parametrize(
    ("trigger", "name", "properties"),
    [
        ({"kind": "limit_halfway"}, "Limit Halfway", {"feature": "invoices"}),
        ({"kind": "limit_near", "feature": "invoices"}, "Limit Near", {"feature": "invoices"}),
        ({"kind": "limit_reached"}, "Limit Reached", {"feature": "invoices"}),
        ({"kind": "refused", "feature": "export"}, "Feature Refused", {"feature": "export"}),
        ({"kind": "forecast"}, "Limit Forecast", {"feature": "invoices", "reached_on": "2026-03-20"}),
        ({"kind": "activated"}, "Activated", {}),
    ],
)
def test_what_plg_tells_raises_it(
    app: Flask, send: Any, acme: int, olga: int, trigger: Any, name: str, properties: Any
) -> None:
    publish(app, deal=offer(trigger=trigger))

    send(olga, name, source="browser", properties=properties)
    assert made(app) == [], "nobody can claim it for plg"
    send(olga, name, source="plg", properties=properties)

    assert made(app) == [("open", trigger["kind"], properties.get("feature", ""))]


def test_another_feature_does_not_raise_it(app: Flask, send: Any, olga: int) -> None:
    publish(app, deal=offer(trigger={"kind": "refused", "feature": "export"}))
    send(olga, "Feature Refused", source="plg", properties={"feature": "invoices"})
    assert made(app) == []


def test_a_limit_that_is_far_away_is_not_forecast(app: Flask, send: Any, olga: int) -> None:
    publish(app, deal=offer(trigger={"kind": "forecast", "within": "5d"}))
    told = {"feature": "invoices", "reached_on": "2026-03-20"}
    send(olga, "Limit Forecast", source="plg", properties=told)
    assert made(app) == []


def test_an_event_of_the_product_raises_it_where_its_properties_fit(app: Flask, send: Any, olga: int) -> None:
    publish(app, deal=offer(trigger={"kind": "event", "event": "Paid", "where": {"amount": {"gte": 100}}}))
    send(olga, "Paid", properties={"amount": 99})
    assert made(app) == []
    send(olga, "Paid", properties={"amount": 100})
    assert made(app) == [("open", "event", "")]


def test_the_last_free_seat_raises_it(app: Flask, worker: Any, acme: int) -> None:
    publish(app, deal=offer(trigger={"kind": "seats_full"}))
    lonely = make_account(app, (make_person(app, "lola@solo.example"), "owner"), name="Solo")
    worker()
    with app.app_context():
        accounts = db.session.scalars(select(Offer.account_id).where(Offer.key == "deal")).all()
    assert accounts == [acme], f"{lonely} has seats left"


def test_a_day_of_the_trial_raises_it_and_the_day_before_does_not(
    app: Flask, acme: int, olga: int, clock: Any
) -> None:
    start_trial(app, acme, olga)
    publish(app, deal=offer(trigger={"kind": "trial_day", "day": 10}))
    for days, expected in ((8, []), (9, [("open", "trial_day", "")]), (9, [("open", "trial_day", "")])):
        clock.move_to(NOON + days * DAY)
        with app.app_context():
            while jobs.raise_due(now()):
                db.session.commit()
        assert made(app) == expected


def test_a_moment_of_value_is_any_rule(app: Flask, send: Any, olga: int, mario: int, coming: Any) -> None:
    when = {"all": [{"event": "Report Made", "count": {"gte": 3}}, {"field": "account.role", "eq": "owner"}]}
    publish(app, deal=offer(trigger={"kind": "rule", "when": when}))
    for person in (olga, olga, mario, mario, mario):
        send(person, "Report Made")
    assert made(app) == [], "the owner has sent two, and a member is no owner"
    send(olga, "Report Made")
    assert made(app) == [("open", "rule", "")]
    assert coming(olga) is not None
    assert coming(mario) is None


def test_a_rule_without_events_is_asked_as_time_passes(app: Flask, acme: int, olga: int) -> None:
    publish(app, deal=offer(trigger={"kind": "rule", "when": {"field": "account.name", "eq": "Acme"}}))
    make_account(app, (olga, "owner"), name="Elsewhere")
    with app.app_context():
        assert [jobs.raise_due(now()), jobs.raise_due(now())] == [1, 0]
        assert db.session.scalars(select(Offer.account_id)).all() == [acme]


def test_only_whom_the_audience_holds_for_sees_it(
    app: Flask, send: Any, olga: int, mario: int, coming: Any, say: Any
) -> None:
    publish(app, deal=offer(audience={"field": "account.role", "eq": "owner"}))
    send(mario)
    prompt = coming(olga)
    assert prompt["title"] == "More invoices"
    assert coming(mario) is None
    say(mario, prompt, "dismiss", expect=404)


def test_before_its_time_and_after_it_nothing_is_raised(
    app: Flask, send: Any, olga: int, clock: Any, coming: Any
) -> None:
    publish(app, deal=offer(starts_at="2026-03-03", ends_at="2026-03-05", lasts="30d"))
    for day, expected in ((0, 0), (2, 1), (4, 1)):
        clock.move_to(NOON + day * DAY)
        send(olga)
        assert len(made(app)) == expected
    assert coming(olga) is None, "it ends with its time, whatever it lasts"


def test_it_is_made_again_only_after_a_while_and_so_often(
    app: Flask, send: Any, olga: int, clock: Any, coming: Any, say: Any
) -> None:
    publish(app, deal=offer(lasts="2d", frequency={"every": "10d", "most": 2}))
    for day, expected in ((0, 1), (1, 1), (3, 1), (11, 1), (13, 2), (40, 2)):
        clock.move_to(NOON + day * DAY)
        send(olga)
        assert len(made(app)) == expected, day


def test_history_raises_nothing(app: Flask, worker: Any, acme: int, olga: int) -> None:
    publish(app, deal=offer())
    happened(app, "Invoice Sent", account_id=acme, person_id=olga, source="import")
    happened(app, "Invoice Sent", account_id=acme, person_id=olga, occurred_at=NOON - dt.timedelta(days=2))
    worker()
    assert made(app) == []


def test_who_has_the_plan_is_not_offered_it(app: Flask, send: Any, acme: int, olga: int) -> None:
    from plg.plans import assignments

    publish(app, deal=offer(), more=offer(answer={"upgrade": {"plan": "next"}}))
    with app.app_context():
        assignments.assign(acme, "pro", source="subscription", by="tests")
        db.session.commit()
    send(olga)
    assert made(app) == []
    with app.app_context():
        assert db.session.scalars(select(Offer.plan_key).where(Offer.key == "more")).all() == ["max"]


def test_an_offer_of_ones_own_takes_the_place_of_the_one_that_a_limit_raises(
    app: Flask, send: Any, olga: int, state: Callable[..., Any]
) -> None:
    publish(app, deal=offer(trigger={"kind": "limit_near", "feature": "invoices"}, channel="card"))
    for _ in range(4):
        send(olga)
    with app.app_context():
        assert db.session.scalars(select(Offer.key)).all() == ["deal"]
    card = state(olga)["offer"]
    assert (card["title"], card["body"]) == ("More invoices", "Send as many as you want")
    assert state(olga, "es")["offer"]["title"] == "More invoices (es)"
    send(olga)
    with app.app_context():
        assert db.session.scalars(select(Offer.key).order_by(Offer.id)).all() == ["deal", ""]
