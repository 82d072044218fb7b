"""Members, workspaces and their settings in a real browser: by a link, by a domain, on a phone, by keyboard."""

import pytest
from playwright.sync_api import expect

from plg.access import invited
from plg.kit.db import db
from tests.support.browser import DESKTOP, PHONE
from tests.support.story import publish_plans
from tests.web.visits import PASSWORD, link_to

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

ANA, BEA = "ana@acme-corp.com", "bea@acme-corp.com"
READERS = [("en", DESKTOP), ("es", PHONE)]
SUBMIT = "main form button:not([type=button])"


@pytest.fixture
def house(live_app):
    publish_plans(live_app.app)
    with live_app.app.app_context():
        for address, name in ((ANA, "Ana García"), (BEA, "Bea Soler")):
            invited.admit(address, name, PASSWORD)
            db.session.commit()
    return live_app


@pytest.fixture
def judged(assert_accessible):
    """Judges the page that is open: axe, and nothing wider than the screen."""

    def judge(page):
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url

    return judge


def sign_in(page, house, email):
    page.goto(f"{house.url}/login")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/workspace")


def open_workspace(page, house, name="Acme"):
    page.goto(f"{house.url}/workspaces")
    page.fill("main [name=name]", name)
    page.press("main [name=name]", "Enter")
    page.wait_for_url("**/workspace")


@pytest.mark.parametrize("page", READERS, indirect=True)
def test_somebody_new_joins_by_a_link_that_was_passed_on(house, page, open_page, judged):
    sign_in(page, house, ANA)
    open_workspace(page, house)
    page.goto(f"{house.url}/workspace/members")
    page.click("details.more >> nth=1")
    judged(page)
    page.fill("[name=max_uses]", "3")
    page.press("[name=max_uses]", "Enter")
    page.wait_for_selector("code.secret")
    judged(page)
    link = page.inner_text("code.secret")

    cleo = open_page()
    cleo.goto(link)
    judged(cleo)
    cleo.fill("[name=email]", "cleo@elsewhere.com")
    cleo.click(SUBMIT)
    cleo.wait_for_url("**/join/sent")
    judged(cleo)
    cleo.goto(house.url + link_to(house.app, "cleo@elsewhere.com", "invitation"))
    cleo.fill("[name=name]", "Cleo Vidal")
    cleo.fill("[name=password]", PASSWORD)
    cleo.click(SUBMIT)
    cleo.wait_for_url("**/workspace")

    page.reload()
    assert "Cleo Vidal" in page.inner_text("main")
    judged(page)


@pytest.mark.parametrize("page", READERS, indirect=True)
def test_a_colleague_asks_to_join_by_the_companys_domain_and_is_let_in(house, page, open_page, judged):
    sign_in(page, house, ANA)
    open_workspace(page, house)
    page.goto(f"{house.url}/workspace/settings")
    assert page.input_value("main [name=domain]") == "acme-corp.com"
    page.press("main [name=domain]", "Enter")
    page.wait_for_selector("h3:has-text('acme-corp.com')")
    judged(page)

    bea = open_page()
    sign_in(bea, house, BEA)
    bea.click("details.menu summary")
    judged(bea)
    bea.click("details.menu a[href='/workspaces/join']")
    judged(bea)
    bea.click("main .tasks button")
    bea.wait_for_selector(".alert")
    judged(bea)

    page.goto(house.url + link_to(house.app, ANA, "join-request"))
    judged(page)
    page.click("main .button.primary")
    page.wait_for_url("**/workspace/members")
    assert "Bea Soler" in page.inner_text("main")
    bea.goto(f"{house.url}/workspace")
    assert bea.inner_text("h1") == "Acme"


@pytest.mark.parametrize("page", READERS, indirect=True)
def test_a_workspace_that_will_be_deleted_says_so_everywhere_and_is_kept(house, page, judged):
    sign_in(page, house, ANA)
    open_workspace(page, house)
    page.goto(f"{house.url}/workspace/settings")
    page.fill("[name=domain]", "acme-labs.com")
    page.press("[name=domain]", "Enter")
    page.wait_for_selector("code")
    judged(page)
    page.fill("[name=confirm_name]", "Acme")
    page.press("[name=confirm_name]", "Enter")
    page.wait_for_selector(".alert.warn")
    judged(page)
    for path in ("/workspace", "/workspace/members", "/workspaces"):
        page.goto(house.url + path)
        page.wait_for_selector(".alert.warn form")
        judged(page)

    page.click(".alert.warn button")

    page.wait_for_selector(".alert.ok")
    expect(page.locator(".alert.warn")).to_have_count(0)


@pytest.mark.parametrize("page", READERS, indirect=True)
def test_a_list_with_faults_names_each_line_and_sends_the_good_ones(house, page, judged):
    sign_in(page, house, ANA)
    open_workspace(page, house)
    page.goto(f"{house.url}/workspace/members")
    page.click("details.more >> nth=0")
    page.fill("[name=list]", "cleo@elsewhere.com\nnobody\ndora@elsewhere.com,admin")
    page.click("details[open] button:not([name])")
    page.wait_for_selector(".alert.danger")
    judged(page)

    page.click("[name=only_good]")

    page.wait_for_selector(".alert.ok")
    assert link_to(house.app, "cleo@elsewhere.com", "invitation")
    judged(page)
