"""Each way in, in a real browser: a password, a passkey (Chromium's virtual authenticator), a link, a code."""

import re

import pyotp
import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from plg.access import sessions
from plg.access.models import SignInSession
from plg.kit.clock import now
from plg.kit.db import db
from tests.support.browser import DESKTOP, PHONE
from tests.support.live_server import live_server, loopback_socket, url_of
from tests.support.story import publish_plans
from tests.web.visits import PASSWORD, SIGN_UP, link_to, mails, signed_up

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

ANA = SIGN_UP["email"]
SUBMIT = "main form button:not([type=button])"
READERS = [("en", DESKTOP), ("es", PHONE)]


class House:
    """The app under `localhost`, because browsers bind passkeys to names and not to IP addresses."""

    def __init__(self, app, url):
        self.app, self.url = app, url


@pytest.fixture
def house(make_app):
    listener = loopback_socket()
    url = url_of(listener).replace("127.0.0.1", "localhost")
    app = make_app(public_url=url)
    publish_plans(app)
    signed_up(app)
    with live_server(app, listener):
        yield House(app, url)


@pytest.fixture
def judged(assert_accessible):
    def judge(page):
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url

    return judge


def with_authenticator(page):
    """Give the page's browser a built-in authenticator with a fingerprint that always fits."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable", {"enableUI": False})
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    found = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, found["authenticatorId"]


def without_suggestions(page):
    """A browser that offers passkeys by the button alone."""
    page.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = async () => false")


def stay_with_ones_language(page, house):
    """The reader's choice of their browser's language, which counts more than what they signed up in."""
    page.goto(f"{house.url}/login")
    page.goto(f"{house.url}/login?lang={page.get_attribute('html', 'lang')}")


def sign_in(page, house, password=PASSWORD):
    page.goto(f"{house.url}/login")
    page.fill("[name=email]", ANA)
    page.fill("[name=password]", password)
    page.click("form:has([name=password]) button:not([type=button])")


def sign_out(page):
    page.click("details.menu summary")
    page.click("details.menu form[action='/logout'] button")
    page.wait_for_url("**/login")


def add_passkey(page, house, name="My laptop"):
    page.goto(f"{house.url}/workspace/security")
    page.click("a[href$='/passkeys/new']")
    page.fill("[name=name]", name)
    page.click("form[data-passkey] button")
    page.wait_for_url("**/workspace/security")


def code(secret, steps=0):
    return pyotp.TOTP(secret).generate_otp(int(now().timestamp()) // 30 + steps)


def turn_on_two_step(page, house):
    page.goto(f"{house.url}/workspace/security")
    page.click("form[action$='/two-step/begin'] button")
    page.wait_for_url("**/two-step")
    page.click("details.more summary")
    secret = page.inner_text("code.wrap").replace(" ", "")
    page.fill("[name=code]", code(secret, -1))
    page.click(SUBMIT)
    page.wait_for_selector("#codes")
    return secret, page.inner_text("#codes").split()


def test_a_password_signs_in(house, page):
    sign_in(page, house)

    page.wait_for_url("**/workspace")


def test_a_passkey_is_added_signs_in_and_when_removed_no_more(house, page):
    with_authenticator(page)
    without_suggestions(page)
    sign_in(page, house)
    page.wait_for_url("**/workspace")
    add_passkey(page, house)
    expect(page.locator("text=My laptop").first).to_be_visible()
    sign_out(page)

    page.goto(f"{house.url}/login?next=/workspace/members")
    page.click("text=Sign in with a passkey")
    page.wait_for_url(lambda url: "/login" not in url)
    assert page.url.endswith("/workspace/members")

    page.goto(f"{house.url}/workspace/security")
    page.click("form[action$='/remove'] button")
    page.wait_for_selector(".alert.ok")
    sign_out(page)
    page.click("text=Sign in with a passkey")
    page.wait_for_selector(".alert.danger")
    assert page.url.endswith("/login/passkey")


def test_a_passkey_shows_again_who_it_is_before_something_changes(house, page):
    with_authenticator(page)
    without_suggestions(page)
    sign_in(page, house)
    page.wait_for_url("**/workspace")
    add_passkey(page, house)
    with house.app.app_context():
        db.session.execute(update(SignInSession).values(proved_at=now() - sessions.FRESH))
        db.session.commit()

    page.goto(f"{house.url}/workspace/security/password")
    page.wait_for_url(re.compile("confirm.next="))
    page.click("form[data-passkey] button")
    page.wait_for_url("**/workspace/security/password")


def test_the_address_field_offers_the_passkey_by_itself(house, page):
    """Conditional mediation: the browser suggests it, and choosing it signs in without another click."""
    with_authenticator(page)
    sign_in(page, house)
    page.wait_for_url("**/workspace")
    add_passkey(page, house)
    sign_out(page)

    page.wait_for_url("**/workspace")
    assert page.get_attribute("html", "lang")


def test_a_passkey_needs_no_code_though_two_step_sign_in_is_on(house, page):
    with_authenticator(page)
    sign_in(page, house)
    page.wait_for_url("**/workspace")
    add_passkey(page, house)
    turn_on_two_step(page, house)
    page.goto(f"{house.url}/workspace")
    sign_out(page)

    page.wait_for_url("**/workspace")


def test_a_link_in_a_mail_signs_in(house, page, open_page):
    page.goto(f"{house.url}/login?next=/workspace/members")
    page.click("a[href^='/login/link']")
    page.fill("[name=email]", ANA)
    page.click(SUBMIT)
    page.wait_for_url("**/login/link/sent")

    elsewhere = open_page()
    link = house.url + link_to(house.app, ANA, "sign-in-link")
    elsewhere.goto(link)
    elsewhere.goto(link)
    elsewhere.click(SUBMIT)
    elsewhere.wait_for_url("**/workspace/members")


def test_a_code_of_an_app_and_a_recovery_code_are_second_steps(house, page):
    sign_in(page, house)
    page.wait_for_url("**/workspace")
    secret, codes = turn_on_two_step(page, house)
    assert len(codes) == 10
    page.goto(f"{house.url}/workspace")
    sign_out(page)

    sign_in(page, house)
    page.wait_for_url("**/login/code")
    page.fill("[name=code]", "not a code")
    page.click(SUBMIT)
    page.wait_for_selector("#field-code-error")
    page.fill("[name=code]", code(secret))
    page.click(SUBMIT)
    page.wait_for_url("**/workspace")
    sign_out(page)

    sign_in(page, house)
    page.wait_for_url("**/login/code")
    page.fill("[name=code]", codes[4])
    page.click(SUBMIT)
    page.wait_for_url("**/workspace")
    page.goto(f"{house.url}/workspace/security")
    assert "9 are left." in page.inner_text("main")
    assert mails(house.app, ANA)[-1].template == "ways-changed"


def test_how_hard_a_new_password_is_to_guess_is_said_while_it_is_typed(house, page):
    sign_in(page, house)
    page.wait_for_url("**/workspace")
    page.goto(f"{house.url}/workspace/security/password")

    page.type("[name=password]", "password1")
    page.wait_for_selector("text=tried first everywhere")
    page.fill("[name=password]", "")
    page.type("[name=password]", "correct horse battery staple")
    page.wait_for_selector("text=A strong password.")
    expect(page.locator(".field progress")).to_be_visible()


@pytest.mark.parametrize(("path", "field"), [("/signup", "name"), ("/login", "email")])
def test_a_password_may_be_pasted(house, page, path, field):
    page.goto(f"{house.url}{path}")
    page.fill(f"[name={field}]", "correct horse battery")
    page.press(f"[name={field}]", "ControlOrMeta+a")
    page.press(f"[name={field}]", "ControlOrMeta+c")
    page.press("[name=password]", "ControlOrMeta+v")

    expect(page.locator("[name=password]")).to_have_value("correct horse battery")


@pytest.mark.parametrize("page", READERS, indirect=True)
def test_every_page_about_signing_in_can_be_read_by_everybody(house, page, judged):
    with_authenticator(page)
    stay_with_ones_language(page, house)
    page.goto(f"{house.url}/login/link")
    judged(page)
    page.fill("[name=email]", ANA)
    page.click(SUBMIT)
    page.goto(house.url + link_to(house.app, ANA, "sign-in-link"))
    judged(page)
    page.click(SUBMIT)
    page.wait_for_url("**/workspace")
    for path in ("", "/confirm", "/password", "/address", "/passkeys/new"):
        page.goto(f"{house.url}/workspace/security{path}")
        judged(page)
    add_passkey(page, house)
    page.click("form[action$='/two-step/begin'] button")
    judged(page)
    page.click("details.more summary")
    secret = page.inner_text("code.wrap").replace(" ", "")
    page.fill("[name=code]", code(secret, -1))
    page.click(SUBMIT)
    page.wait_for_selector("#codes")
    judged(page)
    page.goto(f"{house.url}/workspace/security")
    page.click("details.more summary")
    judged(page)


@pytest.mark.parametrize("page", READERS, indirect=True)
def test_the_pages_behind_links_about_an_address_can_be_read_by_everybody(house, page, judged):
    stay_with_ones_language(page, house)
    sign_in(page, house)
    page.wait_for_url("**/workspace")
    page.goto(f"{house.url}/workspace/security/address")
    page.fill("[name=email]", "new@acme.example")
    page.click(SUBMIT)
    page.wait_for_url("**/address/sent")
    page.goto(house.url + link_to(house.app, "new@acme.example", "confirm-change"))
    judged(page)
    page.click(SUBMIT)
    page.wait_for_selector("text=new@acme.example")
    judged(page)
    page.goto(house.url + link_to(house.app, ANA, "address-changed"))
    judged(page)
    page.click(SUBMIT)
    page.wait_for_url(re.compile("/reset/"))
    judged(page)


def test_nothing_of_it_needs_javascript_but_passkeys(house, open_page):
    page = open_page(java_script_enabled=False)
    page.goto(f"{house.url}/login")
    assert not page.locator("text=Sign in with a passkey").is_visible()
    sign_in(page, house)
    page.wait_for_url("**/workspace")
    turn_on_two_step(page, house)
    page.goto(f"{house.url}/workspace/security/passkeys/new")
    assert page.locator("[data-no-passkeys]").is_visible()
