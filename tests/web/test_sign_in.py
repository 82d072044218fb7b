"""Sign-in, sign-out and forgotten passwords: nothing is given away, nothing works twice, nobody rides along."""

import datetime as dt

import pytest
from sqlalchemy import update

from plg.access import credentials
from plg.access.models import Credential, OneTimeToken, SignInSession
from plg.kit.clock import now
from plg.kit.db import db
from tests.support.story import publish_plans
from tests.web.visits import PASSWORD, SIGN_UP, count, link_to, mails, sign_up, signed_up, visitor

ANA = SIGN_UP["email"]
NEW = "a quite different phrase"
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "javascript:alert(1)",
    "evil.example",
]


@pytest.fixture
def ana(house):
    return signed_up(house)


def log_in(who, password=PASSWORD, **fields):
    return who.submit("/login", email=ANA, password=password, **fields)


def test_a_person_signs_in_and_out(house, ana):
    who = visitor(house)
    assert log_in(who).location == "/workspace"
    assert who.read("/workspace").status_code == 200

    assert who.submit("/logout", seen_on="/workspace").location == "/login"

    assert who.read("/workspace").location == "/login?next=/workspace"


def test_signing_out_ends_the_session_for_a_copied_cookie_too(house, ana):
    copied = ana.client.get_cookie("plg_session").value
    ana.submit("/logout", seen_on="/workspace")

    thief = visitor(house)
    thief.client.set_cookie("plg_session", copied)

    assert thief.read("/workspace").status_code == 302


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(house, ana):
    wrong = log_in(visitor(house), "not the password")
    unknown = visitor(house).submit("/login", email="nobody@acme.example", password="not the password")

    assert wrong.status_code == unknown.status_code == 401
    assert _page(wrong) == _page(unknown).replace("nobody@acme.example", ANA)
    assert "not the password" not in wrong.text


def _page(answer):
    return "\n".join(line for line in answer.text.splitlines() if "csrf_token" not in line)


def test_an_address_that_nobody_confirmed_does_not_sign_in(house):
    sign_up(house)
    who = visitor(house)

    assert log_in(who).location == "/signup/sent"

    assert who.read("/workspace").status_code == 302
    assert [mail.template for mail in mails(house, ANA)] == ["confirm-email", "confirm-email"]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_sign_in_leads_to_no_other_site(house, ana, target):
    who = visitor(house)

    assert 'name="next"' not in who.read("/login", query_string={"next": target}).text
    assert log_in(who, next=target).location == "/workspace"


def test_sign_in_goes_on_to_the_page_that_was_asked_for(house, ana):
    who = visitor(house)
    asked = who.read("/workspace/members")
    assert asked.location == "/login?next=/workspace/members"

    assert 'value="/workspace/members"' in who.read(asked.location).text
    assert log_in(who, next="/workspace/members").location == "/workspace/members"


def test_a_session_planted_before_sign_in_ends_with_it(house, ana):
    eve = signed_up(house, email="eve@acme.example", company="Eve")
    planted = eve.client.get_cookie("plg_session").value
    victim = visitor(house)
    victim.client.set_cookie("plg_session", planted)
    page = victim.read("/workspace").text.split('name="csrf_token" value="')[1].split('"')[0]

    victim.send("/login", csrf_token=page, email=ANA, password=PASSWORD)

    assert victim.client.get_cookie("plg_session").value != planted
    attacker = visitor(house)
    attacker.client.set_cookie("plg_session", planted)
    assert attacker.read("/workspace").status_code == 302, "the planted session is still in force"


def test_a_csrf_token_of_before_the_sign_in_is_worth_nothing_after_it(house, ana):
    who = visitor(house)
    before = who.read("/login").text.split('name="csrf_token" value="')[1].split('"')[0]
    who.send("/login", csrf_token=before, email=ANA, password=PASSWORD)

    assert who.send("/logout", csrf_token=before).status_code == 400


@pytest.mark.parametrize(
    "path",
    ["/signup", "/login", "/logout", "/forgot", "/reset/x", "/verify/x", "/verify/resend", "/invitations/x"]
    + ["/workspace/switch", "/workspace/members", "/staff/login"],
)
def test_no_form_is_taken_without_its_token(ana, path):
    assert ana.send(path, email="x@acme.example", password=PASSWORD).status_code == 400
    assert ana.send(path, csrf_token="forged", email="x@acme.example").status_code == 400


def test_a_forgotten_password_is_replaced_by_mail(house, ana):
    who = visitor(house)
    assert who.submit("/forgot", email=ANA).location == "/forgot/sent"

    link = link_to(house, ANA, "reset-password")
    assert who.submit(link, password=NEW).location == "/workspace"

    assert who.read("/workspace").status_code == 200
    assert log_in(visitor(house)).status_code == 401
    assert log_in(visitor(house), NEW).status_code == 303
    assert mails(house, ANA)[-1].template == "password-changed"


def test_a_new_password_signs_every_other_browser_out(house, ana):
    assert ana.read("/workspace").status_code == 200
    who = visitor(house)
    who.submit("/forgot", email=ANA)

    who.submit(link_to(house, ANA, "reset-password"), password=NEW)

    assert ana.read("/workspace").status_code == 302


def test_a_reset_link_works_once_and_a_newer_one_replaces_it(house, ana):
    who = visitor(house)
    who.submit("/forgot", email=ANA)
    first = link_to(house, ANA, "reset-password")
    who.submit("/forgot", email=ANA)
    second = link_to(house, ANA, "reset-password")

    assert who.read(first).status_code == 410
    assert who.submit(second, password=NEW).status_code == 303
    assert visitor(house).submit(second, seen_on="/login", password="yet another phrase").status_code == 410
    assert log_in(visitor(house), NEW).status_code == 303


def test_a_reset_link_expires(house, ana):
    who = visitor(house)
    who.submit("/forgot", email=ANA)
    link = link_to(house, ANA, "reset-password")
    with house.app_context():
        db.session.execute(update(OneTimeToken).values(expires_at=now() - dt.timedelta(seconds=1)))
        db.session.commit()

    assert who.submit(link, seen_on="/login", password=NEW).status_code == 410
    assert log_in(visitor(house)).status_code == 303


def test_a_password_that_is_too_short_keeps_the_link_good(house, ana):
    who = visitor(house)
    who.submit("/forgot", email=ANA)
    link = link_to(house, ANA, "reset-password")

    assert who.submit(link, password="short").status_code == 422
    assert who.submit(link, password=NEW).status_code == 303


def test_asking_for_a_new_password_tells_nobody_whether_an_address_is_known(house, ana):
    known, unknown = visitor(house), visitor(house)
    answers = [
        known.submit("/forgot", email=ANA),
        unknown.submit("/forgot", email="nobody@acme.example"),
    ]
    pages = [known.read("/forgot/sent").text, unknown.read("/forgot/sent").text]

    assert answers[0].status_code == answers[1].status_code == 303
    assert pages[0] == pages[1].replace("nobody@acme.example", ANA)
    assert mails(house, "nobody@acme.example")[0].template == "no-account"
    assert count(house, Credential) == 1


def test_links_in_mails_lead_to_the_public_address_whatever_host_was_asked(house, ana):
    browser, evil = house.test_client(), {"base_url": "http://evil.example"}
    page = browser.get("/forgot", **evil).text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]

    assert browser.post("/forgot", data={"csrf_token": token, "email": ANA}, **evil).status_code == 303

    text = mails(house, ANA)[-1].text
    assert "http://127.0.0.1:8000/reset/" in text
    assert "evil.example" not in text


def test_attempts_to_sign_in_are_slowed_down(make_app):
    app = make_app(rate_limits=True)
    who = visitor(app)

    answers = [log_in(who, "guess") for _ in range(12)]

    assert [answer.status_code for answer in answers[:10]] == [401] * 10
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert "A little too fast" in answers[-1].text


def test_nobody_is_flooded_with_mail(make_app):
    app = make_app(rate_limits=True)

    answers = [visitor(app).submit("/forgot", email="Victim@acme.example ") for _ in range(8)]

    assert [answer.status_code for answer in answers] == [303] * 6 + [429] * 2
    assert len(mails(app, "victim@acme.example")) == 6


def test_an_address_is_not_flooded_by_writing_it_in_other_ways(make_app):
    app = make_app(rate_limits=True)
    ways = ("victim@acme.example", "VICTIM@acme.example", "victim@ａcme.example", "victim@acme。example")

    for address in ways * 2:
        visitor(app).submit("/forgot", email=address)

    assert len(mails(app, "victim@acme.example")) == 6


def test_a_form_with_faults_costs_nobody_their_mail(make_app):
    app = make_app(rate_limits=True)
    publish_plans(app)
    who = visitor(app)

    faulty = [who.submit("/signup", **(SIGN_UP | {"password": "short"})) for _ in range(8)]
    answer = who.submit("/signup", **SIGN_UP)

    assert [each.status_code for each in faulty] == [422] * 8
    assert answer.status_code == 303


def test_staff_and_customers_have_doors_of_their_own(house, ana):
    with house.app_context():
        credentials.add_staff("staff@example.com", "Marta", PASSWORD)
        db.session.commit()

    who = visitor(house)
    assert who.submit("/staff/login", email=ANA, password=PASSWORD).status_code == 401
    assert who.submit("/login", email="staff@example.com", password=PASSWORD).status_code == 401
    assert who.submit("/staff/login", email="staff@example.com", password=PASSWORD).location == "/staff"
    assert who.read("/workspace").status_code == 403
    assert ana.read("/staff").status_code == 403
    assert visitor(house).read("/staff/keys").location == "/staff/login?next=/staff/keys"


def test_a_session_is_kept_as_a_hash_only(house, ana):
    with ana.client.session_transaction() as browser:
        token = browser["_user_id"]

    assert count(house, SignInSession, SignInSession.token_hash == token) == 0
    assert count(house, SignInSession) == 1
