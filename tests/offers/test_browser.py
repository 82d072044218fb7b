"""Offers in real browsers: what staff write, and what comes up on a page of the product."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, Response
from playwright.sync_api import expect
from sqlalchemy import select

from plg.access import keys, user_tokens
from plg.accounts import accounts
from plg.kit.db import db
from plg.offers import raising
from plg.offers.models import OfferPerson
from plg.offers.raising import Occasion
from tests.offers.conftest import TRIAL_PLANS, offer, publish
from tests.support.browser import DESKTOP, PHONE
from tests.support.live_server import live_server
from tests.support.story import publish_plans
from tests.support.visitors import Customer, a_customer, visitor

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

PICTURES = os.environ.get("PLG_TEST_PICTURES", "")


@pytest.fixture
def ours(live_app: Any) -> Customer:
    """A customer who was made the offers."""
    app = live_app.app
    publish_plans(app, TRIAL_PLANS)
    with app.app_context():
        customer = a_customer("ours", "Our Own Company")
        db.session.commit()
    words = {
        "title": {"es": "Envía sin límite", "en": "Send without limit"},
        "body": {
            "es": "Con **Pro** envías las que quieras.",
            "en": "With **Pro** you send as many as you want.",
        },
    }
    variants = [{"key": "plain"}, {"key": "short", "title": {"es": "Sin límite", "en": "No limit"}}]
    role = {"all": [{"field": "account.role", "in": ["owner", "admin"]}]}
    publish(app, deal=offer(**words, audience=role, holdout=0, variants=variants[:1]))
    publish(app, later=offer(**words, starts_at="2099-01-01", channel="modal", holdout=10, variants=variants))
    return customer


def raise_offer(app: Flask, customer: Customer) -> None:
    from plg.kit.clock import now
    from plg.offers import published

    with app.app_context():
        assert raising.consider(published.live()["deal"], Occasion(customer.account_id), now()) is None
        db.session.commit()


@pytest.fixture
def cookie(live_app: Any, ours: Customer) -> Any:
    staff = visitor(live_app.app, "staff", ours)
    found = staff.client.get_cookie("plg_session")
    assert found is not None
    return {"name": "plg_session", "value": found.value, "url": live_app.url}


@pytest.mark.parametrize(("locale", "viewport"), [("en", DESKTOP), ("es", PHONE)])
def test_the_pages_of_staff_are_accessible_and_fit_the_screen(
    live_app: Any,
    ours: Customer,
    cookie: Any,
    open_page: Any,
    assert_accessible: Any,
    locale: str,
    viewport: tuple[int, int],
) -> None:
    raise_offer(live_app.app, ours)
    page = open_page(locale, viewport)
    page.context.add_cookies([cookie])
    for name, path in {
        "list": "",
        "show": "/later",
        "why": "/deal/why?person=ours",
        "form": "/later/edit",
        "text": "/new_offer",
    }.items():
        page.goto(f"{live_app.url}/staff/offers{path}")
        assert page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        ), path
        assert_accessible(page)
        picture(page, f"offers-{name}-{locale}")
    page.goto(f"{live_app.url}/staff/offers/later/edit")
    page.locator("[name=title_en]").fill("Send for ever")
    page.locator("main form .actions button").click()
    expect(page.locator(".text-diff .add").first).to_be_visible()
    assert_accessible(page)
    picture(page, f"offers-review-{locale}")


@pytest.fixture
def product(live_app: Any, ours: Customer) -> Iterator[str]:
    """A page of the product with the widget of the customer's owner."""
    with live_app.app.app_context():
        _, key = keys.create("publishable", "tests", by="tests")
        token = user_tokens.sign("ours", accounts.get(ours.account_id).public_id)
        db.session.commit()
    host = Flask("host")
    data = f'data-key="{key}" data-token="{token}" data-locale="es"'
    script = f'<script src="{live_app.url}/plg.js" {data} defer></script>'

    @host.get("/")
    def home() -> Response:
        return Response(
            f"<!doctype html><html lang=es><head><title>Producto</title>{script}</head>"
            "<body><main><h1>Facturas</h1><plg-upgrade></plg-upgrade></main></body></html>"
        )

    with live_server(host) as url:
        yield url


def test_a_banner_comes_up_once_raised_and_later_puts_it_off(
    live_app: Any, ours: Customer, product: str, open_page: Any, assert_accessible: Any
) -> None:
    raise_offer(live_app.app, ours)
    page = open_page("es", PHONE)
    page.goto(product)
    banner = page.get_by_role("region", name="Envía sin límite")
    expect(banner).to_be_visible()
    expect(banner.get_by_role("link", name="Ver los planes")).to_have_attribute(
        "href", lambda_like(f"{live_app.url}/upgrade?offer=off_")
    )
    picture(page, "offer-banner-es")
    page.get_by_role("button", name="Más tarde").click()
    expect(banner).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", name="Facturas")).to_be_visible()
    page.wait_for_timeout(300)
    expect(banner).to_have_count(0)
    with live_app.app.app_context():
        mine = db.session.scalars(select(OfferPerson)).one()
        assert mine.times == 1 and mine.snoozed_until is not None


def lambda_like(start: str) -> Any:
    import re

    return re.compile(re.escape(start))


def picture(page: Any, name: str) -> None:
    """Keep a picture of the page where somebody wants to look at it."""
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)
