"""axe finds nothing, in every state of the widget, both languages, light and dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.accessibility import RULES, judged
from tests.widget.fake_plg import RICH, STEPS, FakePlg, offer
from tests.widget.told import FILM, FORM, prompt, stop, tour

pytestmark = pytest.mark.browser


@pytest.fixture
def seen(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(reduced_motion="reduce", viewport={"width": 1000, "height": 900})
    yield context.new_page()
    context.close()


def check(page: Page) -> None:
    names = [
        "plg-checklist",
        "plg-trial",
        "plg-usage",
        "plg-upgrade",
        "plg-tour",
        "plg-banner",
        "plg-announcement",
    ]
    shown = [each for each in names if page.locator(each).count()]
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = judged(page, (*RULES, "best-practice"), shown)
        faults = [(v["id"], [n["failureSummary"] for n in v["nodes"]]) for v in found.response["violations"]]
        assert found.response["passes"] and faults == [], scheme


@pytest.mark.parametrize("locale", ["en", "es"])
def test_at_the_beginning(seen: Page, product: str, plg: FakePlg, locale: str) -> None:
    plg.trial = {"status": "active", "days_left": 13, "ends_at": "", "text": "Trial"}
    plg.offer = offer()
    seen.goto(f"{product}/?locale={locale}")
    expect(seen.locator("plg-checklist #launch")).to_be_visible()
    check(seen)
    seen.locator("plg-checklist #launch").click()
    seen.locator("plg-checklist #tour summary").click()
    check(seen)


def test_at_the_end(seen: Page, product: str, plg: FakePlg) -> None:
    plg.trial = {"status": "active", "days_left": 1, "ends_at": "", "text": "Trial"}
    plg.done, plg.used, plg.offer = dict.fromkeys(STEPS, "Ana"), 10, offer(can_buy=False)
    seen.goto(f"{product}/?inline=1")
    expect(seen.get_by_role("region", name="Getting started")).to_be_visible()
    seen.locator("plg-checklist #company summary").click()
    check(seen)
    seen.get_by_role("button", name="Ask the owner").click()
    expect(seen.locator("plg-upgrade .done")).to_be_visible()
    check(seen)


@pytest.mark.parametrize("locale", ["en", "es"])
def test_with_steps_that_are_locked_skipped_and_overdue(
    seen: Page, product: str, plg: FakePlg, locale: str
) -> None:
    plg.more, plg.skipped = RICH, {"customer"}
    seen.goto(f"{product}/?inline=1&locale={locale}")
    for key in ("invite", "customer", "tour"):
        seen.locator(f"plg-checklist #{key} summary").click()
        check(seen)


@pytest.mark.parametrize("locale", ["en", "es"])
@pytest.mark.parametrize("kind", ["tour", "top", "bottom", "modal", "corner"])
def test_what_comes_to_the_person(seen: Page, product: str, plg: FakePlg, kind: str, locale: str) -> None:
    steps = stop("host", ["#host"]), stop("new", ["[data-plg=new]"])
    action = {"label": "See reports", "url": "/reports", "tour": None, "video": None, "form": None}
    placed = "banner" if kind in ("top", "bottom") else "announcement"
    told = tour(*steps, at="new") if kind == "tour" else prompt(placed, placement=kind, action=action)
    plg.prompts = [told]
    seen.goto(f"{product}/?locale={locale}")
    expect(seen.locator(f"plg-{told['kind']} .card")).to_be_visible()
    check(seen)


def test_a_form(seen: Page, product: str, plg: FakePlg) -> None:
    plg.actions = {"customer": {"label": "Send", "form": FORM}}
    plg.more = {"customer": {"reward": {"trial_days": 2, "points": 50}}}
    seen.goto(f"{product}/?inline=1")
    expect(seen.get_by_label("How many are you?")).to_be_visible()
    check(seen)


@pytest.mark.parametrize("locale", ["en", "es"])
def test_a_film(seen: Page, product: str, plg: FakePlg, locale: str) -> None:
    plg.actions = {"customer": FILM}
    seen.goto(f"{product}/?inline=1&plain=1&locale={locale}")
    seen.get_by_role("link", name="Watch").click()
    expect(seen.locator("plg-checklist video")).to_be_visible()
    check(seen)


def test_a_failure(seen: Page, product: str, plg: FakePlg) -> None:
    plg.offer = offer()
    seen.goto(product)
    expect(seen.get_by_role("button", name="Upgrade")).to_be_visible()
    plg.broken = 500
    seen.get_by_role("button", name="Upgrade").click()
    expect(seen.get_by_role("alert")).to_be_visible()
    check(seen)


def test_nothing_moves_for_who_wants_no_motion(page: Page, product: str) -> None:
    page.goto(product)
    page.locator("plg-checklist #launch").click()
    moving = page.evaluate(
        "[...document.querySelector('plg-checklist').shadowRoot.querySelectorAll('*')].filter((el) => {"
        " const style = getComputedStyle(el); return style.animationName !== 'none' ||"
        " style.transitionDuration !== '0s' }).length"
    )
    assert moving == 0


def test_on_a_page_that_reads_from_right_to_left_it_stands_on_the_left(page: Page, product: str) -> None:
    page.goto(f"{product}/?dir=rtl")
    page.locator("plg-checklist #launch").click()
    box = page.locator("plg-checklist #panel").bounding_box()
    assert box is not None
    assert box["x"] < 50


@pytest.mark.parametrize("width", [320, 390, 768, 1440])
def test_it_fits_into_every_window(page: Page, product: str, plg: FakePlg, width: int) -> None:
    plg.offer = offer(can_buy=False)
    page.set_viewport_size({"width": width, "height": 600})
    page.goto(product)
    page.locator("plg-checklist #launch").click()
    box = page.locator("plg-checklist #panel").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
