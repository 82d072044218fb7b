"""The whole way: the product's server tells what happened, and the widget on its page ticks the step."""

from __future__ import annotations

import time

import requests
from flask import Flask
from playwright.sync_api import Page, expect

from plg.access import keys, user_tokens
from plg.kit.db import db
from tests.conftest import LiveApp
from tests.onboarding_flows.conftest import flow, publish, step, text
from tests.support.live_server import live_server
from tests.widget.fake_plg import product_app

AT_ONCE = 20.0  # seconds; how fast is measured by `python -m tests.bench stream`, a busy machine may be slow


def key_and_tokens(app: Flask, *people: str) -> tuple[str, list[str]]:
    with app.app_context():
        _, key = keys.create("publishable", "tests", by="tests")
        signed = [user_tokens.sign(each, "acme", name=each.title(), role="owner") for each in people]
        db.session.commit()
    return key, signed


def tell(live_app: LiveApp, key: str, event: str) -> None:
    told = {"userId": "luis", "event": event, "context": {"groupId": "acme"}, "writeKey": key}
    assert requests.post(f"{live_app.url}/v1/track", json=told, timeout=20).status_code == 200


def test_what_the_server_is_told_ticks_at_once(live_app: LiveApp, page: Page) -> None:
    names = [f"event-{i}" for i in range(5)]
    publish(live_app.app, flow("getting-started", *(step(name, name) for name in names)))
    key, (ana,) = key_and_tokens(live_app.app, "ana")
    seconds = []
    with live_server(product_app(live_app.url, key)) as product:
        page.goto(f"{product}/?token={ana}")
        page.locator("plg-checklist #launch").click()
        for number, name in enumerate(names, start=1):
            expect(page.locator("plg-checklist li.done")).to_have_count(number - 1)
            tell(live_app, key, name)
            told = time.monotonic()
            expect(page.locator("plg-checklist li.done")).to_have_count(number)
            seconds.append(time.monotonic() - told)
    assert min(seconds) < AT_ONCE, seconds


def test_colleagues_share_a_checklist_and_see_who_did_what(live_app: LiveApp, page: Page, browser) -> None:
    body = {"es": "Pulsa **Enviar**.", "en": "Press **Send**."}
    action = {"label": text("New invoice"), "url": "/invoices/new"}
    publish(
        live_app.app,
        flow("getting-started", step("send", "Invoice Sent", body=body, action=action), step("tour")),
    )
    key, (ana, luis) = key_and_tokens(live_app.app, "ana", "luis")
    with live_server(product_app(live_app.url, key)) as product:
        colleague = browser.new_context().new_page()
        colleague.goto(f"{product}/?token={luis}&locale=es")
        expect(colleague.locator("plg-checklist #launch")).to_contain_text("0 de 2")
        page.goto(f"{product}/?token={ana}")
        page.get_by_role("button", name="Getting-Started 0 of 2 steps done").click()
        expect(page.locator("plg-checklist strong")).to_have_text("Send")
        tell(live_app, key, "Invoice Sent")
        expect(page.locator("plg-checklist li.done small")).to_contain_text("Luis,")
        page.get_by_role("button", name="Mark as done").click()
        expect(page.locator("plg-checklist #panel small").first).to_have_text("All done. Congratulations!")
        page.reload()
        expect(page.locator("plg-checklist li.done")).to_have_count(2)
        colleague.get_by_role("button", name="Getting-Started (es) 2 de 2 pasos hechos").click()
        colleague.locator("plg-checklist .foot button").click()
        expect(colleague.locator("plg-checklist #launch")).to_have_count(0)
        colleague.context.close()
        page.reload()
        expect(page.locator("plg-checklist #launch")).to_be_visible()


def test_what_the_widget_tracks_ticks_too(live_app: LiveApp, page: Page) -> None:
    publish(live_app.app, flow("getting-started", step("look", "Report Opened")))
    key, (ana,) = key_and_tokens(live_app.app, "ana")
    with live_server(product_app(live_app.url, key)) as product:
        page.goto(f"{product}/?token={ana}")
        launcher = page.locator("plg-checklist #launch")
        expect(launcher).to_contain_text("0 of 1")
        page.evaluate("plg.track('Report Opened')")
        expect(launcher).to_contain_text("1 of 1")
