"""Sign-in by a link: the same answer for every address, one use, no surprise for whoever owns the address."""

import datetime as dt

import pyotp
import pytest
from sqlalchemy import update

from plg.access import credentials, second_step, totp
from plg.access.models import Credential, OneTimeToken
from plg.kit.clock import now
from plg.kit.db import db
from tests.support.story import in_parallel
from tests.web.test_sign_in import ELSEWHERE
from tests.web.visits import PASSWORD, SIGN_UP, count, link_to, mails, sign_up, signed_up, visitor

ANA = SIGN_UP["email"]


@pytest.fixture
def ana(house):
    return signed_up(house)


def ask(house, who=None, **fields):
    who = who or visitor(house)
    assert who.submit("/login/link", **({"email": ANA} | fields)).location == "/login/link/sent"
    return link_to(house, ANA, "sign-in-link")


def test_a_link_signs_in_in_any_browser_once(house, ana):
    link = ask(house)
    who = visitor(house)

    assert who.submit(link).location == "/workspace"
    assert who.read("/workspace").status_code == 200
    assert visitor(house).submit(link, seen_on="/login").status_code == 410


def test_opening_the_link_uses_nothing_up(house, ana):
    link = ask(house)
    scanner = visitor(house)

    assert [scanner.read(link).status_code for _ in range(3)] == [200] * 3
    assert scanner.read("/workspace").status_code == 302
    assert visitor(house).submit(link).location == "/workspace"


def test_of_many_clicks_at_once_one_signs_in(house, ana):
    link = ask(house)
    visitors = [visitor(house) for _ in range(5)]
    for each in visitors:
        each.read(link)

    answers = in_parallel(house, 5, lambda i: visitors[i].submit(link, seen_on="/login/link"))

    assert sorted(answer.status_code for answer in answers) == [303] + [410] * 4


def test_a_link_expires_and_a_newer_one_replaces_it(house, ana):
    first, second = ask(house), ask(house)
    assert visitor(house).read(first).status_code == 410
    with house.app_context():
        db.session.execute(update(OneTimeToken).values(expires_at=now() - dt.timedelta(seconds=1)))
        db.session.commit()

    assert visitor(house).submit(second, seen_on="/login").status_code == 410


def test_a_link_for_one_purpose_serves_no_other(house, ana):
    sign_in = ask(house)
    visitor(house).submit("/forgot", email=ANA)
    reset = link_to(house, ANA, "reset-password")

    who = visitor(house)
    assert who.read(sign_in.replace("/login/link/", "/reset/")).status_code == 410
    assert who.read(reset.replace("/reset/", "/login/link/")).status_code == 410


def test_nobody_learns_whether_an_address_is_known(house, ana):
    known, unknown = visitor(house), visitor(house)
    answers = [known.submit("/login/link", email=ANA), unknown.submit("/login/link", email="x@acme.example")]
    pages = [each.read("/login/link/sent").text for each in (known, unknown)]

    assert [_told(answer) for answer in answers] == [_told(answers[0])] * 2
    assert pages[0] == pages[1].replace("x@acme.example", ANA)
    assert [mail.template for mail in mails(house, "x@acme.example")] == ["no-account"]
    assert "/login/link/" not in mails(house, "x@acme.example")[0].text


def _told(answer):
    """Status, headers and the names and lengths of cookies: all that a stranger sees beside the text."""
    headers = {k: v for k, v in answer.headers.items() if k not in {"X-Request-Id", "Set-Cookie"}}
    return (
        answer.status_code,
        headers,
        sorted(c.partition("=")[0] for c in answer.headers.getlist("Set-Cookie")),
    )


def test_the_link_goes_on_to_the_page_that_was_asked_for(house, ana):
    link = ask(house, next="/workspace/members")

    assert visitor(house).submit(link).location == "/workspace/members"


@pytest.mark.parametrize("target", ELSEWHERE)
def test_the_link_leads_to_no_other_site(house, ana, target):
    link = ask(house, next=target)

    assert visitor(house).submit(link).location == "/workspace"


def test_who_reads_the_mail_has_confirmed_the_address_and_a_strangers_password_goes(house):
    """Somebody else may have signed up with this address, waiting for its owner to confirm it by a click."""
    sign_up(house)
    owner = visitor(house)
    assert owner.submit(ask(house)).location == "/workspace"

    assert count(house, Credential, Credential.email_confirmed_at.is_not(None)) == 1
    assert visitor(house).submit("/login", email=ANA, password=PASSWORD).status_code == 401


def test_a_person_without_a_password_chooses_one(house):
    sign_up(house)
    owner = visitor(house)
    owner.submit(ask(house))

    page = owner.read("/workspace/security").text
    assert "None. You sign in by mail" in page
    assert owner.submit("/workspace/security/password", password="a phrase of my own").status_code == 303
    assert visitor(house).submit("/login", email=ANA, password="a phrase of my own").location == "/workspace"


def test_the_second_step_follows_a_link_too(house, ana):
    with house.app_context():
        person = credentials.find(ANA).person_id
        secret = totp.begin(person, ANA).secret
        app = pyotp.TOTP(secret)
        step = int(now().timestamp()) // 30
        second_step.turn_on(person, app.generate_otp(step - 1))
        db.session.commit()
    who = visitor(house)

    assert who.submit(ask(house, next="/workspace/members")).location == "/login/code"
    assert who.read("/workspace").status_code == 302
    assert who.submit("/login/code", code=app.generate_otp(step)).location == "/workspace/members"
    assert who.read("/workspace").status_code == 200


def test_an_address_is_not_flooded_with_links(make_app):
    app = make_app(rate_limits=True)

    answers = [visitor(app).submit("/login/link", email=ANA).status_code for _ in range(8)]

    assert answers == [303] * 6 + [429] * 2


def test_what_is_no_address_is_said(house):
    answer = visitor(house).submit("/login/link", email="ana@")

    assert answer.status_code == 422
    assert "Enter an address such as" in answer.text
