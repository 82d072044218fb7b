"""The ways in through the API, for hosts with pages of their own: the same rules, and nothing said to strangers."""

import datetime as dt
import re

import jwt
import pyotp
import pytest
from sqlalchemy import update

from plg.access import credentials, keys, second_step, sessions, totp
from plg.access.models import Credential, OneTimeToken, SignInSession, TotpSecret
from plg.events import names
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from tests.support.authenticator import Authenticator
from tests.support.story import make_account, make_person
from tests.web.visits import PASSWORD, count, mails, visitor

ANA, EVE = "ana@acme.example", "eve@acme.example"
HERE = "http://localhost:8000"
PRODUCT = "http://localhost:5000"


@pytest.fixture
def app(make_app):
    return make_app(public_url=HERE, product_url=PRODUCT)


@pytest.fixture
def ana(app):
    return make_member(app, ANA)


def make_member(app, email, confirmed=True):
    person = make_person(app, email)
    make_account(app, (person, "owner"))
    with app.app_context():
        credential = credentials.create(person, email, None)
        db.session.commit()
        credentials.change_password(credential, PASSWORD, by=person)
        if confirmed:
            credentials.confirm_email(credentials.find(email))
        db.session.commit()
    return person


@pytest.fixture
def post(client, secret_key):
    def send(path, **body):
        return client.post(f"/v1/auth{path}", json=body, headers={"Authorization": f"Bearer {secret_key}"})

    return send


@pytest.fixture
def app_secret(app, ana):
    with app.app_context():
        told = totp.begin(ana, ANA).secret
        second_step.turn_on(ana, code(told, -1))
        db.session.commit()
    return told


def code(secret, steps=0):
    return pyotp.TOTP(secret).generate_otp(int(now().timestamp()) // 30 + steps)


def token_in_mail(app, address, template):
    text = next(mail.text for mail in reversed(mails(app, address)) if mail.template == template)
    return re.search(r"(?:token=|/)([\w-]{40,})", text)[1]


def test_a_right_password_tells_who_it_is(app, ana, post):
    answer = post("/passwords/authenticate", email="Ana@Acme.example", password=PASSWORD)

    told = answer.json
    assert (answer.status_code, told["status"]) == (200, "complete")
    assert told["accounts"][0]["role"] == "owner"
    claims = jwt.decode(told["user_token"], "user token secret of the test suite", algorithms=["HS256"])
    assert (claims["sub"], claims["account"]) == (told["person"], told["accounts"][0]["id"])
    assert count(app, Event, Event.name == names.SIGNED_IN) == 1


def test_wrong_and_unknown_get_the_same_answer(ana, post):
    wrong = post("/passwords/authenticate", email=ANA, password="not the password")
    unknown = post("/passwords/authenticate", email="nobody@acme.example", password="not the password")

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json | {"request_id": ""} == unknown.json | {"request_id": ""}
    assert wrong.json["code"] == "wrong_credentials"


def test_an_address_that_nobody_confirmed_needs_a_link_first(app, post):
    make_member(app, EVE, confirmed=False)

    refused = post("/passwords/authenticate", email=EVE, password=PASSWORD)
    assert (refused.status_code, refused.json["code"]) == (403, "email_not_confirmed")
    assert post("/sign-in-tokens", person=EVE).json["code"] == "email_not_confirmed"

    post("/magic-links/send", email=EVE)
    done = post("/magic-links/authenticate", token=token_in_mail(app, EVE, "sign-in-link"))
    assert done.json["status"] == "complete"
    assert post("/passwords/authenticate", email=EVE, password=PASSWORD).status_code == 401, (
        "the password of a sign-up that nobody had confirmed may be anybody's"
    )


def test_the_second_factor_is_asked_for_after_a_password_and_after_a_link(app, ana, app_secret, post):
    first = post("/passwords/authenticate", email=ANA, password=PASSWORD).json
    assert first["status"] == "second_factor_required"
    assert (first["person"], first["user_token"], first["accounts"]) == (None, None, [])

    pending = first["pending_authentication_token"]
    wrong = post("/totp/authenticate", pending_authentication_token=pending, code="000000x")
    assert (wrong.status_code, wrong.json["code"]) == (401, "wrong_code")
    done = post("/totp/authenticate", pending_authentication_token=pending, code=code(app_secret))
    assert done.json["status"] == "complete" and done.json["user_token"]
    again = post("/totp/authenticate", pending_authentication_token=pending, code=code(app_secret, 1))
    assert (again.status_code, again.json["code"]) == (401, "second_step_expired")

    post("/magic-links/send", email=ANA)
    link = post("/magic-links/authenticate", token=token_in_mail(app, ANA, "sign-in-link"))
    assert link.json["status"] == "second_factor_required"


def test_wrong_codes_are_counted_though_the_request_is_refused(app, ana, app_secret, post):
    pending = post("/passwords/authenticate", email=ANA, password=PASSWORD).json[
        "pending_authentication_token"
    ]
    right = {code(app_secret, steps) for steps in (-1, 0, 1)}
    guess = next(each for each in ("000000", "000001", "000002", "000003") if each not in right)
    answers = [
        post("/totp/authenticate", pending_authentication_token=pending, code=guess).status_code
        for _ in range(6)
    ]

    assert answers == [401] * 5 + [429]
    refused = post("/totp/authenticate", pending_authentication_token=pending, code=code(app_secret))
    assert refused.json["code"] == "too_many_wrong_codes"
    assert int(refused.headers["Retry-After"]) > 0
    assert count(app, TotpSecret, TotpSecret.failures == 5) == 1


def test_a_magic_link_is_sent_to_every_address_with_the_same_answer(app, ana, post):
    known, unknown = (post("/magic-links/send", email=email) for email in (ANA, "nobody@acme.example"))

    assert (known.status_code, known.json) == (unknown.status_code, unknown.json) == (200, {"status": "sent"})
    assert [mail.template for mail in mails(app, "nobody@acme.example")] == ["no-account"]


def test_a_magic_link_leads_to_the_hosts_page_works_once_and_not_for_ever(app, ana, post):
    post("/magic-links/send", email=ANA, redirect_url=f"{PRODUCT}/enter?from=mail", locale="es")
    mail = mails(app, ANA)[-1]
    assert f"{PRODUCT}/enter?from=mail&token=" in mail.text and mail.locale == "es"

    token = token_in_mail(app, ANA, "sign-in-link")
    assert post("/magic-links/authenticate", token=token).json["status"] == "complete"
    assert post("/magic-links/authenticate", token=token).json["code"] == "link_expired"
    post("/magic-links/send", email=ANA)
    with app.app_context():
        db.session.execute(update(OneTimeToken).values(expires_at=now() - dt.timedelta(seconds=1)))
        db.session.commit()
    late = post("/magic-links/authenticate", token=token_in_mail(app, ANA, "sign-in-link"))
    assert late.json["code"] == "link_expired"


@pytest.mark.parametrize(
    "url", ["https://evil.example/", f"{PRODUCT}.evil.example/", f"{PRODUCT}@evil.example", "//x"]
)
@pytest.mark.parametrize("door", ["/magic-links/send", "/passwords/reset/start"])
def test_our_mails_lead_to_no_other_site(app, ana, post, door, url):
    refused = post(door, email=ANA, redirect_url=url)

    assert (refused.status_code, refused.json["code"]) == (422, "foreign_redirect")
    assert mails(app, ANA) == []


def test_a_sign_in_token_signs_in_on_plgs_page_once(app, ana, post):
    made = post("/sign-in-tokens", person=ANA)
    assert made.status_code == 201
    assert made.json["url"] == f"{HERE}/login/link/{made.json['token']}"
    assert count(app, Event, Event.name == names.SIGN_IN_LINK_MADE) == 1

    who = visitor(app)
    assert who.submit(f"/login/link/{made.json['token']}").location == "/workspace"
    assert post("/magic-links/authenticate", token=made.json["token"]).status_code == 400
    assert post("/sign-in-tokens", person="nobody").status_code == 404


def test_an_answer_that_holds_a_token_is_kept_for_no_repetition(app, client, secret_key, ana):
    from plg.access.models import IdempotentRequest

    headers = {"Authorization": f"Bearer {secret_key}", "Idempotency-Key": "once"}
    client.post("/v1/auth/sign-in-tokens", json={"person": ANA}, headers=headers)

    assert count(app, IdempotentRequest) == 0


def test_a_password_is_reset(app, ana, post):
    assert post("/passwords/reset/start", email=ANA).json == {"status": "sent"}
    assert post("/passwords/reset/start", email="nobody@acme.example").json == {"status": "sent"}
    token = token_in_mail(app, ANA, "reset-password")

    weak = post("/passwords/reset", token=token, password="password1")
    assert (weak.status_code, weak.json["code"], weak.json["errors"][0]["field"]) == (
        422,
        "weak_password",
        "password",
    )
    assert post("/passwords/reset", token=token, password="a quite different phrase").status_code == 200
    assert post("/passwords/reset", token=token, password="yet another phrase").json["code"] == "link_expired"
    assert post("/passwords/authenticate", email=ANA, password=PASSWORD).status_code == 401
    assert post("/passwords/authenticate", email=ANA, password="a quite different phrase").status_code == 200


def test_a_link_for_nobody_resets_nothing(app, post):
    post("/passwords/reset/start", email="nobody@acme.example")
    with app.app_context():
        assert db.session.query(OneTimeToken).one().person_id is None

    assert count(app, Credential) == 0
    assert mails(app, "nobody@acme.example")[0].template == "no-account"


def test_a_passkey_of_the_hosts_page(app, ana, post):
    key = Authenticator(PRODUCT)
    options = post("/passkeys/registration/options", person=ANA).json["public_key"]
    made = post("/passkeys/registration/verify", person=ANA, credential=key.make(options), name="Phone")
    assert (made.status_code, made.json["name"]) == (201, "Phone")

    answer = key.sign(post("/passkeys/authentication/options").json["public_key"])
    assert post("/passkeys/authentication/verify", credential=answer).json["status"] == "complete"
    replayed = post("/passkeys/authentication/verify", credential=answer)
    assert (replayed.status_code, replayed.json["code"]) == (401, "passkey_refused")


def test_a_passkey_counts_as_both_factors(app, ana, app_secret, post):
    key = Authenticator(PRODUCT)
    options = post("/passkeys/registration/options", person=ANA).json["public_key"]
    post("/passkeys/registration/verify", person=ANA, credential=key.make(options))

    answer = key.sign(post("/passkeys/authentication/options").json["public_key"])
    assert post("/passkeys/authentication/verify", credential=answer).json["status"] == "complete"


def test_somebody_elses_challenge_makes_no_passkey(app, ana, post):
    make_member(app, EVE)
    options = post("/passkeys/registration/options", person=ANA).json["public_key"]
    stolen = Authenticator(PRODUCT).make(options)

    refused = post("/passkeys/registration/verify", person=EVE, credential=stolen)

    assert (refused.status_code, refused.json["code"]) == (422, "passkey_not_made")


def test_sessions_are_listed_and_revoked_for_the_person_who_has_them(app, client, secret_key, ana, post):
    eve = make_member(app, EVE)
    with app.app_context():
        for person in (ana, ana, eve):
            sessions.begin(
                person_id=person, user_agent="Mozilla/5.0 (Windows NT 10.0) Firefox/130.0", way="password"
            )
        db.session.commit()
    headers = {"Authorization": f"Bearer {secret_key}"}
    listed = client.get("/v1/auth/sessions", query_string={"person": ANA}, headers=headers).json["data"]

    assert [(each["browser"], each["system"]) for each in listed] == [("Firefox", "Windows")] * 2
    assert post("/sessions/revoke", person=EVE, session=listed[0]["id"]).json["code"] == "session_not_found"
    assert post("/sessions/revoke", person=ANA, session=listed[0]["id"]).json == {"revoked": 1}
    assert post("/sessions/revoke", person=ANA, session=listed[0]["id"]).status_code == 404
    assert post("/sessions/revoke", person=ANA).json == {"revoked": 1}
    assert count(app, SignInSession, SignInSession.revoked_at.is_(None)) == 1


@pytest.mark.parametrize("kind", ["publishable", "none"])
def test_only_the_secret_key_opens_these_doors(client, publishable_key, ana, kind):
    headers = {"Authorization": f"Bearer {publishable_key}"} if kind == "publishable" else {}
    for path in ("/passwords/authenticate", "/magic-links/send", "/sign-in-tokens", "/sessions/revoke"):
        answer = client.post(f"/v1/auth{path}", json={"email": ANA, "person": ANA}, headers=headers)
        assert answer.status_code == (403 if kind == "publishable" else 401)


def test_guesses_are_slowed_down_by_address_and_network_and_lock_nobody_else_out(make_app):
    app = make_app(rate_limits=True)
    make_member(app, ANA)
    with app.app_context():
        _, key = keys.create("secret", "tests", by="tests")
        db.session.commit()
    client, headers = app.test_client(), {"Authorization": f"Bearer {key}"}

    def guess(ip, password="not the password", email=ANA):
        body = {"email": email, "password": password, "ip_address": ip}
        return client.post("/v1/auth/passwords/authenticate", json=body, headers=headers).status_code

    assert [guess("192.0.2.1") for _ in range(12)] == [401] * 10 + [429] * 2
    assert guess("192.0.2.2", PASSWORD) == 200
    written = [f"  {ANA.upper()}", ANA.replace("acme", "ａcme"), *(ANA for _ in range(8))]
    neighbours = [guess(f"2001:db8:1:1{n:02}::{n}", email=way) for n, way in enumerate(written)]
    assert (neighbours, guess("2001:db8:1:1ff::1")) == ([401] * 10, 429)


@pytest.fixture
def read(client, secret_key):
    def get(path):
        return client.get(f"/v1/auth{path}", headers={"Authorization": f"Bearer {secret_key}"}).json

    return get


def test_an_authenticator_app_is_set_up_asked_for_and_removed(app, ana, post, read):
    begun = post("/totp/registration/options", person=ANA)
    assert begun.status_code == 201 and begun.json["uri"].startswith("otpauth://totp/")
    assert read(f"/factors?person={ANA}") == {"totp": False, "recovery_codes_left": 0, "passkeys": 0}
    wrong = post("/totp/registration/verify", person=ANA, code="000000")
    assert (wrong.status_code, wrong.json["code"]) == (401, "wrong_code")

    on = post("/totp/registration/verify", person=ANA, code=code(begun.json["secret"], -1))

    assert len(on.json["recovery_codes"]) == 10
    assert read(f"/factors?person={ANA}") == {"totp": True, "recovery_codes_left": 10, "passkeys": 0}
    assert post("/totp/registration/options", person=ANA).json["code"] == "two_step_on"
    assert mails(app, ANA)[-1].template == "ways-changed"
    renewed = post("/recovery-codes", person=ANA)
    assert renewed.status_code == 201 and not set(renewed.json["recovery_codes"]) & set(
        on.json["recovery_codes"]
    )
    first = post("/passwords/authenticate", email=ANA, password=PASSWORD).json
    assert first["status"] == "second_factor_required"

    assert post("/totp/remove", person=ANA).status_code == 200
    assert post("/recovery-codes", person=ANA).json["code"] == "two_step_off"
    assert post("/passwords/authenticate", email=ANA, password=PASSWORD).json["status"] == "complete"


def test_a_passkey_is_listed_and_removed_for_its_owner_only(app, ana, post, read):
    make_member(app, EVE)
    device = Authenticator(PRODUCT)
    options = post("/passkeys/registration/options", person=ANA).json["public_key"]
    made = post("/passkeys/registration/verify", person=ANA, credential=device.make(options), name="Laptop")
    assert [key["name"] for key in read(f"/passkeys?person={ANA}")["data"]] == ["Laptop"]
    assert read(f"/passkeys?person={EVE}")["data"] == []
    gone = f"/passkeys/{made.json['id']}/remove"

    assert post(gone, person=EVE).status_code == 404
    assert post(gone, person=ANA).status_code == 200
    assert post(gone, person=ANA).status_code == 404
    assert read(f"/passkeys?person={ANA}")["data"] == []
