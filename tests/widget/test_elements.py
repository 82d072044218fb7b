"""<plg-trial>, <plg-usage> and <plg-upgrade> in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.widget.fake_plg import FakePlg, offer

pytestmark = pytest.mark.browser


def trial(status: str = "active", days_left: int = 13) -> dict[str, object]:
    text = f"{days_left} days left in trial"
    return {"status": status, "days_left": days_left, "ends_at": "2026-12-04T00:00:00Z", "text": text}


@pytest.mark.parametrize(("days_left", "is_soon"), [(13, False), (4, False), (3, True), (0, True)])
def test_the_trial_says_how_long_it_lasts_and_warns_when_it_is_nearly_over(
    page: Page, product: str, plg: FakePlg, days_left: int, is_soon: bool
) -> None:
    plg.trial = trial(days_left=days_left)
    page.goto(product)
    expect(page.locator("plg-trial .pill")).to_have_text(f"{days_left} days left in trial")
    expect(page.locator("plg-trial .warn")).to_have_count(int(is_soon))


@pytest.mark.parametrize("state", [None, {**trial("converted"), "text": None}])
def test_without_a_trial_nothing_is_said(
    page: Page, product: str, plg: FakePlg, state: dict[str, object] | None
) -> None:
    plg.trial = state
    page.goto(product)
    expect(page.get_by_text("8 of 10")).to_be_visible()
    expect(page.locator("plg-trial .pill")).to_have_count(0)


def test_usage_shows_the_part_that_is_used_and_follows_it(page: Page, product: str, plg: FakePlg) -> None:
    plg.used = 7
    page.goto(product)
    used = page.get_by_role("progressbar", name="Invoices")
    expect(used).to_have_attribute("value", "7")
    expect(page.locator("plg-usage .warn")).to_have_count(0)
    plg.used = 12
    expect(page.get_by_text("12 of 10")).to_be_visible()
    expect(used).to_have_attribute("value", "12")
    expect(page.locator("plg-usage .warn")).to_have_count(1)


def test_what_is_unlimited_has_no_bar(page: Page, product: str) -> None:
    page.goto(product)
    expect(page.get_by_text("Unlimited")).to_be_visible()
    expect(page.get_by_role("progressbar", name="Exports")).to_have_count(0)


def test_the_owner_is_led_to_the_checkout(page: Page, product: str, plg: FakePlg) -> None:
    plg.offer = offer()
    page.goto(f"{product}/invoices")
    expect(page.locator("plg-upgrade b")).to_have_text("$29 a month")
    page.get_by_role("button", name="Upgrade").click()
    expect(page).to_have_url(f"{product}/invoices#checkout")
    asked = [body for body in plg.asked("/v1/widget/checkout") if body]
    assert asked == [{"plan": "pro", "return_url": f"{product}/invoices"}]


def test_who_may_not_buy_asks_the_owner(page: Page, product: str, plg: FakePlg) -> None:
    plg.offer = offer(can_buy=False)
    page.goto(product)
    expect(page.get_by_role("button", name="Upgrade")).to_have_count(0)
    page.get_by_label("Add a note (optional)").fill("We need more invoices")
    page.get_by_role("button", name="Ask the owner").click()
    expect(page.locator("plg-upgrade .done")).to_have_text("Thank you. Your request was sent.")
    expect(page.locator("plg-upgrade [role=status]")).to_have_text("Thank you. Your request was sent.")
    asked = [body for body in plg.asked("/v1/widget/upgrade-requests") if body]
    assert asked == [{"feature": "invoices", "note": "We need more invoices"}]


def test_a_note_that_is_being_written_is_kept_when_news_come(page: Page, product: str, plg: FakePlg) -> None:
    plg.offer = offer(can_buy=False)
    page.goto(product)
    note = page.get_by_label("Add a note (optional)")
    note.fill("We need")
    plg.offer = {**plg.offer, "body": "You have used 9 of 10 invoices."}
    expect(page.get_by_text("You have used 9 of 10")).to_be_visible()
    expect(note).to_have_value("We need")
    expect(note).to_be_focused()


def test_an_offer_can_be_put_away(page: Page, product: str, plg: FakePlg) -> None:
    plg.offer = offer()
    page.goto(product)
    page.locator("plg-upgrade").get_by_role("button", name="Close").click()
    expect(page.locator("plg-upgrade section")).to_have_count(0)
    assert plg.asked("/v1/widget/offers/off_1/dismiss")


def test_a_checkout_that_fails_is_said_and_can_be_tried_again(page: Page, product: str, plg: FakePlg) -> None:
    plg.offer = offer()
    page.goto(product)
    button = page.get_by_role("button", name="Upgrade")
    expect(button).to_be_visible()
    plg.broken = 503
    button.click()
    expect(page.get_by_role("alert")).to_have_text("That did not work. Please try again.")
    plg.broken = None
    button.click()
    expect(page).to_have_url(f"{product}/#checkout")


def test_a_checkout_address_that_is_no_web_address_is_not_followed(
    page: Page, product: str, plg: FakePlg
) -> None:
    plg.offer = offer()
    page.route(
        "**/v1/widget/checkout",
        lambda route: route.fulfill(
            json={"url": "javascript:window.hacked=1"}, headers={"access-control-allow-origin": "*"}
        ),
    )
    page.goto(product)
    with page.expect_response("**/v1/widget/checkout"):
        page.get_by_role("button", name="Upgrade").click()
    page.wait_for_timeout(200)
    assert page.evaluate("window.hacked") is None
