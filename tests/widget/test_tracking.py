"""window.plg: identify, track, page and group, as Segment's HTTP API takes them."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.widget.fake_plg import FakePlg
from tests.widget.test_checklist import wait_for

pytestmark = pytest.mark.browser


def sent(plg: FakePlg, kind: str, count: int = 1) -> list[Any]:
    """The messages of a kind in the order in which they came, once there are so many."""

    def arrived() -> list[Any]:
        messages = plg.messages(kind)
        return messages if len(messages) >= count else []

    return wait_for(arrived)


def test_an_event_arrives_as_segment_sends_it_and_ticks_its_step(
    page: Page, product: str, plg: FakePlg
) -> None:
    page.goto(f"{product}/invoices")
    expect(page.locator("plg-checklist #launch")).to_contain_text("1 of 5")
    page.evaluate("plg.track('Invoice Sent', { total: 120, name: 'F-1' })")
    expect(page.locator("plg-checklist #launch")).to_contain_text("2 of 5")
    (message,) = sent(plg, "track")
    assert message["type"] == "track"
    assert message["userId"] == "ana"
    assert message["properties"] == {"total": 120, "name": "F-1"}
    assert message["context"]["groupId"] == "acme"
    assert message["context"]["page"]["path"] == "/invoices"
    (batch,) = [body for body in plg.asked("/v1/batch") if body]
    assert batch["writeKey"] == "pk_test"
    assert message["timestamp"] <= batch["sentAt"]
    assert len(message["messageId"]) > 20


def test_it_needs_no_preflight(page: Page, product: str, plg: FakePlg) -> None:
    page.goto(product)
    page.evaluate("plg.track('Invoice Sent')")
    sent(plg, "track")
    assert not [path for method, path, _, _ in plg.requests if method == "OPTIONS" and path == "/v1/batch"]


def test_identify_page_and_group_are_sent_too(page: Page, product: str, plg: FakePlg) -> None:
    page.goto(product)
    page.evaluate("plg.identify({ plan: 'pro' })")
    assert sent(plg, "identify")[0]["traits"] == {"plan": "pro"}
    page.evaluate("plg.identify('someone else', { name: 'Ana' })")
    assert sent(plg, "identify", 2)[1]["userId"] == "ana", "the signed token says who is here"
    page.evaluate("plg.page('Invoices', { tab: 'open' })")
    message = sent(plg, "page")[0]
    assert message["name"] == "Invoices"
    assert message["properties"]["tab"] == "open"
    assert message["properties"]["title"] == "Product"
    page.evaluate("plg.group('umbrella', { name: 'Umbrella' })")
    message = sent(plg, "group")[0]
    assert (message["groupId"], message["traits"]) == ("umbrella", {"name": "Umbrella"})


def test_what_could_not_be_sent_is_sent_again_as_the_same_message(
    page: Page, product: str, plg: FakePlg
) -> None:
    page.goto(product)
    expect(page.locator("plg-checklist #launch")).to_be_visible()
    plg.broken = 503
    page.evaluate("plg.track('One'); plg.track('Two')")
    first = sent(plg, "track")[0]
    plg.broken = None
    again = sent(plg, "track", 3)[1:]
    assert [message["event"] for message in again[-2:]] == ["One", "Two"]
    assert again[-2]["messageId"] == first["messageId"]
    assert again[-2]["timestamp"] == first["timestamp"]


@pytest.mark.parametrize("status", [400, 401, 403, 413])
def test_what_the_server_will_never_take_is_not_sent_again(
    page: Page, product: str, plg: FakePlg, status: int
) -> None:
    page.goto(product)
    expect(page.locator("plg-checklist #launch")).to_be_visible()
    plg.broken = status
    page.evaluate("plg.track('One')")
    sent(plg, "track")
    plg.broken = None
    page.evaluate("plg.track('Two')")
    assert [m["event"] for m in sent(plg, "track", 2)] == ["One", "Two"]


def test_what_is_tracked_while_the_page_is_left_arrives(page: Page, product: str, plg: FakePlg) -> None:
    page.goto(product)
    expect(page.locator("plg-checklist #launch")).to_be_visible()
    page.evaluate("plg.track('One'); plg.track('Two'); location.href = '/next'")
    assert {message["event"] for message in sent(plg, "track", 2)} == {"One", "Two"}


def test_a_visitor_becomes_the_known_person_once_and_the_next_person_is_another(
    page: Page, product: str, plg: FakePlg
) -> None:
    page.goto(f"{product}/?token=")
    page.evaluate("plg.track('Prices Viewed')")
    visitor = sent(plg, "track")[0]
    assert visitor["anonymousId"]
    assert "userId" not in visitor
    page.goto(f"{product}/?sub=ana")
    joined = sent(plg, "identify")[0]
    assert (joined["userId"], joined["anonymousId"]) == ("ana", visitor["anonymousId"])
    page.goto(f"{product}/?sub=luis")
    page.evaluate("plg.track('Invoice Sent')")
    other = sent(plg, "track", 2)[1]
    assert other["userId"] == "luis"
    assert not other.get("anonymousId")


def test_an_id_that_is_not_ascii_stays_itself(page: Page, product: str, plg: FakePlg) -> None:
    page.goto(f"{product}/?sub=josé-ñandú")
    page.evaluate("plg.track('Invoice Sent')")
    assert sent(plg, "track")[0]["userId"] == "josé-ñandú"


def test_nothing_that_a_product_passes_makes_it_throw(page: Page, product: str) -> None:
    page.goto(product)
    page.evaluate(
        "const ring = {}; ring.ring = ring; plg.track('x', ring); plg.track(); plg.track(null, 3n); plg.identify();"
        "plg.identify(null); plg.identify(7); plg.page(); plg.group(); plg.on('state', null); plg.auth(); plg.auth(7)"
    )
    page.wait_for_timeout(300)


def test_a_browser_keeps_its_number_whoever_signs_in(page: Page, product: str, plg: FakePlg) -> None:
    page.goto(product)
    number = page.evaluate("plg.device()")
    assert len(number) > 20
    page.reload()
    page.evaluate("plg.identify({ plan: 'pro' })")
    assert page.evaluate("plg.device()") == number
    page.evaluate("Object.defineProperty(window, 'localStorage', { get() { throw Error('no storage') } })")
    assert page.evaluate("plg.device()") is None
