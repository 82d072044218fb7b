"""A course in a real browser: written from nothing by keyboard, looked at, published, and taken as a learner."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from plg.access import credentials
from plg.kit.db import db
from tests.academy.conftest import School
from tests.conftest import LiveApp
from tests.support.browser import DESKTOP, PHONE

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
WIDE = "document.documentElement.scrollWidth <= innerWidth"


class Author:
    """A member of staff at the keyboard: what is filled in is sent by Enter, buttons are pressed by it."""

    def __init__(self, page: Page, url: str, judge: Callable[[Page], None]) -> None:
        self.page, self.url, self.judge = page, url, judge

    def open(self, path: str) -> None:
        self.page.goto(f"{self.url}/staff/courses{path}")

    def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            self.page.locator(f"main [name='{name.replace('__', '.')}']").fill(value)

    def press(self, name: str, *, judged: bool = False) -> None:
        """Reach the button or link, press Enter, and read the page that comes."""
        control = self.page.locator("main").get_by_role("button", name=name, exact=True)
        if not control.count():
            control = self.page.locator("main").get_by_role("link", name=name, exact=True)
        control.first.focus()
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        if judged:
            self.judge(self.page)
        assert self.page.evaluate(WIDE), self.page.url


@pytest.fixture
def browse(
    live_app: LiveApp, open_page: Callable[..., Page], sign_in: Callable[..., str]
) -> Callable[..., Page]:
    """A page in which somebody has signed in: `browse("es", PHONE, staff_id=1)`."""

    def make(locale: str, viewport: tuple[int, int], **who: int) -> Page:
        client = live_app.app.test_client()
        sign_in(client, **who)
        cookie = client.get_cookie("plg_session")
        page = open_page(locale, viewport)
        page.context.add_cookies([{"name": "plg_session", "value": cookie.value, "url": live_app.url}])
        return page

    return make


def test_a_course_is_written_from_nothing_published_and_taken(
    live_app: LiveApp, browse: Callable[..., Page], assert_accessible: Callable[[Page], None]
) -> None:
    with live_app.app.app_context():
        staff = credentials.add_staff("marta@example.com", "Marta Ruiz", "correct horse battery").id
        db.session.commit()
    author = Author(browse("en", DESKTOP, staff_id=staff), live_app.url, assert_accessible)
    write(author)
    look(author)
    author.open("/invoices/draft/publish")
    author.press("Publish")
    expect(author.page.get_by_role("status")).to_contain_text("Version 1 is live now.")
    learner = browse("es", PHONE, person_id=School(live_app.app).person())
    take(learner, live_app.url)
    author.open("/invoices")
    expect(author.page.locator("tbody tr")).to_contain_text("1")


def write(author: Author) -> None:
    author.open("")
    author.fill(es="Facturas", en="Invoices", key="invoices")
    author.press("Write it")
    author.press("Settings")
    author.fill(course__summary__es="Todo sobre facturas.", course__summary__en="All about invoices.")
    author.press("Save the draft")
    author.press("Outline")
    author.fill(es="Enviar", en="Send", key="send")
    author.press("Add the lesson")
    author.fill(es="# Enviar\n\nPulsa **Enviar**.", en="# Send\n\nPress **Send**.")
    author.press("Look at it")
    expect(author.page.locator(".looks strong").first).to_have_text("Enviar")
    author.press("Save the draft")
    author.press("Quiz")
    author.press("Add a quiz")
    author.press("Write it")
    author.fill(text__es="¿Qué pulsas?", text__en="What do you press?")
    for row, (es, en) in enumerate((("Enviar", "Send"), ("Nada", "Nothing"))):
        author.fill(**{f"option__{row}__text__es": es, f"option__{row}__text__en": en})
    author.page.locator("[name=right]").first.press("Space")
    author.press("Save the question")
    expect(author.page.locator(".alert.warn")).to_have_count(0)


def look(author: Author) -> None:
    """The preview leads through the whole course and records nothing."""
    author.press("Preview", judged=True)
    author.press("Begin the course", judged=True)
    expect(author.page.get_by_role("note")).to_contain_text("Nothing of what you do here is recorded.")
    author.press("Complete and continue", judged=True)
    author.page.get_by_label("Send").press("Space")
    author.press("Mark these answers", judged=True)
    expect(author.page.locator("#outcome")).to_have_text("Such answers pass")


def take(page: Page, url: str) -> None:
    page.goto(f"{url}/academy/invoices")
    page.get_by_role("button", name="Empezar el curso").click()
    expect(page.locator("article strong")).to_have_text("Enviar")
    page.locator("article form button").click()
    page.locator("main form button").click()
    page.get_by_label("Enviar").check()
    page.locator("button[value=submit]").click()
    expect(page.locator("#outcome")).to_contain_text("Aprobado")


@pytest.mark.parametrize(("locale", "viewport"), [("es", PHONE)])
def test_every_page_of_a_draft_can_be_read_on_a_phone(
    live_app: LiveApp,
    browse: Callable[..., Page],
    assert_accessible: Callable[[Page], None],
    locale: str,
    viewport: tuple[int, int],
) -> None:
    School(live_app.app).publish("basics")
    with live_app.app.app_context():
        staff = credentials.add_staff("marta@example.com", "Marta Ruiz", "correct horse battery").id
        db.session.commit()
    page = browse(locale, viewport, staff_id=staff)
    page.goto(f"{live_app.url}/staff/courses/basics/draft")
    page.get_by_role("button", name="Quitar (Lección 2)").click()
    for path in ("", "/basics", "/basics/versions/1"):
        read(page, f"{live_app.url}/staff/courses{path}", assert_accessible)
    for part in (
        "",
        "/settings",
        "/lessons/first",
        "/quiz",
        "/quiz/one",
        "/files",
        "/files/quiz.yaml",
        "/publish",
    ):
        read(page, f"{live_app.url}/staff/courses/basics/draft{part}", assert_accessible)


def read(page: Page, address: str, judge: Callable[[Page], None]) -> None:
    page.goto(address)
    judge(page)
    assert page.evaluate(WIDE), page.url
