"""Sign-up: everybody gets the same answer, and only who reads an address's mail can confirm it."""

import datetime as dt

import pytest
from sqlalchemy import update

from plg.access.models import Credential, OneTimeToken
from plg.accounts.models import Account
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from plg.people.models import Person
from plg.trials.models import Trial
from tests.web.visits import PASSWORD, SIGN_UP, count, link_to, mails, sign_up, signed_up, visitor

ANA = SIGN_UP["email"]


def test_a_visitor_signs_up_confirms_and_lands_in_a_workspace_with_a_trial(house):
    ana = visitor(house)

    answer = ana.submit("/signup", **SIGN_UP)
    assert (answer.status_code, answer.location) == (303, "/signup/sent")
    assert ANA in ana.read("/signup/sent").text

    confirmed = ana.submit(link_to(house, ANA, "confirm-email"))
    assert (confirmed.status_code, confirmed.location) == (303, "/workspace")
    workspace = ana.read("/workspace").text
    assert "Acme" in workspace
    assert "Your trial runs for 14 more days" in workspace


def test_a_spanish_visitor_gets_pages_and_mail_in_spanish(house):
    ana = visitor(house, "es-ES,es;q=0.9")

    assert "Empieza tu prueba gratuita" in ana.read("/signup").text
    sign_up(house, ana)

    assert "Revisa tu correo" in ana.read("/signup/sent").text
    assert mails(house, ANA)[0].subject == "Confirma tu dirección"
    ana.submit(link_to(house, ANA, "confirm-email"))
    assert "A tu prueba le quedan 14 días" in ana.read("/workspace").text


def test_known_and_unknown_addresses_get_the_same_answer(house):
    signed_up(house)

    known, unknown = visitor(house), visitor(house)
    answers = [
        known.submit("/signup", **SIGN_UP),
        unknown.submit("/signup", **(SIGN_UP | {"email": "eva@acme.example"})),
    ]
    pages = [known.read("/signup/sent"), unknown.read("/signup/sent")]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert _cookie_names(answers[0]) == _cookie_names(answers[1])
    assert _without_secrets(pages[0].text, ANA) == _without_secrets(pages[1].text, "eva@acme.example")
    assert count(house, Account) == 2


def _cookie_names(answer):
    return sorted(cookie.split("=")[0] for cookie in answer.headers.getlist("Set-Cookie"))


def _without_secrets(page, address):
    lines = [line for line in page.splitlines() if "csrf_token" not in line]
    return "\n".join(lines).replace(address, "ADDRESS")


def test_the_session_cookie_of_a_sign_up_does_not_tell_whether_the_address_was_known(house):
    signed_up(house)
    known, unknown = visitor(house), visitor(house)
    known.submit("/signup", **SIGN_UP)
    unknown.submit("/signup", **(SIGN_UP | {"email": "eva@acme.example"}))

    with known.client.session_transaction() as one, unknown.client.session_transaction() as other:
        assert {k: type(v) for k, v in one.items()} == {k: type(v) for k, v in other.items()}


def test_the_owner_of_a_known_address_is_told_by_mail(house):
    signed_up(house)

    sign_up(house, company="Another")

    assert mails(house, ANA)[-1].template == "already-registered"
    assert count(house, Account) == 1


@pytest.mark.parametrize(
    ("language", "name_fault", "password_fault"),
    [
        ("en", "Enter your name.", "Use at least 8 characters."),
        ("es", "Escribe tu nombre.", "Usa al menos 8 caracteres."),
    ],
)
def test_a_form_with_faults_names_every_one_and_makes_nothing(house, language, name_fault, password_fault):
    answer = visitor(house, language).submit(
        "/signup", name="", email="ana@", password="short", company="Acme"
    )

    assert answer.status_code == 422
    assert name_fault in answer.text
    assert password_fault in answer.text
    assert 'value="ana@"' in answer.text
    assert 'value="Acme"' in answer.text
    assert "short" not in answer.text.replace("Use at least", "")
    assert count(house, Person) == 0
    assert mails(house, "ana@") == []


@pytest.mark.parametrize(
    "name", ["Win at http://evil.example", "www.evil.example", "Ana\r\nBcc: all@x.example"]
)
def test_names_that_would_make_our_mails_spam_are_refused(house, name):
    answer = visitor(house).submit("/signup", **(SIGN_UP | {"name": name}))

    assert answer.status_code == 422
    assert count(house, Person) == 0


def test_what_people_type_is_shown_as_text_never_as_markup(house):
    who = signed_up(house, name="<b>Ana</b>", company="<script>alert(1)</script>")

    page = who.read("/workspace").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_opening_the_link_confirms_nothing(house):
    sign_up(house)
    link = link_to(house, ANA, "confirm-email")

    for _ in range(3):
        assert visitor(house).read(link).status_code == 200

    assert count(house, Credential, Credential.email_confirmed_at.is_not(None)) == 0


def test_the_link_works_once(house):
    who = sign_up(house)
    link = link_to(house, ANA, "confirm-email")
    form = who.read(link).text.split('name="csrf_token" value="')[1].split('"')[0]
    assert who.client.post(link, data={"csrf_token": form}).location == "/workspace"

    again = visitor(house)
    assert again.read(link).status_code == 410
    replayed = again.submit(link, seen_on="/signup", password=PASSWORD)

    assert replayed.status_code == 410
    assert again.read("/workspace").status_code == 302
    assert count(house, Event, Event.name == "Email Confirmed") == 1


def test_the_link_expires(house):
    who = sign_up(house)
    link = link_to(house, ANA, "confirm-email")
    with house.app_context():
        db.session.execute(update(OneTimeToken).values(expires_at=now() - dt.timedelta(seconds=1)))
        db.session.commit()

    assert who.read(link).status_code == 410
    assert who.submit(link, seen_on="/signup").status_code == 410
    assert count(house, Credential, Credential.email_confirmed_at.is_not(None)) == 0


@pytest.mark.parametrize("token", ["x", "A" * 43, "%00", "é", "x" * 3000])
def test_a_made_up_link_is_answered_like_an_expired_one(house, token):
    assert visitor(house).read(f"/verify/{token}").status_code == 410


def test_a_link_for_a_new_password_confirms_no_sign_up(house):
    who = sign_up(house)
    who.submit("/forgot", email=ANA)
    token = link_to(house, ANA, "reset-password").rsplit("/")[-1]

    assert who.submit(f"/verify/{token}", seen_on="/signup").status_code == 410


def test_who_confirms_in_another_browser_must_know_the_password(house):
    sign_up(house)
    link = link_to(house, ANA, "confirm-email")
    phone = visitor(house)
    assert "Your password" in phone.read(link).text

    assert phone.submit(link).status_code == 422
    assert phone.submit(link, password="something else").status_code == 422
    assert count(house, Credential, Credential.email_confirmed_at.is_not(None)) == 0

    assert phone.submit(link, password=PASSWORD).location == "/workspace"


def test_an_address_owner_cannot_be_made_to_confirm_a_strangers_password(house):
    sign_up(house, password="the stranger knows this")
    owner = sign_up(house, password="the owner chose this")

    first, second = mails(house, ANA)
    assert (first.template, second.template) == ("confirm-email", "finish-sign-up")
    strangers_link = link_to(house, ANA, "confirm-email")
    assert owner.submit(strangers_link, password="the owner chose this").status_code == 422

    owner.submit(link_to(house, ANA, "finish-sign-up"), password="the owner chose this")
    stranger = visitor(house)
    assert stranger.submit("/login", email=ANA, password="the stranger knows this").status_code == 401
    assert visitor(house).submit("/login", email=ANA, password="the owner chose this").status_code == 303


def test_a_new_link_replaces_the_last_one(house):
    who = sign_up(house)
    first = link_to(house, ANA, "confirm-email")

    who.submit("/verify/resend", seen_on="/signup/sent", email=ANA)

    second = link_to(house, ANA, "confirm-email")
    assert second != first
    assert who.submit(first, seen_on="/signup").status_code == 410
    assert who.submit(second).location == "/workspace"


def test_asking_for_a_new_link_tells_nobody_whether_an_address_is_known(house):
    signed_up(house)
    answers = [
        visitor(house).submit("/verify/resend", seen_on="/signup", email=address)
        for address in (ANA, "nobody@acme.example", "not an address")
    ]

    assert [answer.status_code for answer in answers] == [303, 303, 303]
    assert answers[0].location == answers[1].location
    templates = [mails(house, to)[-1].template for to in (ANA, "nobody@acme.example")]
    assert templates == ["already-registered", "no-account"]


def test_an_address_is_the_same_however_it_is_written(house):
    signed_up(house)

    sign_up(house, email=" ANA@Acme.Example ")

    assert count(house, Trial) == 1


def test_who_is_signed_in_goes_on_to_the_workspace(house):
    who = signed_up(house)

    assert who.read("/signup").location == "/workspace"
    assert who.read("/login").location == "/workspace"
    assert who.read("/").location == "/workspace"
    assert visitor(house).read("/").location == "/signup"
