"""The growth page in a real browser."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from playwright.sync_api import expect

from plg.demo.history import load, simulate
from plg.exports import exports, running
from plg.growth import cohorts, report_form, saved_reports
from plg.growth.labels import KINDS
from plg.kit.clock import now
from plg.kit.db import db
from tests.support.browser import DESKTOP, PHONE
from tests.support.visitors import a_customer, visitor

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


BUILT = ["reports/build?kind=funnel", "reports/build?kind=paths"]


@pytest.fixture
def paths(live_app):
    """Addresses below /growth, after a simulated month and with a report of each kind kept."""
    with live_app.app.app_context():
        load(simulate(days=30, people=80, seed=3, until=now() - dt.timedelta(minutes=5)))
        for kind in KINDS:
            told = report_form.example(kind, "UTC")
            saved_reports.save(f"My {kind}", kind, json.loads(told["definition"]), 30, by="tests")
        kept = [each.public_id for each in saved_reports.all_reports()]
        board = saved_reports.add_dashboard("Everything", kept, by="tests").public_id
        definition = json.loads(report_form.example("funnel", "UTC")["definition"])
        question = cohorts.Question("funnel", definition, {"step": 2, "dropped": True}, 30)
        cohort = cohorts.keep("Stopped before paying", question, dynamic=True, by="tests").public_id
        told = {"format_": "parquet", "target": "folder", "every": "day", "by": "tests"}
        export = exports.add("events", folder="all-events", **told)
        db.session.commit()
        running.run(export.id, now())
        export_id = export.public_id
        db.session.commit()
    people = 'people/funnel?actor=person&number={"step":2,"dropped":true}'
    pages = ["reports", "reports/new?kind=retention", f"reports/{kept[4]}", f"dashboards/{board}", people]
    return [*pages, "cohorts", f"cohorts/{cohort}", "exports", f"exports/{export_id}", "sql", *BUILT]


@pytest.fixture
def cookie(live_app, paths):
    """A staff member's browser session."""
    with live_app.app.app_context():
        customer = a_customer("ours", "Our Own Company")
        db.session.commit()
    staff = visitor(live_app.app, "staff", customer)
    return {"name": "plg_session", "value": staff.client.get_cookie("plg_session").value, "url": live_app.url}


@pytest.mark.parametrize(
    ("locale", "viewport", "scheme"),
    [("en", DESKTOP, "light"), ("es", PHONE, "dark"), ("es", DESKTOP, "dark"), ("en", PHONE, "light")],
)
def test_the_page_is_accessible_and_fits_the_screen(
    live_app, cookie, open_page, assert_accessible, locale, viewport, scheme
):
    page = open_page(locale, viewport, color_scheme=scheme)
    page.context.add_cookies([cookie])
    page.goto(f"{live_app.url}/growth")
    page.locator("main details summary").click()
    expect(page.locator(".funnel li")).to_have_count(5)
    expect(page.locator("figure.chart rect").nth(5)).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert_accessible(page)


@pytest.mark.parametrize(("locale", "viewport", "scheme"), [("en", DESKTOP, "light"), ("es", PHONE, "dark")])
def test_reports_and_dashboards_are_accessible_and_fit_the_screen(
    live_app, paths, cookie, open_page, assert_accessible, locale, viewport, scheme
):
    page = open_page(locale, viewport, color_scheme=scheme)
    page.context.add_cookies([cookie])
    for path in paths:
        page.goto(f"{live_app.url}/growth/{path}")
        assert page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        ), path
        assert_accessible(page)


def test_the_form_works_without_javascript(live_app, cookie, open_page):
    page = open_page("en", java_script_enabled=False)
    page.context.add_cookies([cookie])
    page.goto(f"{live_app.url}/growth")
    page.get_by_label("First day").fill((now() - dt.timedelta(days=3)).date().isoformat())
    page.get_by_label("Count", exact=True).select_option("person")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**actor=person**")
    expect(page.locator("main details tr")).to_have_count(5)


def test_a_funnel_is_built_without_javascript(live_app, paths, cookie, open_page):
    page = open_page("es", PHONE, java_script_enabled=False)
    page.context.add_cookies([cookie])
    page.goto(f"{live_app.url}/growth/{BUILT[0]}")
    page.get_by_role("button", name="Añadir un paso").click()
    expect(page.get_by_role("combobox", name="Evento", exact=True)).to_have_count(3)
    for number, name in enumerate(("Signed Up", "Invoice Sent", "Subscription Started")):
        page.locator(f"[name='steps.{number}.events.0']").fill(name)
    page.get_by_role("button", name="Mostrar", exact=True).click()
    expect(page.locator("#shown svg")).to_be_visible()
    page.get_by_label("Nombre").fill("Mi embudo")
    page.get_by_role("button", name="Guardar y mostrar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mi embudo")
