"""The staff pages about flows in a real browser: readable by everybody, on every screen."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from onboarding_flows import drafts
from plg.access import credentials
from plg.kit.db import db
from tests.conftest import LiveApp
from tests.onboarding_flows.conftest import flow, prompt, publish, step, text, tour
from tests.onboarding_flows.test_analytics import BEGAN, begin, people, settle
from tests.onboarding_flows.test_experiments import CONTROL, SHORT, experiment
from tests.support.browser import DESKTOP, PHONE
from tests.support.story import make_account, make_person

PASSWORD = "correct horse battery"
TITLES = (
    ("company", "Add your company's details", "Añade los datos de tu empresa"),
    ("invoice", "Send your first invoice", "Envía tu primera factura"),
    ("tour", "Take the tour", "Haz el recorrido"),
)

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def onboarding(*more: dict[str, Any]) -> dict[str, Any]:
    body = {"en": "Press **Send** when it looks right.", "es": "Pulsa **Enviar** cuando esté bien."}
    action = {"label": text("New invoice"), "url": "/invoices/new"}
    kinds: tuple[dict[str, Any], ...] = (
        step("company", "Company Details Saved"),
        step("invoice", "Invoice Sent", body=body, action=action, requires=["company"], due=7),
        step("tour", skippable=True),
    )
    steps = [
        {**kind, "title": {"en": english, "es": spanish}}
        for kind, (_, english, spanish) in zip(kinds, TITLES, strict=True)
    ]
    title = {"en": "First steps", "es": "Primeros pasos"}
    return flow("first-steps", *steps, *more, title=title, scope="person")


@pytest.fixture
def busy(live_app: LiveApp) -> str:
    """A flow in the middle of everything; the one whom the pages explain."""
    app = live_app.app
    version = publish(app, onboarding())
    tested = publish(app, {**onboarding(), "key": "tested", "experiment": experiment(10, CONTROL, SHORT)})
    owners = people(app, 30)
    with app.app_context():
        for number, row in enumerate(begin(version, owners, flow_key="first-steps")):
            if number < 24:
                settle(row, "company", 1 + number)
            if number < 9:
                settle(row, "tour", 30, skipped=number < 4)
        drafts.save("first-steps", onboarding(step("invite", "Colleague Invited")), by="staff:1")
        drafts.save("later", {"key": "later"}, by="staff:1")
        in_experiment(tested, owners)
        credentials.add_staff("marta@example.com", "Marta Ruiz", PASSWORD)
        db.session.commit()
    return "p3@acme.example"


def in_experiment(version: int, owners: list[int]) -> None:
    """All of them but the first are in the control, and half of those did its step; in an open session."""
    arms = {"variant": "control", "exposed_at": BEGAN, "flow_key": "tested"}
    for number, row in enumerate(begin(version, owners[1:], **arms) + begin(version, owners[:1], **arms)):
        row.variant = "control" if number < 29 else "holdout"
        if number % 2:
            settle(row, "company", 1 + number)


@pytest.mark.parametrize("page", [("en", DESKTOP), ("es", PHONE)], indirect=True)
def test_everybody_on_the_staff_can_read_the_pages(
    live_app: LiveApp, page: Page, busy: str, assert_accessible: Callable[[Page], None]
) -> None:
    def look(path: str) -> None:
        page.goto(f"{live_app.url}/staff/flows{path}")
        judge()

    def judge() -> None:
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url

    enter(live_app, page)
    look("")
    invoice = TITLES[1][1 if page.locator("html").get_attribute("lang") == "en" else 2]
    expect(page.locator("table")).to_contain_text(invoice)  # the step that nobody has done
    look("/tested")
    expect(page.locator("section[aria-labelledby=experiment]")).to_contain_text(
        "Too little data" if page.locator("html").get_attribute("lang") == "en" else "Hay pocos datos"
    )
    look(f"/tested/why?person={busy}")
    for path in ("/first-steps", "/first-steps/versions/1", "/later/draft", "/later/draft/form"):
        look(path)
    look("/first-steps/draft/form")
    for summary in page.locator("details.step > summary").all():
        summary.click()
    judge()
    look("/first-steps/draft/publish")
    page.click("details.more summary")
    judge()
    look("/first-steps/draft")
    page.fill("textarea", "key: [")
    page.click(".draft-text button")
    page.wait_for_selector("main .alert.danger")
    judge()
    look(f"/first-steps/draft/preview?person={busy}")
    expect(page.frame_locator("iframe").locator("plg-checklist h2")).to_be_visible()
    judge()
    look("/first-steps/draft/past?last=365")
    look("/first-steps/draft/publish")
    page.click("main form button")
    page.wait_for_url("**/first-steps")
    look("/first-steps/versions/1")
    look("/first-steps/versions/1/move")
    page.click("form[action$=move] button")
    page.wait_for_selector("main .alert.ok")
    judge()
    look(f"/first-steps/why?person={busy}")
    page.locator("main a[href*='/staff/flows/people/']").first.click()
    expect(page.locator("ol.timeline")).to_be_visible()
    judge()


def enter(live_app: LiveApp, page: Page) -> None:
    page.goto(f"{live_app.url}/staff/login")
    page.fill("[name=email]", "marta@example.com")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff")


@pytest.mark.parametrize("page", [("en", PHONE), ("es", DESKTOP)], indirect=True)
def test_a_rule_is_built_and_the_count_follows(
    live_app: LiveApp, page: Page, busy: str, assert_accessible: Callable[[Page], None]
) -> None:
    members = [make_person(live_app.app, f"w{number}@acme.example") for number in range(1, 13)]
    make_account(live_app.app, *((person, "member") for person in members))
    enter(live_app, page)
    page.goto(f"{live_app.url}/staff/flows/first-steps/draft/form")
    rule = page.locator("[data-rule='audience.when']")
    rule.locator("button").click()
    field, value = rule.locator("[name$=':field']"), rule.locator("[name$=':test_value.0']")
    expect(field).to_be_focused()
    field.fill("person.email")
    value.focus()
    expect(rule.locator("select[name$=':test_op.0'] option[value=starts_with]")).to_be_attached()
    rule.locator("[name$=':test_op.0']").select_option("starts_with")
    value.fill("w1")
    told = rule.locator("[data-count] strong")
    expect(told).to_contain_text(re.compile("4 (of|de) 12"))  # w1, and w10 to w12
    expect(rule.locator("[data-count] li")).to_have_count(4)
    value.fill("nobody")
    expect(told).to_contain_text(re.compile("0 (of|de) 12"))
    rule.locator("button[value*='|turn|r-0']").click()
    expect(told).to_contain_text(re.compile("12 (of|de) 12"))
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".editor-foot button").click()
    expect(page.locator("main .alert.ok")).to_be_visible()
    assert _draft(live_app)["audience"]["when"] == {
        "all": [{"not": {"field": "person.email", "starts_with": "nobody"}}]
    }


def _draft(live_app: LiveApp) -> dict[str, Any]:
    with live_app.app.app_context():
        return drafts.find("first-steps").row.definition


@pytest.mark.parametrize("page", [("es", (1280, 1600))], indirect=True)
def test_the_preview_is_the_real_widget_and_nothing_leaves_its_frame(
    live_app: LiveApp, page: Page, busy: str
) -> None:
    enter(live_app, page)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "/v1/" in request.url else None)
    page.goto(f"{live_app.url}/staff/flows/first-steps/draft/preview?person={busy}&lang_shown=en&width=phone")
    widget = page.frame_locator("iframe").locator("plg-checklist")
    expect(widget.locator("h2")).to_contain_text("First steps")
    expect(widget.locator("li.done")).to_have_count(1)
    widget.get_by_text("Take the tour").click()
    widget.get_by_role("button", name="Mark as done").click()
    expect(widget.locator("li.done")).to_have_count(2)
    widget.get_by_text("New invoice").evaluate("link => link.click()")
    widget.get_by_role("button", name="Hide this checklist").click()
    expect(widget.locator("h2")).to_have_count(0)
    origin = page.frames[1].evaluate("[self.origin, location.pathname]")
    assert origin == ["null", "/staff/flows/first-steps/draft/preview/frame"], "it has no origin, and stayed"
    assert sent == []


@pytest.mark.parametrize("page", [("en", DESKTOP), ("es", PHONE)], indirect=True)
def test_prompts_are_edited_and_previewed_as_they_come_up(
    live_app: LiveApp, page: Page, assert_accessible: Callable[[Page], None]
) -> None:
    one, two = (
        {"key": key, "title": text(key), "anchor": [f"#{key}"], "page": "/x*"} for key in ("one", "two")
    )
    with live_app.app.app_context():
        drafts.save("around", tour("around", one, two), by="staff:1")
        for kind in ("announcement", "banner"):
            drafts.save(f"an-{kind}", prompt(f"an-{kind}", kind), by="staff:1")
        credentials.add_staff("marta@example.com", "Marta Ruiz", PASSWORD)
        db.session.commit()
    enter(live_app, page)
    flows = f"{live_app.url}/staff/flows"
    frame = page.frame_locator("iframe")
    page.goto(f"{flows}/around/draft/form?open=steps.0")
    expect(page.locator("[name='steps.0.anchor']")).to_have_value("#one")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(f"{flows}/around/draft/preview?lang_shown=en")
    page.locator("iframe").scroll_into_view_if_needed()  # a frame that nobody sees does not move
    expect(frame.locator("plg-tour").get_by_text("one", exact=True)).to_be_visible()
    frame.locator("plg-tour").get_by_role("button", name="Next").press("Enter")
    expect(frame.locator("plg-tour").get_by_text("two", exact=True)).to_be_visible()
    assert_accessible(page)
    for kind in ("banner", "announcement"):
        page.goto(f"{flows}/an-{kind}/draft/preview?lang_shown=en")
        expect(frame.locator(f"plg-{kind}").get_by_text(f"About an-{kind}")).to_be_visible()
