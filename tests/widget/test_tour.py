"""<plg-tour>: a spotlight and a popover beside an element, on pages that change under it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.widget.fake_plg import FakePlg
from tests.widget.told import stop, tour

pytestmark = pytest.mark.browser
FLOW = "look-around"


def popover(page: Page) -> Locator:
    return page.locator("plg-tour dialog")


def focus_is_in(page: Page, tag: str) -> bool:
    return page.evaluate("(tag) => document.activeElement.localName === tag", tag)


def gap(page: Page, selector: str) -> dict[str, float]:
    """How far the spotlight is from an element, edge by edge."""
    return page.evaluate(
        "(selector) => { const a = document.querySelector(selector).getBoundingClientRect();"
        " const b = document.querySelector('plg-tour').shadowRoot.querySelector('.spot').getBoundingClientRect();"
        " return { x: Math.abs(a.x - b.x), y: Math.abs(a.y - b.y), w: Math.abs(a.width - b.width) } }",
        selector,
    )


def expect_spot_on(page: Page, selector: str) -> None:
    expect(page.locator("plg-tour .spot")).to_be_attached()
    page.wait_for_function(
        "(selector) => { const el = document.querySelector(selector); if (!el) return false;"
        " const a = el.getBoundingClientRect();"
        " const b = document.querySelector('plg-tour')?.shadowRoot.querySelector('.spot')?.getBoundingClientRect();"
        " return b && Math.abs(a.x - b.x) < 1 && Math.abs(a.y - b.y) < 1 && Math.abs(a.width - b.width) < 1 }",
        arg=selector,
    )


def two_stops(**changes: Any) -> dict[str, Any]:
    return tour(
        stop("new", ["#gone", "[data-plg='new']"]), stop("host", ["#host"], placement="top"), **changes
    )


@pytest.mark.parametrize("plain", ["", "&plain=1"], ids=["strict policy", "no policy"])
def test_a_tour_that_is_due_comes_by_itself_and_goes_from_step_to_step(
    page: Page, product: str, plg: FakePlg, plain: str
) -> None:
    plg.prompts = [two_stops()]
    page.goto(f"{product}/?x{plain}")
    card = page.get_by_role("dialog", name="This is new")
    expect(card).to_be_visible()
    expect(card.locator("small")).to_have_text("Step 1 of 2")
    expect(page.locator("plg-tour [role=status]")).to_have_text("Step 1 of 2: This is new")
    expect_spot_on(page, "[data-plg=new]")
    card.get_by_role("button", name="Next").click()
    expect(page.get_by_role("dialog", name="This is host")).to_be_visible()
    expect_spot_on(page, "#host")
    page.get_by_role("button", name="Back").click()
    expect(card).to_be_visible()
    card.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Done", exact=True).click()
    expect(popover(page)).to_have_count(0)
    expect(page.locator("plg-tour .spot")).to_have_count(0)
    page.wait_for_function("!document.querySelector('plg-tour').shadowRoot.querySelector('dialog')")
    posted = plg.hears(FLOW, "complete")
    assert posted[0] == "shown"
    assert set(posted[1:-1]) == {"steps/new/complete", "steps/host/complete"}
    assert posted.count("shown") == 1


def test_it_goes_on_where_the_person_was(page: Page, product: str, plg: FakePlg) -> None:
    plg.prompts = [two_stops(at="host")]
    page.goto(product)
    expect(page.get_by_role("dialog", name="This is host").locator("small")).to_have_text("Step 2 of 2")


def test_the_focus_comes_and_returns_and_escape_means_later(page: Page, product: str, plg: FakePlg) -> None:
    plg.startable = [two_stops()]
    page.goto(product)
    page.locator("#host").focus()
    page.evaluate("void plg.start('look-around')")
    expect(popover(page)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Don't show again")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(popover(page)).to_have_count(0)
    expect(page.locator("#host")).to_be_focused()
    assert plg.hears(FLOW, "snooze")[-1] == "snooze"


def test_who_is_typing_is_not_torn_away_but_told(page: Page, product: str, plg: FakePlg) -> None:
    page.goto(product)
    page.locator("#search").press_sequentially("inv")
    plg.prompts = [two_stops()]
    page.evaluate("plg.refresh()")
    expect(popover(page)).to_be_visible()
    expect(page.locator("#search")).to_be_focused()
    expect(page.locator("plg-tour [role=status]")).to_have_text("Step 1 of 2: This is new")


def test_a_click_on_the_element_goes_on_and_the_element_does_its_work(
    page: Page, product: str, plg: FakePlg
) -> None:
    plg.prompts = [
        tour(stop("new", ["[data-plg=new]"], advance="click"), stop("host", ["#host"], page="/invoices/*"))
    ]
    page.goto(product)
    expect(popover(page)).to_be_visible()
    page.locator("[data-plg=new]").click()
    expect(page).to_have_url(f"{product}/invoices/new")
    assert "steps/new/complete" in plg.hears(FLOW, "steps/new/complete")


def test_a_step_waits_for_its_page_in_an_app_that_redraws_everything(
    page: Page, product: str, plg: FakePlg
) -> None:
    plg.prompts = [
        tour(stop("report", ["#report"], page="/reports*"), stop("chart", [".chart"], page="/reports*"))
    ]
    page.goto(product)
    expect(page.locator("plg-tour")).to_be_attached()
    expect(popover(page)).to_have_count(0)
    page.evaluate("go('/reports/7', '<button id=report>Report</button><p class=chart>Chart</p>', 700)")
    expect(page.get_by_role("dialog", name="This is report")).to_be_visible()
    expect_spot_on(page, "#report")
    page.evaluate("go('/reports/8', '<p>moved</p><button id=report>Report</button>')")
    expect_spot_on(page, "#report")
    page.evaluate("go('/settings', '<button id=report>Another</button>')")
    expect(popover(page)).to_have_count(0)
    assert "steps/report/missing" not in plg.posted(FLOW)


def test_only_what_is_seen_counts_and_the_list_is_tried_in_order(
    page: Page, product: str, plg: FakePlg
) -> None:
    plg.prompts = [tour(stop("one", ["!!", ".hidden", "#second"]))]
    page.goto(product)
    html = "<b class=hidden hidden>no</b><b id=second>yes</b><b class=hidden>seen</b>"
    page.evaluate("(html) => { document.querySelector('main').insertAdjacentHTML('beforeend', html) }", html)
    expect_spot_on(page, "b.hidden:not([hidden])")


def test_an_element_that_is_missing_is_told_once_and_the_step_stands_in_the_middle(
    page: Page, product: str, plg: FakePlg
) -> None:
    plg.prompts = [tour(stop("gone", ["#gone", ".gone"], page="/invo*", advance="click"))]
    page.clock.install()
    page.goto(f"{product}/invoices")
    expect(page.locator("plg-tour")).to_be_attached()
    for _ in range(24):
        page.clock.run_for(500)
    expect(page.get_by_role("dialog", name="This is gone")).to_be_visible()
    for _ in range(24):
        page.clock.run_for(500)
    expect(page.get_by_role("button", name="Done", exact=True)).to_be_visible()
    told = [body for body in plg.asked(f"/v1/widget/flows/{FLOW}/steps/gone/missing") if body]
    assert told == [{"anchor": "#gone, .gone", "path": "/invoices"}]
    box = popover(page).bounding_box()
    assert box is not None
    assert abs(box["x"] + box["width"] / 2 - 550) < 2


def test_where_no_page_is_named_a_missing_element_is_waited_for_in_silence(
    page: Page, product: str, plg: FakePlg
) -> None:
    plg.prompts = [tour(stop("gone", ["#gone"]))]
    page.clock.install()
    page.goto(product)
    expect(page.locator("plg-tour")).to_be_attached()
    for _ in range(24):
        page.clock.run_for(500)
    expect(popover(page)).to_have_count(0)
    assert plg.hears(FLOW, "steps/gone/missing") == ["steps/gone/missing"]


@pytest.mark.parametrize("dir", ["ltr", "rtl"])
@pytest.mark.parametrize("side", ["top", "bottom", "start", "end", None])
def test_the_popover_stands_on_the_wished_side_and_never_covers_its_element(
    page: Page, product: str, plg: FakePlg, dir: str, side: str | None
) -> None:
    plg.prompts = [tour(stop("it", ["#it"], placement=side))]
    page.goto(f"{product}/?dir={dir}")
    page.evaluate(
        "const made = Object.assign(document.createElement('button'), { id: 'it', textContent: 'It' });"
        "document.body.replaceChildren(made);"
        "Object.assign(it.style, { position: 'fixed', left: '500px', top: '390px', width: '80px', height: '40px' })"
    )
    expect_spot_on(page, "#it")
    box = popover(page).bounding_box()
    assert box is not None
    left = {"start": "left", "end": "right"} if dir == "ltr" else {"start": "right", "end": "left"}
    where = left.get(side or "bottom", side or "bottom")
    assert {
        "top": box["y"] + box["height"] <= 390,
        "bottom": box["y"] >= 430,
        "left": box["x"] + box["width"] <= 500,
        "right": box["x"] >= 580,
    }[where]


@pytest.mark.parametrize("corner", ["left:0;top:0", "right:0;top:0", "left:0;bottom:0", "right:0;bottom:0"])
def test_on_a_phone_it_stays_in_sight_wherever_its_element_is(
    page: Page, product: str, plg: FakePlg, corner: str
) -> None:
    plg.prompts = [tour(stop("it", ["#it"], placement="end"))]
    page.set_viewport_size({"width": 390, "height": 700})
    page.goto(product)
    page.evaluate(
        "(corner) => { const it = Object.assign(document.createElement('button'), { id: 'it' });"
        " it.style.cssText = 'position:fixed;width:60px;height:40px;' + corner; document.body.append(it) }",
        corner,
    )
    expect_spot_on(page, "#it")
    box, it = popover(page).bounding_box(), page.locator("#it").bounding_box()
    assert box is not None
    assert it is not None
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["y"] + box["height"] <= 700
    apart = (
        box["y"] >= it["y"] + it["height"]
        or box["y"] + box["height"] <= it["y"]
        or box["x"] >= it["x"] + it["width"]
        or box["x"] + box["width"] <= it["x"]
    )
    assert apart


def test_it_follows_its_element_when_the_page_scrolls_and_brings_it_into_view(
    page: Page, product: str, plg: FakePlg
) -> None:
    plg.prompts = [tour(stop("low", ["#low"]))]
    page.goto(product)
    page.evaluate(
        "(() => { const low = Object.assign(document.createElement('button'), { id: 'low', textContent: 'Low' });"
        " low.style.marginTop = '3000px'; document.body.append(low) })()"
    )
    expect_spot_on(page, "#low")
    expect(page.locator("#low")).to_be_in_viewport()
    page.mouse.wheel(0, -120)
    expect_spot_on(page, "#low")


def test_the_checklist_starts_a_tour_and_makes_room_for_it(page: Page, product: str, plg: FakePlg) -> None:
    plg.actions = {"customer": {"label": "Show me", "tour": FLOW}}
    plg.startable = [two_stops()]
    page.goto(product)
    page.locator("plg-checklist #launch").click()
    page.get_by_role("button", name="Show me").click()
    expect(page.get_by_role("dialog", name="This is new")).to_be_focused()
    expect(page.locator("plg-checklist #panel")).to_be_hidden()
    page.keyboard.press("Escape")
    assert focus_is_in(page, "plg-checklist")


def test_it_is_guided_on_while_the_server_is_away(page: Page, product: str, plg: FakePlg) -> None:
    plg.prompts = [two_stops()]
    page.goto(product)
    expect(popover(page)).to_be_visible()
    plg.broken = 500
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("dialog", name="This is host")).to_be_visible()
    page.get_by_role("button", name="Done", exact=True).click()
    expect(popover(page)).to_have_count(0)
    expect(page.locator("plg-tour").get_by_role("alert")).to_have_count(0)


def test_the_page_hears_what_happens_to_a_tour(page: Page, product: str, plg: FakePlg) -> None:
    page.goto(product)
    page.evaluate(
        "window.heard = []; for (const name of ['shown', 'complete', 'dismiss'])"
        " plg.on(name, ({ flow, step }) => { heard.push([name, flow, step || null]) }); 0"
    )
    plg.prompts = [two_stops()]
    page.evaluate("plg.refresh()")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Don't show again").click()
    assert [each for each in page.evaluate("heard") if each[1] == FLOW] == [
        ["shown", FLOW, None],
        ["complete", FLOW, "new"],
        ["dismiss", FLOW, None],
    ]
