"""<plg-banner> and <plg-announcement>."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.widget.fake_plg import FakePlg
from tests.widget.told import prompt, stop, tour

pytestmark = pytest.mark.browser


def action(**where: str) -> dict[str, str | None]:
    return {"label": "See reports", "url": None, "tour": None, "video": None, "form": None, **where}


@pytest.mark.parametrize("side", ["top", "bottom"])
def test_a_banner_stands_at_its_edge_and_covers_nothing(
    page: Page, product: str, plg: FakePlg, side: str
) -> None:
    plg.prompts = [prompt("banner", placement=side)]
    page.goto(product)
    banner = page.get_by_role("region", name="Reports are here")
    expect(banner).to_be_visible()
    expect(banner.locator("strong")).to_have_text("customers")
    height = banner.bounding_box()["height"]
    at = {"top": "BlockStart", "bottom": "BlockEnd"}[side]
    for room in (f"padding{at}", f"scrollPadding{at}"):
        page.wait_for_function(
            "([room, height]) => Math.abs(parseFloat(getComputedStyle(document.documentElement)[room]) - height) < 1",
            arg=[room, height],
        )
    first = page.locator("h1").bounding_box()
    if side == "top":
        assert first["y"] >= height - 1
    else:
        launch = page.locator("plg-checklist #launch").bounding_box()
        assert launch["y"] + launch["height"] <= 801 - height
    page.get_by_role("button", name="Later").click()
    expect(banner).to_have_count(0)
    page.wait_for_function(
        "(room) => getComputedStyle(document.documentElement)[room] === '0px'", arg=f"padding{at}"
    )
    assert plg.hears("news", "snooze") == ["shown", "snooze"]


def test_a_banner_takes_no_focus(page: Page, product: str, plg: FakePlg) -> None:
    page.goto(product)
    page.locator("#host").focus()
    plg.prompts = [prompt("banner")]
    page.evaluate("plg.refresh()")
    expect(page.get_by_role("region", name="Reports are here")).to_be_visible()
    expect(page.locator("#host")).to_be_focused()


def test_a_modal_announcement_holds_the_focus_until_it_is_answered(
    page: Page, product: str, plg: FakePlg
) -> None:
    page.goto(product)
    page.locator("#host").focus()
    plg.prompts = [prompt("announcement", action=action(url="/reports"))]
    page.evaluate("plg.refresh()")
    dialog = page.get_by_role("dialog", name="Reports are here")
    expect(dialog).to_be_focused()
    assert dialog.evaluate("(el) => el.matches(':modal')")
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate("['plg-announcement', 'body'].includes(document.activeElement.localName)")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator("#host")).to_be_focused()
    assert plg.hears("news", "snooze") == ["shown", "snooze"]


def test_an_action_completes_and_leads_on(page: Page, product: str, plg: FakePlg) -> None:
    plg.prompts = [prompt("announcement", action=action(url="/reports"))]
    page.goto(product)
    page.get_by_role("link", name="See reports").click()
    expect(page).to_have_url(f"{product}/reports")
    expect(page.locator("plg-checklist #launch")).to_be_visible()
    assert plg.hears("news", "complete") == ["shown", "complete"]


def test_what_may_not_be_put_away_can_only_be_acknowledged(page: Page, product: str, plg: FakePlg) -> None:
    plg.prompts = [prompt("announcement", dismissible=False, snoozable=False)]
    page.goto(f"{product}/?locale=es")
    dialog = page.get_by_role("dialog", name="Reports are here")
    expect(dialog).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog.get_by_role("button")).to_have_text(["Entendido"])
    dialog.get_by_role("button").click()
    expect(dialog).to_have_count(0)
    assert plg.hears("news", "complete") == ["shown", "complete"]


def test_a_corner_announcement_lets_the_page_be_used(page: Page, product: str, plg: FakePlg) -> None:
    plg.prompts = [prompt("announcement", placement="corner")]
    page.goto(product)
    dialog = page.get_by_role("dialog", name="Reports are here")
    expect(dialog).to_be_visible()
    page.locator("#search").fill("still here")
    dialog.get_by_role("button", name="Don't show again").click()
    expect(dialog).to_have_count(0)
    assert plg.hears("news", "dismiss") == ["shown", "dismiss"]


def test_what_was_put_away_stays_away_though_plg_did_not_hear_it(
    page: Page, product: str, plg: FakePlg
) -> None:
    plg.prompts = [prompt("banner")]
    page.goto(product)
    banner = page.get_by_role("region", name="Reports are here")
    expect(banner).to_be_visible()
    plg.broken = 500
    page.get_by_role("button", name="Don't show again").click()
    expect(banner).to_have_count(0)
    plg.broken, plg.used = None, 9
    expect(page.get_by_text("9 of 10")).to_be_visible()
    expect(banner).to_have_count(0)


def test_a_page_with_the_script_alone_shows_what_is_due(page: Page, product: str, plg: FakePlg) -> None:
    page.goto(product)
    expect(page.locator("plg-checklist #launch")).to_be_visible()
    page.evaluate("document.querySelector('main').replaceChildren()")
    plg.prompts = [prompt("banner")]
    expect(page.get_by_role("region", name="Reports are here")).to_be_visible()
    page.evaluate("document.body.replaceChildren()")
    expect(page.get_by_role("region", name="Reports are here")).to_be_visible()
    expect(page.locator("plg-banner")).to_have_count(1)
    assert plg.hears("news", "shown") == ["shown"]


def test_an_announcement_may_start_a_tour(page: Page, product: str, plg: FakePlg) -> None:
    plg.startable = [tour(stop("host", ["#host"]))]
    plg.prompts = [prompt("announcement", action=action(tour="look-around"))]
    page.goto(product)
    page.get_by_role("button", name="See reports").click()
    expect(page.get_by_role("dialog", name="This is host")).to_be_visible()
    assert plg.hears("news", "complete") == ["shown", "complete"]
