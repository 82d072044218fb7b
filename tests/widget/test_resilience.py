"""A plg that is slow, broken, gone or refuses never troubles the page around the widget.

The fixture `page` fails a test in which any error reached the host page."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from tests.support.live_server import live_server, loopback_socket, url_of
from tests.widget.fake_plg import FakePlg, plg_app, product_app, token
from tests.widget.told import prompt, stop, tour

pytestmark = pytest.mark.browser
STATE = "/v1/widget/state"


def asked(plg: FakePlg) -> int:
    return sum(1 for method, path, _, _ in plg.requests if method == "GET" and path == STATE)


def test_a_plg_that_is_not_there_leaves_the_page_as_it_is(page: Page, plg: FakePlg) -> None:
    with live_server(product_app("http://127.0.0.1:9")) as url:
        page.goto(url)
        expect(page.locator("h1")).to_have_text("Product")
        assert page.evaluate("window.plg") is None


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
def test_a_server_that_refuses_is_asked_less_and_less_and_harms_nothing(
    page: Page, product: str, plg: FakePlg, status: int
) -> None:
    plg.broken = status
    page.goto(product)
    page.evaluate("plg.track('Invoice Sent', { total: 3 }); plg.page('Invoices'); plg.refresh()")
    for _ in range(200):
        if asked(plg):
            break
        page.wait_for_timeout(100)
    page.wait_for_timeout(1500)
    assert 1 <= asked(plg) <= 3
    expect(page.locator("plg-checklist #launch")).to_have_count(0)


@contextmanager
def first_party(plg: FakePlg) -> Iterator[str]:
    """A product that serves plg under a path of its own, and so shares its errors with it."""
    inner = plg_app(plg)
    with loopback_socket() as listener:
        base = f"{url_of(listener)}/growth"
        app = DispatcherMiddleware(product_app(base), {"/growth": inner})
        with live_server(app, listener) as url:
            yield url


def test_it_works_under_any_path_of_the_products_own_host(page: Page, plg: FakePlg) -> None:
    plg.prompts = [prompt("banner")]
    with first_party(plg) as url:
        page.goto(url)
        page.locator("plg-checklist #launch").click()
        page.evaluate("plg.track('Invoice Sent')")
        expect(page.locator("plg-checklist li:has(#send-invoice)")).to_have_class("done")
        page.get_by_role("button", name="Later", exact=True).last.click()
        expect(page.get_by_role("region", name="Reports are here")).to_have_count(0)
        assert page.evaluate("faults") == []


HOSTILE = {
    "a fetch that throws": "window.fetch = () => { throw new Error('mine') }",
    "a fetch that answers nothing": "window.fetch = () => undefined",
    "a fetch that rejects": "window.fetch = () => Promise.reject(new Error('blocked'))",
    "a fetch that answers otherwise": "window.fetch = async () => ({ ok: true, json: () => { throw 1 } })",
    "storage that is forbidden": "for (const name of ['localStorage', 'sessionStorage'])"
    " Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError') } })",
    "storage that is full": "Storage.prototype.setItem = () =>"
    " { throw new DOMException('full', 'QuotaExceededError') }",
    "no beacon, no timeout": "navigator.sendBeacon = undefined; AbortSignal.timeout = undefined",
}


@pytest.mark.parametrize("script", HOSTILE.values(), ids=HOSTILE.keys())
def test_whatever_the_page_has_done_to_the_browser_no_error_comes_back(
    page: Page, plg: FakePlg, script: str
) -> None:
    plg.prompts = [tour(stop("host", ["#host"])), prompt("banner")]
    page.add_init_script(script)
    with first_party(plg) as url:
        page.goto(url)
        page.evaluate(
            "const ring = {}; ring.ring = ring; plg.track('x', ring); plg.track('y'); plg.start('z'); 0"
        )
        page.evaluate("plg.page(); plg.refresh(); dispatchEvent(new Event('pagehide')); 0")
        page.locator("#host").click()
        page.wait_for_timeout(800)
        if "torage" in script:
            expect(page.locator("plg-tour dialog")).to_be_visible()
            page.locator("plg-checklist #launch").click()
            expect(page.locator("plg-checklist #panel")).to_be_visible()
        assert page.evaluate("faults") == []


def test_a_server_that_hangs_hangs_nothing(page: Page, product: str, plg: FakePlg, plg_url: str) -> None:
    page.route(f"{plg_url}/v1/**", lambda route: None)
    page.goto(product)
    page.evaluate("plg.track('x'); plg.start('y'); 0")
    page.locator("#search").fill("still here")
    expect(page.locator("plg-checklist #launch")).to_have_count(0)


def test_it_comes_back_when_the_server_does(page: Page, product: str, plg: FakePlg) -> None:
    page.goto(product)
    launcher = page.locator("plg-checklist #launch")
    expect(launcher).to_contain_text("1 of 5")
    plg.broken = 500
    page.wait_for_timeout(1500)
    expect(launcher).to_contain_text("1 of 5")
    plg.broken, plg.done["invite"] = None, "Ana"
    expect(launcher).to_contain_text("2 of 5")


def test_a_server_that_goes_away_under_way_keeps_what_is_shown(page: Page, plg: FakePlg) -> None:
    with live_server(plg_app(plg)) as plg_url, live_server(product_app(plg_url)) as url:
        page.goto(url)
        page.locator("plg-checklist #launch").click()
        page.route(f"{plg_url}/**", lambda route: route.abort("connectionrefused"))
        page.wait_for_timeout(1200)
        expect(page.locator("plg-checklist #panel")).to_be_visible()
        page.locator("plg-checklist #tour summary").click()
        page.get_by_role("button", name="Mark as done").click()
        expect(page.locator("plg-checklist").get_by_role("alert")).to_be_visible()


@pytest.mark.parametrize(
    "answer",
    ["", "null", "[]", "<html>", '{"checklists": 3}', '{"checklists":[{}],"prompts":[{"kind":"tour"}]}'],
)
def test_an_answer_of_another_form_is_passed_over(
    page: Page, product: str, plg_url: str, answer: str
) -> None:
    headers = {"access-control-allow-origin": "*", "content-type": "application/json"}
    page.route(f"{plg_url}{STATE}*", lambda route: route.fulfill(body=answer, headers=headers))
    page.goto(product)
    page.wait_for_timeout(300)
    expect(page.locator("plg-checklist #launch")).to_have_count(0)
    page.locator("#host").click()


def test_where_wings_are_left_out_their_elements_stay_empty_and_nothing_is_logged(
    page: Page, product: str, plg_url: str
) -> None:
    logged: list[str] = []
    page.on("console", lambda message: logged.append(message.text))
    headers = {"access-control-allow-origin": "*", "content-type": "application/json"}
    page.route(f"{plg_url}{STATE}*", lambda route: route.fulfill(body='{"trial": null}', headers=headers))
    with page.expect_response(f"{plg_url}{STATE}*"):
        page.goto(product)
    page.evaluate("new Promise((heard) => plg.on('state', heard))")
    expect(page.locator("plg-checklist #launch")).to_have_count(0)
    assert [line for line in logged if "TypeError" in line] == []


@pytest.mark.parametrize("signed", ["", "nonsense", "a.b.c", "a.%%%.c"])
def test_without_a_good_token_nothing_is_shown_and_nothing_asked(
    page: Page, product: str, plg: FakePlg, signed: str
) -> None:
    page.goto(f"{product}/?token={signed}")
    page.wait_for_timeout(400)
    assert asked(plg) == 0
    expect(page.locator("plg-checklist #launch")).to_have_count(0)


def test_an_expired_token_is_told_and_a_new_one_taken(
    page: Page, product: str, plg_url: str, plg: FakePlg
) -> None:
    readable = {"access-control-allow-origin": "*"}
    page.route(f"{plg_url}{STATE}*", lambda route: route.fulfill(status=401, headers=readable))
    page.goto(product)
    page.evaluate("window.told = 0; plg.on('expired', () => { told++ }); plg.refresh(); 0")
    page.wait_for_timeout(1500)
    assert page.evaluate("told") <= 1
    page.unroute(f"{plg_url}{STATE}*")
    page.evaluate(f"plg.auth('{token()}')")
    expect(page.locator("plg-checklist #launch")).to_be_visible()


def test_a_hidden_page_asks_nothing_and_catches_up_when_it_is_seen(
    page: Page, product: str, plg: FakePlg
) -> None:
    page.goto(product)
    expect(page.locator("plg-checklist #launch")).to_contain_text("1 of 5")
    page.evaluate(
        "Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.wait_for_timeout(300)
    before = asked(plg)
    plg.done["invite"] = "Ana"
    page.wait_for_timeout(2000)
    assert asked(plg) == before
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("plg-checklist #launch")).to_contain_text("2 of 5")


def test_a_page_that_nobody_uses_is_left_alone(page: Page, product: str, plg: FakePlg) -> None:
    page.clock.install()
    page.goto(product)
    expect(page.locator("plg-checklist #launch")).to_be_visible()
    page.clock.run_for(70_000)
    time.sleep(0.3)
    before = asked(plg)
    page.clock.run_for(19_000)
    time.sleep(0.3)
    assert asked(plg) - before <= 1


def test_a_script_that_is_loaded_twice_does_everything_once(
    page: Page, product: str, plg_url: str, plg: FakePlg
) -> None:
    page.goto(product)
    expect(page.locator("plg-checklist #launch")).to_be_visible()
    page.add_script_tag(url=f"{plg_url}/plg.js")
    page.evaluate("plg.track('Invoice Sent')")
    expect(page.locator("plg-checklist #launch")).to_contain_text("2 of 5")
    assert len(plg.messages("track")) == 1


def test_mistakes_of_the_products_own_listeners_stop_nothing(page: Page, product: str, plg: FakePlg) -> None:
    page.goto(product)
    page.evaluate("plg.on('state', () => { throw new Error('mine') }); 0")
    plg.done["invite"] = "Ana"
    expect(page.locator("plg-checklist #launch")).to_contain_text("2 of 5")
