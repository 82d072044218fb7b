"""What comes up in the widget: the offer that matters most, under one budget, and what people do with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from plg.attention.models import Appearance, HeldBack
from plg.events.models import Event
from plg.kit.caller import Caller
from plg.kit.clock import now
from plg.kit.db import db
from plg.offers import published
from plg.offers.models import Offer, OfferExposure, OfferPerson
from plg.plans import assignments
from plg.trials import trials
from plg.upgrades.widget import widget_state
from tests.attention.test_attention import publish as set_attention
from tests.offers.conftest import offer, publish
from tests.onboarding_flows.conftest import DAY, HOUR, MINUTE, NOON, text
from tests.support.queries import count_queries
from tests.support.story import in_parallel, make_account, make_person

pytestmark = pytest.mark.usefixtures("clock")
sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

LESSON = {"teach": {"title": text("Send faster"), "url": "/help/faster"}}


def held(app: Flask, person: int) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(HeldBack.reason).where(HeldBack.person_id == person)))


def count(app: Flask, name: str) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).where(Event.name == name)) or 0


@sqlite
def test_a_banner_comes_as_a_prompt_in_the_readers_language(
    app: Flask, send: Any, olga: int, coming: Any
) -> None:
    publish(app, deal=offer())
    send(olga)

    english, spanish = coming(olga), coming(olga, "es")

    assert (english["kind"], english["placement"]) == ("banner", "top")
    assert english["body_html"] == "<p>Send <strong>as many</strong> as you want</p>"
    assert english["action"]["label"] == "Look at the plans"
    assert english["action"]["url"].endswith(f"/upgrade?offer={english['flow'].removeprefix('offer:')}")
    assert (spanish["title"], spanish["action"]["label"]) == ("More invoices (es)", "Ver los planes")


@sqlite
def test_a_modal_and_a_lesson(app: Flask, send: Any, olga: int, coming: Any) -> None:
    publish(app, deal=offer(channel="modal", answer=LESSON))
    send(olga)
    prompt = coming(olga)
    assert (prompt["kind"], prompt["placement"]) == ("announcement", "modal")
    assert (prompt["action"]["label"], prompt["action"]["url"]) == ("Send faster", "/help/faster")


@sqlite
def test_of_two_offers_the_more_important_one_comes_and_the_other_is_kept_with_its_reason(
    app: Flask, send: Any, olga: int, coming: Any, say: Any
) -> None:
    publish(app, small=offer(title=text("Small"), priority=10), large=offer(title=text("Large"), priority=20))
    send(olga)

    assert coming(olga)["title"] == "Large"
    assert held(app, olga) == ["priority"]
    say(olga, coming(olga), "dismiss")
    assert coming(olga) is None
    assert held(app, olga) == ["person_hour"], "the budget of this hour is spent"


@sqlite
def test_the_card_of_a_reached_limit_is_there_beside_the_banner_of_an_older_refusal(
    app: Flask, send: Any, olga: int, state: Any
) -> None:
    publish(app, deal=offer(trigger={"kind": "refused"}, priority=999))
    send(olga, "Feature Refused", source="plg", properties={"feature": "export"})
    for _ in range(5):
        send(olga)

    told = state(olga)
    assert told["offer"]["reason"] == "limit_reached"
    assert [each["title"] for each in told["prompts"]] == ["More invoices"]
    assert count(app, "Offer Shown") == 2


@sqlite
def test_what_answers_a_refusal_is_kept_back_by_no_budget(
    app: Flask, send: Any, olga: int, coming: Any
) -> None:
    set_attention(app, limits={"person": {"hour": 0}})
    publish(app, loud=offer(priority=999), deal=offer(trigger={"kind": "refused"}, title=text("You need it")))
    send(olga)
    assert coming(olga) is None
    send(olga, "Feature Refused", source="plg", properties={"feature": "export"})
    assert coming(olga)["title"] == "You need it"


@sqlite
def test_a_banner_stays_for_its_showing_then_rests_and_has_its_day_again_so_often(
    app: Flask, send: Any, olga: int, coming: Any, clock: Any
) -> None:
    publish(app, deal=offer(frequency={"rest": "1d", "times": 2}))
    send(olga)
    for passed, comes in (
        (0 * MINUTE, True),
        (29 * MINUTE, True),
        (31 * MINUTE, False),
        (23 * HOUR, False),
        (25 * HOUR, True),
        (3 * DAY, False),
    ):
        clock.move_to(NOON + passed)
        assert (coming(olga) is not None) == comes, passed
    with app.app_context():
        assert db.session.scalars(select(OfferPerson.times)).all() == [2]
        assert db.session.scalar(select(func.count()).select_from(Appearance)) == 2
    assert count(app, "Offer Shown") == 1


@sqlite
def test_later_puts_it_off_for_as_long_as_it_says(
    app: Flask, send: Any, olga: int, mario: int, coming: Any, say: Any, clock: Any
) -> None:
    publish(app, deal=offer(snooze="2h", frequency={"rest": "1m"}))
    send(olga)
    say(olga, coming(olga), "snooze")
    clock.move_to(NOON + 110 * MINUTE)
    assert coming(olga) is None
    assert coming(mario) is not None, "the others still see it"
    clock.move_to(NOON + 130 * MINUTE)
    assert coming(olga) is not None


@sqlite
def test_days_of_the_trial_are_given_once_however_often_one_asks(
    app: Flask, send: Any, acme: int, olga: int, mario: int, coming: Any, say: Any
) -> None:
    with app.app_context():
        trials.start(acme, person_id=olga, by="tests")
        db.session.commit()
    publish(app, deal=offer(channel="modal", answer={"extend": {"days": 5}}))
    send(olga)
    prompt = coming(olga)
    assert (prompt["action"]["label"], prompt["action"]["url"]) == ("Make my trial longer", None)

    for person in (olga, olga, mario):
        say(person, prompt, "complete")

    with app.app_context():
        trial = trials.of_account(acme)
        assert trial is not None and trial.ends_at is not None
        assert (trial.ends_at - NOON).days == 19
    assert coming(olga) is None
    assert count(app, "Trial Extended") == 1


@sqlite
def test_an_offer_that_is_stopped_is_taken_back(app: Flask, send: Any, olga: int, coming: Any) -> None:
    publish(app, deal=offer())
    send(olga)
    with app.app_context():
        published.stop("deal")
        db.session.commit()
    assert coming(olga) is None
    send(olga)
    assert coming(olga) is None


@sqlite
def test_who_was_made_an_offer_keeps_its_version(app: Flask, send: Any, olga: int, coming: Any) -> None:
    publish(app, deal=offer())
    send(olga)
    publish(app, deal=offer(title=text("Other words")))
    assert coming(olga)["title"] == "More invoices"


@sqlite
def test_nobody_of_another_account_can_answer_it(
    app: Flask, client: FlaskClient, headers: Any, send: Any, olga: int, coming: Any
) -> None:
    publish(app, deal=offer())
    send(olga)
    prompt = coming(olga)
    eve = make_person(app, "eve@evil.example")
    evil = make_account(app, (eve, "owner"), name="Evil")
    for verb in ("shown", "snooze", "dismiss", "complete"):
        url = f"/v1/widget/flows/{prompt['flow']}/{verb}"
        answer = client.post(url, json={}, headers=headers(eve, evil))
        assert (answer.status_code, answer.json["code"]) == (404, "offer_not_found"), verb
    assert coming(olga) == prompt


@sqlite
def test_going_to_pay_follows_the_card_that_was_seen(
    app: Flask, client: FlaskClient, headers: Any, send: Any, acme: int, olga: int, state: Callable[..., Any]
) -> None:
    publish(app, deal=offer(channel="card"))
    send(olga)
    assert state(olga)["offer"]["plan"]["key"] == "pro"
    client.post("/v1/widget/checkout", json={"plan": "max"}, headers=headers(olga, acme))
    assert count(app, "Offer Clicked") == 0
    with app.app_context():
        from plg.offers import answering

        answering.click_plan(acme, olga, "pro")
        answering.click_plan(acme, olga, "pro")
        db.session.commit()
    assert count(app, "Offer Clicked") == 1


@sqlite
def test_the_state_is_one_query_however_many_offers_there_are(
    app: Flask, send: Any, acme: int, olga: int, coming: Any
) -> None:
    publish(app, **{f"deal{number}": offer(priority=number) for number in range(8)})
    send(olga)
    assert coming(olga) is not None
    caller = Caller("user", person_id=olga, account_id=acme, role="owner")
    with app.test_request_context():
        widget_state(caller, "en")
        with count_queries(db.engine) as queries:
            widget_state(caller, "en")
        assert queries.count == 1, queries


def test_two_tabs_at_once_are_one_showing_and_one_exposure(
    app: Flask, send: Any, acme: int, olga: int, mario: int
) -> None:
    publish(app, deal=offer(holdout=1))
    send(olga)

    def look(number: int) -> Any:
        person = (olga, mario)[number % 2]
        caller = Caller("user", person_id=person, account_id=acme, role="member")
        with app.test_request_context():
            return widget_state(caller, "en")["prompts"][0]["flow"]

    flows = in_parallel(app, 6, look)

    assert len(set(map(str, flows))) == 1, flows
    with app.app_context():
        assert sorted(db.session.execute(select(OfferPerson.person_id, OfferPerson.times)).all()) == [
            (olga, 1),
            (mario, 1),
        ]
        assert db.session.scalar(select(func.count()).select_from(OfferExposure)) == 1
        assert db.session.scalar(select(func.count()).select_from(Appearance)) == 2
        assert db.session.scalars(select(Offer.status)).all() == ["open"]
    assert count(app, "Experiment Exposed") == 1
    assert count(app, "Offer Shown") == 2
    assert now() == NOON


@sqlite
def test_an_offer_that_nobody_took_before_the_trial_ended_is_over_and_not_accepted(
    app: Flask, send: Any, worker: Any, acme: int, olga: int, coming: Any, say: Any, clock: Any
) -> None:
    with app.app_context():
        trials.start(acme, person_id=olga, by="tests")
        db.session.commit()
    worker()
    give = {"extend": {"days": 5}}
    publish(app, deal=offer(channel="modal", answer=give, frequency={"every": "1d"}), sell=offer(priority=1))
    send(olga)
    with app.app_context():
        trials.stop(acme, reason="tests", by="tests")
        db.session.commit()
    worker()
    assert coming(olga) is None
    with app.app_context():
        assert set(db.session.scalars(select(Offer.status))) == {"over"}
    clock.move_to(NOON + 2 * DAY)
    send(olga)
    with app.app_context():
        assignments.assign(acme, "pro", source="subscription", by="tests")
        db.session.commit()
    worker()
    with app.app_context():
        sold = select(Offer.status).where(Offer.key == "sell").order_by(Offer.id)
        assert db.session.scalars(sold).all() == ["over"], "it comes again after 30 days"
