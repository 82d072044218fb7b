"""A visitor becomes somebody with a trial."""

import pytest
import requests
from playwright.sync_api import expect

from tests.browser import steps
from tests.support.browser import PHONE

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]


def test_a_visitor_signs_up_confirms_the_address_and_sees_the_days_left(demo, open_page, picture) -> None:
    eva = steps.a_visitor()
    page = open_page("es")

    steps.sign_up(page, demo, eva)
    assert eva.email in page.locator("main").inner_text()
    workspace = steps.confirm(page, demo, eva)

    expect(workspace.get_by_role("heading", name=eva.company)).to_be_visible()
    expect(workspace.locator("main")).to_contain_text("quedan 14 días")
    picture(workspace, "trial")
    person = demo.api(f"/v1/people/{eva.email}")
    (account,) = person["accounts"]
    entitlements = demo.api("/v1/entitlements", account=account["id"])
    assert entitlements["plan"]["key"] == "trial"
    assert {"Signed Up", "Email Confirmed", "Trial Started"} <= set(demo.events_of(person["id"]))


def test_a_confirmation_link_works_once_and_the_phone_shows_the_same_trial(demo, open_page) -> None:
    eva = steps.a_visitor()
    page = open_page("en", PHONE)
    steps.sign_up(page, demo, eva)
    workspace = steps.confirm(page, demo, eva)
    expect(workspace.locator("main")).to_contain_text("Your trial runs for 14 more days")
    assert workspace.evaluate("document.documentElement.scrollWidth <= innerWidth")

    mails = requests.get(f"{demo.sandbox('inbox')}/api/messages?to={eva.email}", timeout=20).json()[
        "messages"
    ]
    link = next(link for link in mails[0]["links"] if "/verify/" in link)
    stranger = open_page("en")
    stranger.goto(link)

    expect(stranger.locator("main form button[type=submit]")).to_have_count(0)
    assert "workspace" not in stranger.url
