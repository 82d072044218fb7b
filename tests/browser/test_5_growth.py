"""The firm finds one person's whole way in its funnel, and the same events at PostHog."""

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.support.browser import PHONE

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]

STEPS = ["Alta", "Activación", "Aprendizaje", "Límite alcanzado", "Plan mejorado"]
WHOLE_WAY = {"Signed Up", "Trial Started", "Customer Created", "Invoice Sent", "Activated", "Limit Reached"}


def staff_page(demo: steps.Demo, page: Page) -> Page:
    page.goto(f"{demo.url}/growth")
    page.locator("[name=email]").fill(demo.addresses["staff"]["email"])
    page.locator("[name=password]").fill(demo.addresses["staff"]["password"])
    page.locator("main form button.primary").click()
    expect(page).to_have_url(f"{demo.url}/growth")
    return page


def funnel(page: Page, demo: steps.Demo) -> dict[str, int]:
    """How many accounts reached each step, as the page says."""
    demo.settle()
    page.reload()
    rows = page.locator("section[aria-labelledby=figures] tbody tr").all()
    return {row.locator("th").inner_text(): int(row.locator("td").first.inner_text()) for row in rows}


def go_the_whole_way(page: Page, demo: steps.Demo) -> steps.Visitor:
    """Sign up, invoice until the limit, pay."""
    eva = steps.a_visitor()
    product = steps.in_the_product(page, demo, eva)
    steps.add_customer(product, demo)
    steps.invoiced_before(product, demo, 9)
    steps.send_invoice(product, demo)
    expect(product.locator("plg-usage")).to_contain_text("10 de 10")
    product.locator("plg-upgrade button.go").click()
    product.locator("button[value=pay]").click()
    expect(product.locator("plg-usage")).to_contain_text("10 de 500")
    return eva


def test_the_funnel_counts_one_more_account_at_every_step(demo, open_page, picture) -> None:
    page = staff_page(demo, open_page("es"))
    before = funnel(page, demo)
    assert list(before) == STEPS and before["Alta"] > before["Activación"] > before["Plan mejorado"] > 0

    eva = go_the_whole_way(open_page("es"), demo)

    after = funnel(page, demo)
    assert {step: after[step] - before[step] for step in STEPS} == dict.fromkeys(STEPS, 1) | {
        "Aprendizaje": 0
    }
    main = page.locator("main")
    for words in ("Conversión", "Tiempo mediano", "Bajas antes de este paso"):
        expect(main).to_contain_text(words)
    picture(page, "growth", 1060)
    person = demo.api(f"/v1/people/{eva.email}")
    recorded = demo.events_of(person["id"])
    assert WHOLE_WAY | {"Subscription Started"} <= set(recorded)
    sent_on = arrived_at_posthog(demo, person["id"])
    assert set(recorded) - {"Grouped", "Identified", "Page Viewed"} <= set(sent_on)
    assert sent_on.count("Invoice Sent") == recorded.count("Invoice Sent") == 10


def arrived_at_posthog(demo: steps.Demo, person: str) -> list[str]:
    demo.settle()
    address = f"{demo.sandbox('posthog')}/api/events"
    events = requests.get(address, {"distinct_id": person}, timeout=20).json()["events"]
    return [event["event"] for event in events]


def test_posthog_shows_the_person_with_name_and_address(demo, open_page) -> None:
    eva = steps.a_visitor("Inés Mora")
    page = open_page("es")
    steps.in_the_product(page, demo, eva)
    demo.settle()

    page.goto(demo.sandbox("posthog"))
    page.locator(".cards a", has_text=eva.email).click()

    expect(page.get_by_role("heading", name="Inés Mora")).to_be_visible()
    expect(page.locator("table")).to_contain_text("Trial Started")


def test_the_growth_page_fits_a_phone(demo, open_page) -> None:
    page = staff_page(demo, open_page("en", PHONE))

    expect(page.get_by_role("heading", name="Funnel", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
