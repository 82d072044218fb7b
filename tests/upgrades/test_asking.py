"""Ask my boss: requests of an account gather; who may buy is written to once, sees an exact price, answers once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from plg.accounts import accounts
from plg.kit.clock import now
from plg.kit.db import db
from plg.messaging.models import OutgoingMail
from plg.people import people
from plg.plans import assignments
from plg.upgrades import cases, requests
from plg.upgrades.models import UpgradeCase, UpgradeRequest
from tests.onboarding_flows.conftest import DAY, NOON, clock
from tests.support.story import PLANS, happened, in_parallel, make_account, make_person, publish_plans
from tests.support.visitors import sign_in
from tests.web.visits import Visitor

__all__ = ["clock"]

sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def team(app: Flask) -> dict[str, int]:
    publish_plans(app)
    return {
        name: make_person(app, f"{name}@acme.example", name.title()) for name in ("olga", "mario", "lucia")
    }


@pytest.fixture
def acme(app: Flask, team: dict[str, int]) -> int:
    roles = {"olga": "owner", "mario": "member", "lucia": "member"}
    return make_account(app, *((team[name], role) for name, role in roles.items()), key="acme")


def ask(app: Flask, account: int, person: int, **values: str) -> None:
    with app.app_context():
        requests.send(account, **({"feature": "invoices", "note": ""} | values), by=person)
        db.session.commit()


def as_person(app: Flask, person: int, language: str = "en") -> Visitor:
    who = Visitor(app.test_client(), language)
    sign_in(who.client, person_id=person)
    return who


def mails(app: Flask, to: str = "olga@acme.example") -> list[OutgoingMail]:
    with app.app_context():
        query = select(OutgoingMail).where(OutgoingMail.email == to).order_by(OutgoingMail.id)
        return list(db.session.scalars(query))


def link(app: Flask) -> str:
    found = re.search(r"https?://[^/]+(/upgrade/asked/\S+)", mails(app)[-1].text)
    assert found is not None
    return found[1]


@sqlite
def test_requests_of_an_account_gather_and_the_owner_gets_one_mail(
    app: Flask, acme: int, team: dict[str, int], worker: Any
) -> None:
    happened(app, "Invoice Sent", times=5, account_id=acme, person_id=team["mario"])
    worker()
    ask(app, acme, team["mario"], note="Twenty this week")
    ask(app, acme, team["lucia"], feature="export")

    (mail,) = mails(app)
    assert "$29 a month" in mail.text and "Twenty this week" in mail.text

    page = as_person(app, team["olga"]).read(link(app)).text

    for told in (
        "Mario",
        "Lucia",
        "Invoices",
        "5 of 5",
        "Export",
        "Twenty this week",
        "$29.00",
        "holds until",
    ):
        assert told in page, told


@sqlite
def test_the_mail_and_the_page_are_in_the_readers_language(
    app: Flask, acme: int, team: dict[str, int]
) -> None:
    with app.app_context():
        people.get(team["olga"]).locale = "es"
        db.session.commit()
    ask(app, acme, team["mario"])
    (mail,) = mails(app)
    assert "Con Pro se resuelve" in mail.text and "Este precio vale hasta" in mail.html
    assert "Tu equipo pide mejorar el plan" in as_person(app, team["olga"], "es").read(link(app)).text


@sqlite
def test_the_link_asks_for_sign_in_and_for_the_right_to_buy(
    app: Flask, acme: int, team: dict[str, int]
) -> None:
    ask(app, acme, team["mario"])
    path = link(app)
    assert "/login" in Visitor(app.test_client()).read(path).headers["Location"]
    assert as_person(app, team["mario"]).read(path).status_code == 403
    stranger = make_person(app, "eve@evil.example")
    make_account(app, (stranger, "owner"), name="Evil")
    eve = as_person(app, stranger)
    assert eve.read(path).status_code == 403
    for verb in ("approve", "decline"):
        assert eve.submit(f"{path}/{verb}", seen_on="/upgrade").status_code == 403
    with app.app_context():
        assert db.session.scalars(select(UpgradeCase.status)).all() == ["open"]


@sqlite
def test_a_link_that_is_too_old_or_changed_leads_to_nothing(
    app: Flask, acme: int, team: dict[str, int], clock: Any
) -> None:
    ask(app, acme, team["mario"])
    path, olga = link(app), as_person(app, team["olga"])
    assert olga.read(path[:-1] + ("a" if path[-1] != "a" else "b")).status_code == 404
    clock.move_to(NOON + 15 * DAY)
    olga = as_person(app, team["olga"])
    late = olga.read(path)
    assert (late.status_code, "This link is too old" in late.text) == (404, True)
    fresh = re.search(r'href="(/upgrade/asked/[^"]+)"', olga.read("/upgrade").text)
    assert fresh is not None
    assert "This price has expired" in olga.read(fresh[1]).text


@sqlite
def test_a_price_that_expired_or_changed_is_shown_anew_before_anybody_pays(
    app: Flask, acme: int, team: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []
    monkeypatch.setattr(
        "plg.billing.checkouts.open_for", lambda *_, **told: opened.append(told["interval"]) or "/pay"
    )
    ask(app, acme, team["mario"])
    path, olga = link(app), as_person(app, team["olga"])
    prices = [{"amount": 3900, "currency": "usd", "interval": "month"}]
    dearer = PLANS["plans"]["pro"] | {"prices": prices}
    publish_plans(app, PLANS | {"plans": PLANS["plans"] | {"pro": dearer}})

    olga.submit(f"{path}/approve", seen_on=path)

    assert opened == []
    page = olga.read(path).text
    assert "The price is new, and nothing was charged" in page and "$39.00" in page
    olga.submit(f"{path}/approve", seen_on=path)
    assert opened == ["month"]


@sqlite
def test_a_no_has_its_reason_and_reaches_whoever_asked_once(
    app: Flask, acme: int, team: dict[str, int]
) -> None:
    ask(app, acme, team["mario"])
    ask(app, acme, team["lucia"])
    path, olga = link(app), as_person(app, team["olga"])
    for _ in range(2):
        olga.submit(f"{path}/decline", seen_on="/upgrade", answer="Not before June.")

    for name in ("mario", "lucia"):
        (mail,) = mails(app, f"{name}@acme.example")
        assert "Not before June." in mail.text
        assert "Not before June." in as_person(app, team[name]).read("/upgrade").text
    assert "Tu solicitud se ha rechazado." in as_person(app, team["mario"], "es").read("/upgrade").text
    assert "This was declined" in olga.read(path).text


@sqlite
def test_after_a_no_nobody_is_written_to_again_for_a_while(
    app: Flask, acme: int, team: dict[str, int], clock: Any
) -> None:
    ask(app, acme, team["mario"])
    with app.app_context():
        requests.decline_all(acme, answer="", by=team["olga"])
        db.session.commit()
    ask(app, acme, team["mario"], note="Please")
    assert len(mails(app)) == 1
    assert "Please" in as_person(app, team["olga"]).read("/upgrade").text
    with app.app_context():
        requests.decline_all(acme, answer="", by=team["olga"])
        db.session.commit()
    clock.move_to(NOON + 8 * DAY)
    ask(app, acme, team["mario"])
    assert len(mails(app)) == 2


@sqlite
def test_the_last_single_no_closes_the_case(app: Flask, acme: int, team: dict[str, int]) -> None:
    for name in ("mario", "lucia"):
        ask(app, acme, team[name])
    with app.app_context():
        statuses = []
        for request in db.session.scalars(select(UpgradeRequest).order_by(UpgradeRequest.id)).all():
            requests.decline(request.public_id, account_id=acme, answer="No", by=team["olga"])
            db.session.commit()
            statuses.append(db.session.scalars(select(UpgradeCase.status)).one())
    assert statuses == ["open", "declined"]


@sqlite
def test_the_price_is_of_the_plan_that_gives_all_that_was_blocked(
    app: Flask, acme: int, team: dict[str, int]
) -> None:
    small = {"name": {"en": "Small"}, "prices": [{"amount": 900, "currency": "usd", "interval": "month"}]}
    small["features"] = {"invoices": 50, "export": False}
    plans = PLANS | {"order": ["free", "trial", "small", "pro"], "plans": PLANS["plans"] | {"small": small}}
    publish_plans(app, plans)
    ask(app, acme, team["mario"])
    with app.app_context():
        assert db.session.scalars(select(UpgradeCase.plan_key)).one() == "small"
    ask(app, acme, team["lucia"], feature="export")
    with app.app_context():
        assert db.session.scalars(select(UpgradeCase.plan_key)).one() == "pro"


def test_members_who_ask_at_once_make_one_case_and_one_mail(
    app: Flask, acme: int, team: dict[str, int]
) -> None:
    members = [team["mario"], team["lucia"]] * 3
    made = in_parallel(app, 6, lambda i: requests.send(acme, feature="invoices", note="", by=members[i]))
    assert not [each for each in made if isinstance(each, Exception)]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(UpgradeCase)) == 1
        assert db.session.scalar(select(func.count()).select_from(UpgradeRequest)) == 2
    assert len(mails(app)) == 1


@sqlite
def test_a_paid_plan_approves_the_case_and_tells_everybody(
    app: Flask, acme: int, team: dict[str, int], worker: Any
) -> None:
    for name in ("mario", "lucia"):
        ask(app, acme, team[name])
    with app.app_context():
        assignments.assign(acme, "pro", source="subscription", by="tests", person_id=team["olga"])
        db.session.commit()
    worker()
    with app.app_context():
        case = db.session.scalars(select(UpgradeCase)).one()
        assert (case.status, cases.open_of(acme), accounts.get(acme).deleted_at) == ("approved", None, None)
        assert case.closed_at is not None and case.closed_at <= now()
    for name in ("mario", "lucia"):
        assert [mail.template for mail in mails(app, f"{name}@acme.example")] == ["upgrade-decided"]
        assert "approved" in as_person(app, team[name]).read("/upgrade").text
