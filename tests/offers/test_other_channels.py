"""Offers by mail and on the page of plans, and the lesson of a course that a wing knows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from plg import product_folder
from plg.attention.models import Appearance, HeldBack
from plg.billing import checkouts
from plg.events.models import Event
from plg.kit.db import db
from plg.messaging.models import OutgoingMail
from plg.offers.models import Offer, OfferExposure, OfferPerson
from plg.people import people
from plg.trials import trials
from tests.attention.test_attention import publish as set_attention
from tests.offers.conftest import offer, publish
from tests.onboarding_flows.conftest import NOON, text
from tests.support.story import make_account, make_person
from tests.upgrades.test_asking import as_person, mails

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("clock"),
]
FOLDER = Path(__file__).resolve().parents[2] / "plg" / "demo" / "product_folder"


def count(app: Flask, what: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(what)) or 0


def test_an_offer_by_mail_reaches_who_may_buy_once_in_their_language(
    app: Flask, send: Any, olga: int, mario: int
) -> None:
    with app.app_context():
        people.get(olga).locale = "es"
        db.session.commit()
    code = {"upgrade": {"plan": "pro", "code": "HOLA20"}}
    publish(app, deal=offer(channel="email", answer=code, label=text("Take it")))
    send(mario)
    send(mario)

    (mail,) = mails(app)
    assert (mail.template, mail.subject) == ("offer", "More invoices (es)")
    for told in (
        "Send as many as you want (es)",
        "Tu código al pagar: HOLA20",
        "Take it (es)",
        "/upgrade?offer=off_",
    ):
        assert told in mail.text, mail.text
    assert "<strong>as many</strong>" in mail.html
    assert mails(app, "mario@acme.example") == []
    with app.app_context():
        assert db.session.scalars(select(OfferPerson.person_id)).all() == [olga]
        assert db.session.scalars(select(Appearance.person_id)).all() == [olga]
        assert db.session.scalars(select(OfferExposure.variant)).all() == ["all"]


def test_a_mail_goes_to_the_audience_as_far_as_their_attention_allows(
    app: Flask, send: Any, olga: int, mario: int
) -> None:
    set_attention(app, limits={"person": {"hour": 0}})
    publish(app, deal=offer(channel="email", audience={"field": "account.role", "eq": "member"}))
    send(olga)
    assert count(app, OutgoingMail) == 0
    with app.app_context():
        held = db.session.execute(select(HeldBack.person_id, HeldBack.reason)).all()
    assert held == [(mario, "person_hour")]


def test_who_is_held_out_is_written_to_by_nobody(app: Flask, send: Any, olga: int) -> None:
    publish(app, deal=offer(channel="email", holdout=99))
    send(olga)
    assert count(app, OutgoingMail) == 0
    with app.app_context():
        assert db.session.scalars(select(OfferExposure.variant)).all() == ["holdout"]


def test_an_offer_of_the_page_is_there_for_who_comes_and_spends_no_attention(
    app: Flask, send: Any, olga: int, coming: Any
) -> None:
    publish(app, deal=offer(channel="page", title=text("A deal")))
    send(olga)
    assert coming(olga) is None
    who = as_person(app, olga)
    for _ in range(2):
        assert "A deal" in who.read("/upgrade").text
    assert "A deal (es)" in as_person(app, olga, "es").read("/upgrade").text
    assert (count(app, Appearance), count(app, OfferExposure)) == (0, 1)


def test_the_code_of_an_offer_is_filled_in_at_the_checkout_of_its_plan_only(
    app: Flask, send: Any, olga: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(app, deal=offer(channel="page", answer={"upgrade": {"plan": "pro", "code": "HALF"}}))
    send(olga)
    asked: list[str | None] = []
    monkeypatch.setattr(checkouts, "open_for", lambda *_, **options: asked.append(options["code"]) or "/paid")
    who = as_person(app, olga)
    page = who.read("/upgrade").text
    made = re.findall(r'name="offer" value="(off_\w+)"', page)

    assert "Your code HALF is filled in at the checkout." in page and len(made) == 1
    for named in (made[0], "", "off_of_others"):
        who.submit("/upgrade/checkout", seen_on="/upgrade", plan="pro", offer=named)
    assert asked == ["HALF", None, None]


def test_following_a_mail_shows_the_offer_and_counts_once(app: Flask, send: Any, olga: int) -> None:
    publish(app, deal=offer(channel="email"))
    send(olga)
    with app.app_context():
        made = db.session.scalars(select(Offer.public_id)).one()
    who = as_person(app, olga)
    for _ in range(2):
        assert "More invoices" in who.read(f"/upgrade?offer={made}").text
    with app.app_context():
        clicked = select(func.count()).where(Event.name == "Offer Clicked")
        assert db.session.scalar(clicked) == 1
    eve = make_person(app, "eve@evil.example")
    make_account(app, (eve, "owner"), name="Evil")
    stranger = as_person(app, eve)
    assert "More invoices" not in stranger.read(f"/upgrade?offer={made}").text
    assert stranger.submit(f"/upgrade/offers/{made}/take", seen_on="/upgrade").status_code == 404


def test_days_of_the_trial_are_taken_on_the_page(app: Flask, send: Any, acme: int, olga: int) -> None:
    with app.app_context():
        trials.start(acme, person_id=olga, by="tests")
        db.session.commit()
    publish(app, deal=offer(channel="page", answer={"extend": {"days": 3}}))
    send(olga)
    with app.app_context():
        made = db.session.scalars(select(Offer.public_id)).one()
    who = as_person(app, olga)
    for _ in range(2):
        who.submit(f"/upgrade/offers/{made}/take", seen_on="/upgrade")
    with app.app_context():
        trial = trials.of_account(acme)
        assert trial is not None and trial.ends_at is not None and (trial.ends_at - NOON).days == 17


def test_a_lesson_is_found_by_the_key_of_its_course(app: Flask, send: Any, olga: int, coming: Any) -> None:
    with app.app_context():
        product_folder.apply(app, FOLDER, prune=False, by="tests")
        db.session.commit()
    lesson = {"teach": {"title": text("Learn it"), "course": "facturo-essentials"}}
    nowhere = {"teach": {"title": text("Learn it"), "course": "no-such-course"}}
    publish(app, deal=offer(answer=lesson), other=offer(answer=nowhere, priority=999))
    send(olga)
    prompt = coming(olga)
    assert prompt["action"]["label"] == "Learn it"
    assert prompt["action"]["url"].endswith("/academy/facturo-essentials")
