"""A learner's way through catalogue, path and closed lessons, and staff who invite and move; also by keyboard and
for assistive technology, on a phone and on a desktop."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from academy import enrolments, invitations, lessons, moves
from academy import paths as learning_paths
from plg.access import credentials
from plg.accounts import accounts, memberships
from plg.kit.db import db
from plg.people import people
from tests.academy.conftest import KEY, School
from tests.academy.samples import course, text
from tests.support.browser import DESKTOP, PHONE

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SHORT = {"quiz": None}


@pytest.fixture
def school(live_app):
    school = School(live_app.app)
    title = {"es": "Facturación esencial", "en": "Essential invoicing"}
    school.publish(title=title, minutes=10, opens=[{"lessons": ["second"], "after_lesson": "first"}])
    opens = [{"lessons": ["second"], "after_days": 3}, {"quiz": True, "after_percent": 60}]
    needs = {"requires": [{"course": KEY}], "audience": {"plans": ["gold"], "public": True}}
    school.publish("slow", title={"es": "Poco a poco", "en": "Step by step"}, opens=opens, minutes=45)
    school.publish("next", title={"es": "Para seguir", "en": "What comes next"}, requires=[{"course": KEY}])
    school.publish("gold", **SHORT, title={"es": "Solo para Oro", "en": "For Gold only"}, **needs)
    with school.turn():
        whole = {"title": text("From scratch"), "summary": text("Three courses in a row")}
        listed = [KEY, "next", {"course": "slow", "optional": True}]
        learning_paths.publish("way", whole | {"courses": listed}, by="tests")
    return school


@pytest.fixture
def browse(live_app, open_page, sign_in):
    def make(locale, viewport, **who):
        client = live_app.app.test_client()
        sign_in(client, **who)
        page = open_page(locale, viewport)
        cookie = client.get_cookie("plg_session")
        page.context.add_cookies([{"name": "plg_session", "value": cookie.value, "url": live_app.url}])
        return page

    return make


@pytest.fixture
def look(live_app, assert_accessible):
    def run(page, path: str, name: str) -> None:
        page.goto(f"{live_app.url}{path}")
        assert_accessible(page)
        keep(page, name)

    return run


def keep(page, name: str) -> None:
    if folder := os.environ.get("PLG_TEST_SHOTS"):
        width = page.viewport_size["width"]
        page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)


@pytest.mark.parametrize(("locale", "viewport"), [("es", PHONE), ("en", DESKTOP)])
def test_a_learner_finds_begins_and_goes_on(live_app, school, browse, look, locale, viewport):
    ana = school.person()
    with school.turn():
        account = accounts.open("Acme", key="acme", by=ana)
        account.timezone = "Europe/Madrid"
        memberships.add(account.id, ana, "owner", by="tests")
        db.session.flush()
        enrolments.enrol(ana, "slow", account_id=account.id)
        lessons.complete(ana, "slow", "first")
    page = browse(locale, viewport, person_id=ana)
    look(page, "/academy", "catalogue")
    page.locator("#field-q").fill("FACTURACION")
    page.locator("#field-q").press("Enter")
    expect(page.locator(".course-card h3 a[href*='/academy/basics']")).to_be_visible()
    expect(page.locator(".course-card h3 a[href*='/academy/slow']")).to_have_count(0)
    look(page, "/academy?q=xyz", "nothing-found")
    look(page, "/academy/paths/way", "path")
    page.locator("aside form button").press("Enter")
    page.locator("aside a.button").click()
    expect(page).to_have_url(f"{live_app.url}/academy/{KEY}")
    look(page, "/academy/next", "course-waits")
    look(page, "/academy/gold", "course-for-others")
    with school.turn():
        token = invitations.invite_all("slow", ["x@example.com"], by="tests")[0].token
    look(page, f"/academy/invitations/{token}", "invitation")
    look(page, "/academy/slow", "course-drip")
    look(page, "/academy/slow/lessons/second", "lesson-locked")


@pytest.mark.parametrize(("locale", "viewport"), [("es", PHONE), ("en", DESKTOP)])
def test_staff_invite_people_and_move_learners(live_app, school, browse, look, locale, viewport):
    school.ready()
    lesson = {"number": 1, "key": "hello", "body": {"es": "# Hola\n\nHola.\n", "en": "# Hello\n\nHi.\n"}}
    title = course()["title"]
    school.publish(lessons=[lesson], title=title)
    with school.turn():
        staff = credentials.add_staff("staff@example.com", "Staff", "a long enough pass phrase").id
    page = browse(locale, viewport, staff_id=staff)
    look(page, "/staff/academy/learners", "learners")
    page.locator("main th a").first.click()
    page.locator("button[value=show]").click()
    expect(page.locator("main [role=alert]")).to_contain_text("first")
    page.locator("#field-map").fill("first=hello\nsecond=")
    page.locator("button[value=show]").click()
    expect(page.locator("main table").last).to_be_visible()
    keep(page, "move")
    page.locator("button[value=move]").click()
    page.locator("#field-emails").fill("ana@example.com, nobody")
    page.locator("#invite ~ form button").click()
    expect(page.locator(".error")).to_contain_text("nobody")
    page.locator("#field-emails").fill("ana@example.com\nbob@example.com")
    page.locator("#invite ~ form button").click()
    expect(page.locator("main, .flashes").first).to_contain_text("2")
    look(page, f"/staff/academy/learners/{KEY}", "learners-of-course")
    person = school.person("Bob")
    with school.turn():
        bob = people.get(person).public_id
        account = accounts.open("Acme", key="acme", by=person)
        memberships.add(account.id, person, "member", by="tests")
    look(page, f"/staff/academy/learners/gold?person={bob}", "why")
    expect(page.locator(".reasons li")).to_have_count(3)
    with school.turn():
        assert moves.latest(KEY) is not None
