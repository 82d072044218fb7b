"""A real browser: a member asks, the owner signs in by the mail's link, approves, pays, and the member is told."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from plg.access import sessions
from plg.accounts import memberships
from plg.kit.db import db
from plg.messaging.models import OutgoingMail
from plg.people import people
from plg.trials import trials
from plg.upgrades import receipt_config, requests
from tests.offers.test_browser import picture
from tests.support.browser import DESKTOP, PHONE
from tests.support.story import happened, make_person

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def signed_in(shop: Any, page: Any, person: int) -> Any:
    with shop.app.app_context():
        people.get(person).locale = page.evaluate("navigator.language")[:2]
        token = sessions.begin(person_id=person)
        db.session.commit()
    signer = shop.app.session_interface.get_signing_serializer(shop.app)
    cookie = {
        "name": "plg_session",
        "value": signer.dumps({"_user_id": token, "_fresh": True}),
        "url": shop.url,
    }
    page.context.add_cookies([cookie])
    return page


def asked(shop: Any) -> str:
    """A member has asked; where the mail's link leads."""
    mario = make_person(shop.app, "mario@acme.example", "Mario Ríos")
    happened(shop.app, "Invoice Sent", times=3, account_id=shop.account, person_id=mario)
    with shop.app.app_context():
        memberships.add(shop.account, mario, "member", by="tests")
        requests.send(shop.account, feature="invoices", note="Tenemos veinte facturas esta semana.", by=mario)
        db.session.commit()
        mail = db.session.scalars(
            select(OutgoingMail).where(OutgoingMail.template == "upgrade-request")
        ).one()
    found = re.search(r"https?://[^/]+(/upgrade/asked/\S+)", mail.text)
    assert found is not None
    return str(shop.url + found[1])


@pytest.mark.parametrize("page", [("en", DESKTOP)], indirect=True)
def test_the_owner_approves_in_one_click_pays_and_everybody_is_told(
    shop: Any, page: Any, assert_accessible: Any
) -> None:
    address = asked(shop)
    page.goto(address)
    expect(page).to_have_url(re.compile("/login"))
    signed_in(shop, page, shop.owner).goto(address)
    expect(page.locator("main")).to_contain_text("Mario Ríos")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(page, "case-en")
    page.get_by_role("button", name="Approve and pay").click()
    page.locator("button[value=pay]").click()
    expect(page).to_have_url(re.compile("/workspace"))
    shop.stripe.settle()
    shop.process()
    assert shop.plan() == ("pro", "subscription")
    assert shop.happened("Upgrade Requested") == shop.happened("Upgrade Requested")[:1]


@pytest.mark.parametrize("page", [("es", PHONE)], indirect=True)
def test_the_owner_declines_on_a_phone_with_a_reason(shop: Any, page: Any, assert_accessible: Any) -> None:
    address = asked(shop)
    signed_in(shop, page, shop.owner).goto(address)
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(page, "case-es")
    page.get_by_label("Tu motivo").fill("En junio lo vemos.")
    page.get_by_role("button", name="Rechazar").click()
    expect(page.get_by_role("status").first).to_contain_text("Rechazad")
    assert_accessible(page)
    assert shop.plan()[0] == "free"
    with shop.app.app_context():
        told = select(OutgoingMail.text).where(OutgoingMail.template == "upgrade-decided")
        assert "En junio lo vemos." in db.session.scalars(told).one()


@pytest.mark.parametrize("page", [("en", DESKTOP), ("es", PHONE)], indirect=True)
def test_what_a_trial_was_worth_is_a_page_that_fits_the_screen(
    shop: Any, page: Any, assert_accessible: Any
) -> None:
    name = {"es": "Facturas enviadas", "en": "Invoices sent"}
    deed = {"event": "Invoice Sent", "name": name, "minutes": 25, "amount": 0, "currency": "usd"}
    with shop.app.app_context():
        receipt_config.section.publish("receipt", {"mail": True, "deeds": [deed]}, "tests")
        trials.start(shop.account, person_id=shop.owner, by="tests")
        db.session.commit()
    happened(shop.app, "Invoice Sent", times=7, account_id=shop.account, person_id=shop.owner)
    signed_in(shop, page, shop.owner).goto(f"{shop.url}/upgrade/receipt")
    expect(page.locator("main")).to_contain_text("$29" if page.viewport_size["width"] > 500 else "29")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(page, f"receipt-{page.evaluate('navigator.language')[:2]}")
