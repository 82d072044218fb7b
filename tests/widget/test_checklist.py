"""<plg-checklist> in a real browser, on a page with a strict Content-Security-Policy."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.widget.fake_plg import STEPS, FakePlg

pytestmark = pytest.mark.browser
TICK_SECONDS = 1.0


def open_checklist(page: Page, url: str) -> None:
    page.goto(url)
    page.locator("plg-checklist #launch").click()
    expect(page.locator("plg-checklist #panel")).to_be_visible()


def step(page: Page, key: str) -> Locator:
    return page.locator(f"plg-checklist li:has(#{key})")


def test_the_launcher_tells_the_progress_and_opens_the_panel(page: Page, product: str) -> None:
    page.goto(product)
    button = page.get_by_role("button", name="Getting started 1 of 5 steps done")
    expect(button).to_have_attribute("aria-expanded", "false")
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    panel = page.get_by_role("dialog", name="Getting started")
    expect(panel).to_be_visible()
    expect(panel.locator("#company summary .sr")).to_have_text("done")
    expect(panel.get_by_text("Choose a customer")).to_be_hidden()


def test_the_first_open_step_is_unfolded_and_leads_into_the_product(page: Page, product: str) -> None:
    open_checklist(page, product)
    link = page.get_by_role("link", name="Create an invoice").first
    expect(link).to_be_visible()
    link.click()
    expect(page).to_have_url(f"{product}/invoices/new")


def test_an_event_on_the_server_ticks_the_step_within_a_second(
    page: Page, product: str, plg: FakePlg
) -> None:
    open_checklist(page, product)
    plg.done["send-invoice"] = "Luis"
    happened = time.monotonic()
    expect(step(page, "send-invoice")).to_have_class("done")
    assert time.monotonic() - happened < TICK_SECONDS
    expect(page.locator("plg-checklist [role=status]")).to_have_text(
        "Send your first invoice: done. 2 of 5 steps done"
    )
    expect(page.locator("plg-checklist #panel small").first).to_have_text("2 of 5 steps done")


def test_a_ring_that_is_not_opened_follows_too(page: Page, product: str, plg: FakePlg) -> None:
    page.goto(product)
    expect(page.locator("plg-checklist #launch")).to_contain_text("1 of 5")
    plg.done["invite"] = "Luis"
    expect(page.locator("plg-checklist #launch")).to_contain_text("2 of 5", timeout=TICK_SECONDS * 1000)


def test_a_tick_opens_the_next_step_and_leaves_the_focus_where_it_was(
    page: Page, product: str, plg: FakePlg
) -> None:
    open_checklist(page, product)
    page.locator("plg-checklist #customer summary").focus()
    plg.done["customer"] = "Ana"
    expect(step(page, "customer")).to_have_class("done")
    expect(page.locator("plg-checklist #send-invoice")).to_have_attribute("open", "")
    assert focused(page) == "customer"


def focused(page: Page) -> str:
    return page.evaluate(
        "(() => { const at = document.querySelector('plg-checklist').shadowRoot.activeElement;"
        " return at ? at.id || at.parentElement.id : document.activeElement.localName })()"
    )


def test_reading_another_step_is_not_disturbed_by_what_comes_from_the_server(
    page: Page, product: str, plg: FakePlg
) -> None:
    open_checklist(page, product)
    page.locator("plg-checklist #invite summary").click()
    plg.trial = {"status": "active", "days_left": 3, "text": "3 days left in trial"}
    expect(page.get_by_text("3 days left in trial")).to_be_visible()
    expect(page.locator("plg-checklist #invite")).to_have_attribute("open", "")


def test_everything_works_by_keyboard_and_focus_returns(page: Page, product: str) -> None:
    page.goto(product)
    page.get_by_role("button", name="Getting started").focus()
    page.keyboard.press("Enter")
    assert focused(page) == "panel"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.shadowRoot.activeElement.ariaLabel") == "Close"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("plg-checklist #company")).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(page.locator("plg-checklist #panel")).to_be_hidden()
    assert focused(page) == "launch"


def test_progress_and_the_open_panel_survive_a_reload(page: Page, product: str, plg: FakePlg) -> None:
    open_checklist(page, product)
    plg.done["send-invoice"] = "Ana"
    page.reload()
    expect(page.locator("plg-checklist #panel")).to_be_visible()
    expect(step(page, "send-invoice")).to_have_class("done")
    expect(page.locator("plg-checklist [role=status]")).to_be_empty()


def test_a_second_browser_shows_the_same_progress(
    page: Page, browser: Browser, product: str, plg: FakePlg
) -> None:
    open_checklist(page, product)
    other = browser.new_context().new_page()
    open_checklist(other, f"{product}/?sub=luis")
    page.locator("plg-checklist #tour summary").click()
    page.get_by_role("button", name="Mark as done").click()
    for each in (page, other):
        expect(step(each, "tour")).to_have_class("done")
        expect(each.get_by_text("Ana, Nov 3")).not_to_have_count(0)
    other.context.close()


def test_a_step_done_by_hand_is_sent_once_with_an_idempotency_key(
    page: Page, product: str, plg: FakePlg
) -> None:
    open_checklist(page, product)
    page.locator("plg-checklist #tour summary").click()
    page.get_by_role("button", name="Mark as done").dblclick()
    expect(step(page, "tour")).to_have_class("done")
    path = "/v1/widget/flows/getting-started/steps/tour/complete"
    sent = [headers for method, p, headers, _ in plg.requests if p == path and method == "POST"]
    assert len(sent) == 1
    assert sent[0]["Idempotency-Key"]
    assert sent[0]["X-Plg-Key"] == "pk_test"
    assert sent[0]["Authorization"].startswith("Bearer ey")


def test_a_finished_checklist_congratulates_and_can_be_put_away(
    page: Page, product: str, plg: FakePlg
) -> None:
    open_checklist(page, product)
    plg.done = dict.fromkeys(STEPS, "Ana")
    expect(page.locator("plg-checklist #panel small").first).to_have_text("All done. Congratulations!")
    expect(page.locator("plg-checklist [role=status]")).to_contain_text("All done.")
    page.locator("plg-checklist .foot button").click()
    expect(page.locator("plg-checklist #launch")).to_have_count(0)
    assert plg.dismissed


def test_spanish_speaks_spanish_throughout(page: Page, product: str) -> None:
    page.goto(f"{product}/?locale=es")
    page.get_by_role("button", name="Primeros pasos 1 de 5 pasos hechos").click()
    panel = page.get_by_role("dialog", name="Primeros pasos")
    expect(panel.get_by_role("link", name="Crear factura").first).to_be_visible()
    expect(panel.get_by_role("button", name="Cerrar")).to_be_visible()
    expect(panel.get_by_role("button", name="Ocultar esta lista")).to_be_visible()
    expect(page.get_by_text("8 de 10")).to_be_visible()


def test_inline_it_stands_in_the_page_without_a_launcher(page: Page, product: str) -> None:
    page.goto(f"{product}/?inline=1")
    expect(page.get_by_role("region", name="Getting started")).to_be_visible()
    expect(page.locator("plg-checklist #launch")).to_have_count(0)


@pytest.mark.parametrize(
    "url", ["javascript:window.hacked=1", " JavaScript:window.hacked=1", "data:text/html,<script>1</script>"]
)
def test_an_address_that_is_a_script_is_no_link(page: Page, product: str, plg: FakePlg, url: str) -> None:
    plg.action_url = url
    plg.done["customer"] = "Ana"
    plg.body_html = f'<p><a href="{url}">here</a></p>'
    open_checklist(page, product)
    for text in ("Create an invoice", "here"):
        link = page.locator("plg-checklist #send-invoice a", has_text=text)
        expect(link).to_be_visible()
        assert link.get_attribute("href") is None


def test_markup_beyond_the_allow_list_is_shown_without_effect(page: Page, product: str, plg: FakePlg) -> None:
    plg.done["customer"] = "Ana"
    plg.body_html = (
        '<p onclick="hacked=1" style="color:red">Press <strong>Send</strong>.</p><img src=x onerror="hacked=1">'
        "<script>window.hacked=1</script><iframe src='/'></iframe><svg onload='hacked=1'></svg>"
        "<form><button>Go</button></form>"
    )
    open_checklist(page, product)
    body = page.locator("plg-checklist #send-invoice .body")
    expect(body.locator("strong")).to_have_text("Send")
    assert page.evaluate("window.hacked") is None
    kept = body.evaluate("(el) => [...el.firstChild.querySelectorAll('*')].map((e) => e.localName)")
    assert sorted(set(kept)) == ["p", "strong"]
    assert body.locator("p").first.evaluate("(el) => el.attributes.length") == 0
    page.evaluate("faults = []")  # the policy's reports of what the inert parser was given


def test_the_product_may_route_a_steps_action_itself(page: Page, product: str) -> None:
    open_checklist(page, product)
    page.evaluate("void plg.on('action', (action) => { window.routed = action; return false })")
    page.get_by_role("link", name="Create an invoice").first.click()
    assert page.evaluate("routed") == {
        "flow": "getting-started",
        "step": "customer",
        "url": f"{product}/invoices/new",
        "tour": None,
    }
    assert page.url == f"{product}/"


def test_the_product_hears_each_step_once(page: Page, product: str, plg: FakePlg) -> None:
    open_checklist(page, product)
    page.evaluate("window.steps = []; window.stop = plg.on('step', (step) => { steps.push(step.key) }); 0")
    plg.done["send-invoice"] = "Ana"
    expect(step(page, "send-invoice")).to_have_class("done")
    page.evaluate("stop()")
    plg.done["invite"] = "Ana"
    expect(step(page, "invite")).to_have_class("done")
    assert page.evaluate("steps") == ["send-invoice"]


def test_elements_that_an_app_adds_later_show_up(page: Page, product: str) -> None:
    page.goto(product)
    expect(page.locator("plg-checklist #launch")).to_be_visible()
    page.evaluate(
        "document.querySelector('main').innerHTML ="
        " '<plg-checklist flow=getting-started inline></plg-checklist>'"
    )
    expect(page.get_by_role("region", name="Getting started")).to_be_visible()


def test_the_state_is_asked_for_with_its_etag(page: Page, product: str, plg: FakePlg) -> None:
    open_checklist(page, product)
    asked = wait_for(lambda: [h for m, p, h, _ in plg.requests if m == "GET" and "If-None-Match" in h])
    assert asked[0]["If-None-Match"].startswith('W/"')


def wait_for(question: Callable[[], list[dict[str, str]]], seconds: float = 20) -> list[dict[str, str]]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := question():
            return answer
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")
