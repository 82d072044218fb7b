"""The security page: what is there, who may change it, what ends when something changes."""

import datetime as dt
import re

import pyotp
import pytest
from sqlalchemy import select, update

from plg.access import sessions
from plg.access.models import Credential, OneTimeToken, Passkey, SignInSession, TotpSecret
from plg.events import names
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from plg.people import identities, people
from tests.support.queries import count_queries
from tests.web.visits import PASSWORD, SIGN_UP, count, link_to, mails, sign_up, signed_up, visitor

ANA, NEW, EVE = SIGN_UP["email"], "ana@new.example", "eve@acme.example"
PAGE = "/workspace/security"
FRESH_DOORS = ["/password", "/address", "/passkeys/new"]
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:130.0) Gecko/20100101 Firefox/130.0"


@pytest.fixture
def ana(house):
    return signed_up(house)


def log_in(house, password=PASSWORD, email=ANA):
    who = visitor(house)
    return who, who.submit("/login", email=email, password=password)


def grow_stale(house):
    with house.app_context():
        db.session.execute(update(SignInSession).values(proved_at=now() - sessions.FRESH))
        db.session.commit()


def test_the_page_shows_where_one_is_signed_in_and_ends_it(house, ana):
    other = visitor(house)
    other.client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    other.submit("/login", email=ANA, password=PASSWORD)

    page = ana.read(PAGE).text
    assert "Firefox on Windows" in page and "this browser" in page and "127.0.0.1" in page
    ending = re.search(r"/sessions/(ses_\w+)/end", page)[1]
    assert ana.submit(f"{PAGE}/sessions/{ending}/end", seen_on=PAGE).location == PAGE
    assert other.read("/workspace").status_code == 302
    assert ana.read("/workspace").status_code == 200


def test_all_other_browsers_are_signed_out_at_once(house, ana):
    others = [log_in(house)[0] for _ in range(3)]

    ana.submit(f"{PAGE}/sessions/end-others", seen_on=PAGE)

    assert [each.read("/workspace").status_code for each in others] == [302] * 3
    assert ana.read("/workspace").status_code == 200


def test_nobody_ends_a_foreign_session(house, ana):
    eve = signed_up(house, email=EVE, company="Eve")
    with house.app_context():
        theirs = db.session.scalar(select(SignInSession.public_id).order_by(SignInSession.id))

    assert eve.submit(f"{PAGE}/sessions/{theirs}/end", seen_on=PAGE).status_code == 404
    assert ana.read("/workspace").status_code == 200


def test_last_seen_is_written_every_few_minutes_and_not_at_every_look(house, ana):
    with house.app_context():
        engine = db.engine
        long_ago = now() - dt.timedelta(hours=1)
        db.session.execute(update(SignInSession).values(last_seen_at=long_ago))
        db.session.commit()

    with count_queries(engine) as first:
        ana.read(PAGE)
    with count_queries(engine) as second:
        ana.read(PAGE)

    assert sum(text.startswith("UPDATE sessions") for text in first.statements) == 1
    assert sum(text.startswith("UPDATE sessions") for text in second.statements) == 0
    assert count(house, SignInSession, SignInSession.last_seen_at > long_ago) == 1


@pytest.mark.parametrize("door", FRESH_DOORS)
def test_who_signed_in_a_while_ago_shows_again_who_they_are(house, ana, door):
    grow_stale(house)
    asked = ana.read(PAGE + door)
    assert asked.location == f"{PAGE}/confirm?next={PAGE}{door}"

    assert ana.submit(f"{PAGE}/confirm", password="not the password", next=PAGE + door).status_code == 422
    assert ana.read(PAGE + door).status_code == 303
    assert ana.submit(f"{PAGE}/confirm", password=PASSWORD, next=PAGE + door).location == PAGE + door
    assert ana.read(PAGE + door).status_code == 200


@pytest.mark.parametrize(
    "door",
    ["/password", "/address", "/passkeys/new", "/passkeys/options", "/two-step/begin", "/two-step"]
    + ["/two-step/remove", "/recovery-codes"],
)
def test_nothing_is_changed_by_who_only_has_the_cookie(house, ana, door):
    grow_stale(house)

    answer = ana.submit(
        PAGE + door, seen_on=PAGE, password="a quite different phrase", email=NEW, code="123456"
    )

    assert answer.location.startswith(f"{PAGE}/confirm")
    assert count(house, TotpSecret) == count(house, Passkey) == 0
    assert log_in(house)[1].status_code == 303
    assert mails(house, NEW) == []


def test_a_link_by_mail_shows_who_one_is_too(house, ana):
    grow_stale(house)
    ana.submit(f"{PAGE}/confirm/link", seen_on=f"{PAGE}/confirm", next=f"{PAGE}/password")

    assert ana.submit(link_to(house, ANA, "sign-in-link")).location == f"{PAGE}/password"
    assert ana.read(f"{PAGE}/password").status_code == 200


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_the_proof_leads_to_no_other_site(house, ana, target):
    assert ana.submit(f"{PAGE}/confirm", password=PASSWORD, next=target).location == PAGE


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(house, ana):
    other, _ = log_in(house)

    assert ana.submit(f"{PAGE}/password", password="password1").status_code == 422
    assert ana.submit(f"{PAGE}/password", password="anagarcia99").status_code == 422
    assert ana.submit(f"{PAGE}/password", password="a quite different phrase").location == PAGE

    assert other.read("/workspace").status_code == 302
    assert ana.read("/workspace").status_code == 200
    assert log_in(house)[1].status_code == 401
    assert log_in(house, "a quite different phrase")[1].status_code == 303
    assert mails(house, ANA)[-1].template == "password-changed"
    assert count(house, Event, Event.name == names.PASSWORD_CHANGED) == 1


def turn_on(who):
    who.submit(f"{PAGE}/two-step/begin", seen_on=PAGE)
    page = who.read(f"{PAGE}/two-step").text
    secret = page.split('<code class="wrap">')[1].split("<")[0].replace(" ", "")
    app, step = pyotp.TOTP(secret), int(now().timestamp()) // 30
    return who.submit(f"{PAGE}/two-step", code=app.generate_otp(step - 1)), app, step


def test_two_step_sign_in_from_beginning_to_end(house, ana):
    other, _ = log_in(house)
    shown, app, step = turn_on(ana)
    codes = shown.text.split('id="codes"')[1].split("</pre>")[0].split(">")[1].split()
    assert len(codes) == 10
    assert other.read("/workspace").status_code == 302, "it was begun without a second step"

    who, answer = log_in(house)
    assert answer.location == "/login/code"
    assert who.submit("/login/code", code="000000 1").status_code == 422
    assert who.submit("/login/code", code=app.generate_otp(step)).location == "/workspace"
    by_paper, _ = log_in(house)
    assert by_paper.submit("/login/code", code=codes[0]).location == "/workspace"
    assert "9 are left." in ana.read(PAGE).text

    renewed = ana.submit(f"{PAGE}/recovery-codes", seen_on=PAGE).text
    assert codes[1] not in renewed
    ana.submit(f"{PAGE}/two-step/remove", seen_on=PAGE)
    assert log_in(house)[1].location == "/workspace"
    told = [mail.text for mail in mails(house, ANA) if mail.template == "ways-changed"]
    assert len(told) == 4


def test_the_picture_is_part_of_the_page_and_the_secret_is_nowhere_afterwards(house, ana):
    ana.submit(f"{PAGE}/two-step/begin", seen_on=PAGE)
    page = ana.read(f"{PAGE}/two-step").text
    assert 'src="data:image/svg+xml' in page and "otpauth://totp/" in page

    turn_on(ana)
    assert ana.read(f"{PAGE}/two-step").location == PAGE
    assert ana.submit(f"{PAGE}/two-step/begin", seen_on=PAGE).location == PAGE


def test_the_second_step_cannot_be_left_out(house, ana):
    turn_on(ana)
    who, _ = log_in(house)

    for path in ("/workspace", PAGE, "/workspace/members"):
        assert who.read(path).status_code == 302
    assert visitor(house).read("/login/code").location == "/login"


def test_recovery_codes_without_an_app_are_refused(house, ana):
    assert ana.submit(f"{PAGE}/recovery-codes", seen_on=PAGE).status_code == 409


def change_address(house, who, to=NEW):
    assert who.submit(f"{PAGE}/address", email=to).location == f"{PAGE}/address/sent"
    return link_to(house, to, "confirm-change")


def test_an_address_is_changed_from_the_new_one(house, ana):
    other, _ = log_in(house)
    link = change_address(house, ana)
    assert log_in(house, email=NEW)[1].status_code == 401, "not before it is confirmed"
    assert ana.read(link).status_code == 200

    assert ana.submit(link).status_code == 200

    assert log_in(house, email=NEW)[1].location == "/workspace"
    assert log_in(house)[1].status_code == 401
    assert other.read("/workspace").status_code == 302
    assert ana.read("/workspace").status_code == 200
    with house.app_context():
        person = people.find(NEW)
        assert person.email == NEW
        assert identities.known([ANA, NEW]) == {ANA: person.id, NEW: person.id}
    assert mails(house, ANA)[-1].template == "address-changed"
    assert visitor(house).submit(link, seen_on="/login").status_code == 410


def test_the_old_address_takes_it_back_with_all_that_was_added_since(house, ana):
    thief, _ = log_in(house)
    thief.submit(change_address(house, thief))
    undo = link_to(house, ANA, "address-changed")
    turn_on(thief)
    thief.submit(f"{PAGE}/password", password="the thief's own phrase")
    thief.submit(change_address(house, thief, "thief@far.example"), seen_on="/login")

    owner = visitor(house)
    assert owner.read(undo).status_code == 200
    reset = owner.submit(undo).location
    assert owner.submit(reset, password="the owner's new phrase").location == "/workspace"

    assert thief.read("/workspace").status_code == 302
    assert log_in(house, "the thief's own phrase")[1].status_code == 401
    assert log_in(house, "the owner's new phrase")[1].location == "/workspace"
    assert count(house, TotpSecret) == 0
    back = link_to(house, NEW, "address-changed")
    assert thief.read(back).status_code == 410, "the thief has a link to take it back again"


def test_an_address_that_somebody_has_is_not_taken_from_them(house, ana):
    signed_up(house, email=EVE, company="Eve")

    ana.submit(f"{PAGE}/address", email=EVE)

    assert [mail.template for mail in mails(house, EVE)][-1] == "address-in-use"
    with house.app_context():
        token = db.session.scalar(select(OneTimeToken).where(OneTimeToken.purpose == "change-address"))
        assert token.person_id is None
    assert count(house, Credential, Credential.email == EVE) == 1


def test_a_sign_up_that_nobody_confirmed_makes_way_for_who_owns_the_address(house, ana):
    sign_up(house, email=NEW, company="Squatters")

    ana.submit(change_address(house, ana))

    assert log_in(house, email=NEW)[1].location == "/workspace"
    assert count(house, Credential) == 1


def test_who_signs_up_with_the_address_before_it_is_confirmed_keeps_it(house, ana):
    link = change_address(house, ana)
    signed_up(house, email=NEW, company="New")

    assert ana.submit(link).status_code == 410
    assert log_in(house)[1].location == "/workspace"


def test_sign_ins_say_how_in_the_log(house, ana):
    log_in(house)
    with house.app_context():
        ways = [
            event.properties.get("way") for event in db.session.query(Event).filter_by(name=names.SIGNED_IN)
        ]

    assert ways[-1] == "password"


def test_how_good_a_password_is_is_told_in_the_readers_language_and_kept_nowhere(house):
    who = visitor(house, "es")

    weak = who.submit("/password/strength", seen_on="/login", password="password1")
    about = who.submit(
        "/password/strength", seen_on="/login", password="anagarcia1", email="ana.garcia@x.example"
    )
    good = who.submit("/password/strength", seen_on="/login", password="correct horse battery staple")

    assert (weak.json["taken"], weak.json["score"]) == (False, 0)
    assert about.json["taken"] is False
    assert good.json == {"score": 4, "taken": True, "text": "Una contraseña muy segura."}
    assert who.send("/password/strength", password="x").status_code == 400


def test_a_call_beside_another_never_puts_an_older_session_back(client):
    """What is asked while somebody types may be answered after the form that they sent."""
    page = client.get("/signup")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    fields = {"csrf_token": token[1] if token else "", "password": "sunny river notebook"}

    beside = client.post("/password/strength", data=fields)

    assert beside.status_code == 200
    assert not beside.headers.getlist("Set-Cookie")
