"""Staff see what runs and what it brought, write offers in a form or as text, stop them, and are told why."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from plg.access import credentials
from plg.accounts.models import Account
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db
from plg.offers import published, report
from plg.offers.models import OfferExposure
from tests.offers.conftest import offer, publish
from tests.onboarding_flows.conftest import text

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def staff(app: Flask, client: Any, sign_in: Any) -> Any:
    with app.app_context():
        row = credentials.add_staff("staff@example.com", "Sam", "a long enough passphrase", "en")
        db.session.commit()
    csrf = sign_in(client, staff_id=row.id)

    def post(path: str, **fields: str) -> Any:
        return client.post(path, data={"csrf_token": csrf, **fields}, follow_redirects=True)

    return post


def met(app: Flask, arm: str, count: int, upgraded: int, days: int = 30) -> None:
    """So many accounts met the offer, so many days ago, and the first of them upgraded the day after."""
    with app.app_context():
        version, at = published.live()["deal"].id, now() - dt.timedelta(days=days)
        accounts = [Account(public_id=f"acct_{arm}{n:018}", name=arm, created_at=at) for n in range(count)]
        db.session.add_all(accounts)
        db.session.flush()
        exposed = {"key": "deal", "variant": arm, "version_id": version, "exposed_at": at}
        db.session.add_all(OfferExposure(account_id=each.id, **exposed) for each in accounts)
        later = at + dt.timedelta(days=1)
        log.store(
            [
                log.own(names.SUBSCRIPTION_STARTED, account_id=each.id, occurred_at=later)
                for each in accounts[:upgraded]
            ]
        )
        db.session.commit()


def test_the_report_tells_the_lift_against_the_holdout_with_its_interval(
    app: Flask, client: Any, staff: Any, olga: int
) -> None:
    publish(app, deal=offer(holdout=30, variants=[{"key": "a"}, {"key": "b"}]))
    met(app, "holdout", 200, 10)
    met(app, "a", 200, 60)
    met(app, "b", 12, 3)
    met(app, "c", 4, 4)
    with app.app_context():
        arms = {arm.key: arm for arm in report.of_offer("deal").arms}
    assert list(arms) == ["holdout", "a", "b", "c"], "an arm of an earlier version is told, too"
    assert arms["a"].told.difference is not None and arms["a"].told.lift is not None
    assert arms["a"].told.difference.value == pytest.approx(0.25)
    assert arms["a"].told.difference.low > 0.17
    assert arms["a"].told.lift.value == pytest.approx(5)
    assert (arms["b"].told.difference, arms["b"].told.missing) == (None, 18)

    page = client.get("/staff/offers/deal").get_data(as_text=True)

    assert "25" in page and "better" in page
    assert "too little data: about 18 more workspaces in each" in page
    spanish = client.get("/staff/offers/deal?lang=es").get_data(as_text=True)
    assert "faltan datos" in spanish and "cuenta durante 14 días" in spanish


def test_whose_window_is_not_over_are_told_and_not_judged(app: Flask, olga: int) -> None:
    publish(app, deal=offer(window="20d"))
    met(app, "all", 50, 20, days=10)
    with app.app_context():
        (arm,) = report.of_offer("deal").arms
    assert (arm.met, arm.upgraded, arm.of.of, arm.told.share) == (50, 20, 0, None)


def test_an_upgrade_after_the_window_is_not_the_offers(app: Flask, olga: int) -> None:
    publish(app, deal=offer(window="12h"))
    met(app, "all", 50, 20, days=10)
    with app.app_context():
        (arm,) = report.of_offer("deal").arms
    assert (arm.upgraded, arm.of.count, arm.of.of) == (0, 0, 50)


def test_the_api_tells_the_same(
    app: Flask, client: Any, secret_key: str, send: Any, olga: int, coming: Any
) -> None:
    publish(app, deal=offer(holdout=1))
    send(olga)
    assert coming(olga) is not None
    headers = {"Authorization": f"Bearer {secret_key}"}
    (one,) = client.get("/v1/offers", headers=headers).json["offers"]
    assert (one["offer"], one["state"], one["shown"], one["met"]) == ("deal", "running", 1, 1)
    told = client.get("/v1/offers/deal/report", headers=headers).json
    assert [(arm["variant"], arm["met"], arm["shown"]) for arm in told["arms"]] == [
        ("holdout", 0, 0),
        ("all", 1, 1),
    ]
    assert client.get("/v1/offers/none/report", headers=headers).json["code"] == "offer_not_found"


def test_an_offer_is_written_as_text_reviewed_and_published(app: Flask, client: Any, staff: Any) -> None:
    starter = client.get("/staff/offers/new_offer").get_data(as_text=True)
    yaml = re.search(r"<textarea[^>]*>(.*?)</textarea>", starter, re.S)
    assert yaml is not None
    page = staff("/staff/offers/review_offer", key="my-deal", text=yaml[1]).get_data(as_text=True)
    assert "+ trigger:" in page
    staff("/staff/offers/publish_offer", key="my-deal", text=_hidden(page))
    with app.app_context():
        assert published.live()["my-deal"].version == 1
    assert "Te acercas a tu límite" in client.get("/staff/offers?lang=es").get_data(as_text=True)


def test_every_fault_is_named_and_nothing_is_published(app: Flask, staff: Any) -> None:
    answer = staff("/staff/offers/review_offer", key="Bad Key", text="trigger: {kind: nope}\ntitle: {en: a}")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for place in ("trigger", "title.es", "body", "Bad Key"):
        assert f"<code>{place}</code>" in page, place
    assert staff("/staff/offers/publish_offer", key="deal", text="{}").status_code == 422
    assert staff("/staff/offers/review_offer", key="deal", text="a: [").status_code == 422
    with app.app_context():
        assert published.live() == {}


def test_the_form_changes_what_it_shows_and_keeps_the_rest(app: Flask, client: Any, staff: Any) -> None:
    publish(app, deal=offer(audience={"field": "account.role", "eq": "owner"}, variants=[{"key": "a"}]))
    shown = client.get("/staff/offers/deal/edit").get_data(as_text=True)
    assert 'value="More invoices"' in shown
    fields = {"title_es": "Más", "title_en": "More", "body_es": "b", "body_en": "b", "channel": "modal"}
    page = staff("/staff/offers/review_offer", key="deal", priority="300", holdout="", **fields)
    told = page.get_data(as_text=True)
    assert "+ priority: 300" in told and "− channel: banner" in told
    staff("/staff/offers/publish_offer", key="deal", text=_hidden(told))
    with app.app_context():
        version = published.live()["deal"]
        assert (version.version, version.offer.priority, version.offer.channel) == (2, 300, "modal")
        assert version.offer.audience is not None and len(version.offer.variants) == 1
    wrong = staff("/staff/offers/review_offer", key="deal", priority="much", **fields)
    assert (wrong.status_code, "<code>priority</code>" in wrong.get_data(as_text=True)) == (422, True)


def test_a_stopped_offer_is_shown_as_such(app: Flask, client: Any, staff: Any) -> None:
    publish(app, deal=offer())
    assert "The offer is stopped" in staff("/staff/offers/deal/stop").get_data(as_text=True)
    assert "Stopped" in client.get("/staff/offers").get_data(as_text=True)
    assert staff("/staff/offers/deal/stop").status_code == 404
    with app.app_context():
        assert published.live() == {}
        assert db.session.scalars(select(OfferExposure.key)).all() == []


def test_staff_read_why_somebody_sees_it(
    app: Flask, client: Any, staff: Any, send: Any, olga: int, coming: Any
) -> None:
    publish(app, deal=offer(audience={"field": "account.role", "eq": "owner"}, title=text("A deal")))
    send(olga, properties={"amount": 40})
    coming(olga)
    page = client.get("/staff/offers/deal/why?person=olga@acme.example").get_data(as_text=True)
    assert "It comes up for this person now." in page
    assert "account.role" in page and "Invoice Sent" in page
    member = client.get("/staff/offers/deal/why?person=mario@acme.example&lang=es").get_data(as_text=True)
    assert "Ahora no le aparece" in member
    assert "Olga" not in client.get("/staff/offers/deal/why?person=nobody@x.example").get_data(as_text=True)


def _hidden(page: str) -> str:
    from html import unescape

    found = re.search(r'name="text" value="(.*?)">', page, re.S)
    assert found is not None
    return unescape(found[1])
