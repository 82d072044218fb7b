"""The way to plg's sign-in and back: who is let through, who signs in first, and what is never redirected."""

from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select

from plg.access import credentials
from plg.access.models import SignInSession
from plg.accounts import memberships
from plg.kit.clock import now
from plg.kit.db import db
from plg.openid.models import Grant
from plg.people import people
from tests.openid.conftest import make_product
from tests.openid.product import REDIRECT, told
from tests.web.visits import Visitor


def somebody_else():
    return people.add(email=None, name="Bea", by="tests").id


def grants(app):
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Grant))


def test_who_is_signed_in_goes_straight_back_with_a_code(app, signed_in, product):
    answer = told(product.authorize(signed_in))

    assert answer["state"] == "the-state"
    assert answer["iss"] == app.extensions["plg.settings"].public_url
    assert len(answer["code"]) >= 43
    assert grants(app) == 1


def test_a_stranger_signs_in_first_and_then_goes_on(client, ana, product):
    to_sign_in = product.authorize(client, ui_locales="fr es-ES", login_hint="ana@acme.example")
    at = urlsplit(to_sign_in.location)
    visitor = Visitor(client)

    assert at.path == "/login"
    assert parse_qs(at.query)["lang"] == ["es"]
    assert 'value="ana@acme.example"' in client.get(to_sign_in.location).text
    onward = parse_qs(at.query)["next"][0]
    answer = visitor.submit(
        "/login",
        seen_on=to_sign_in.location,
        email="ana@acme.example",
        password="correct horse battery",
        next=onward,
    )
    assert answer.location == onward
    between = client.get(answer.location)
    assert (
        between.status_code == 200
    )  # a page of our own: `form-action` holds a form's redirects to this site
    assert "Facturo" in between.text
    assert "code" in told(client.get(onward.replace("/oauth/continue", "/oauth/authorize")))


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "client_of_nobody"},
        {"client_id": None},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": f"{REDIRECT}/"},
        {"redirect_uri": f"{REDIRECT}?x=1"},
        {"redirect_uri": 'http://127.0.0.1:9/"callback'},
        {"redirect_uri": None},
        {"response_type": "token", "redirect_uri": "https://evil.example/"},
        {"response_type": "ünknown"},
    ],
)
@pytest.mark.parametrize("who", ["stranger", "ana"])
def test_nobody_is_sent_to_an_address_that_was_not_registered(app, client, signed_in, product, changed, who):
    browser = signed_in if who == "ana" else app.test_client()

    answer = product.authorize(browser, **changed)

    assert answer.status_code == 400
    assert answer.location is None
    assert "<h1" in answer.text
    assert grants(app) == 0


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"scope": "email"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"request_uri": "https://evil.example/"}, "request_uri_not_supported"),
    ],
)
def test_a_wrong_request_is_told_to_the_product(app, signed_in, product, changed, error):
    answer = told(product.authorize(signed_in, **changed))

    assert (answer["error"], answer["state"]) == (error, "the-state")
    assert answer["iss"] == app.extensions["plg.settings"].public_url
    assert grants(app) == 0


def test_a_public_client_needs_a_code_challenge(signed_in, app):
    spa = make_product(app, "Facturo SPA", public=True)

    answer = told(product_without_challenge(spa, signed_in))

    assert answer["error"] == "invalid_request"


def product_without_challenge(product, browser):
    return product.authorize(browser, code_challenge=None, code_challenge_method=None)


def test_a_client_with_a_secret_may_do_without_a_code_challenge(signed_in, product):
    assert "code" in told(product_without_challenge(product, signed_in))


def test_a_silent_request_finds_somebody_or_tells_that_nobody_is_there(client, ana, product, sign_in):
    assert told(product.authorize(client, prompt="none"))["error"] == "login_required"
    sign_in(client, person_id=ana.person_id)
    assert "code" in told(product.authorize(client, prompt="none"))
    assert told(product.authorize(client, prompt="none", max_age="0"))["error"] == "login_required"


@pytest.mark.parametrize("asked", [{"prompt": "login"}, {"max_age": "0"}, {"prompt": "select_account"}])
def test_a_product_may_ask_for_a_new_sign_in(app, signed_in, product, asked):
    answer = product.authorize(signed_in, **asked)

    assert urlsplit(answer.location).path == "/login"
    onward = parse_qs(urlsplit(answer.location).query)["next"][0]
    assert "prompt" not in onward and "max_age" not in onward
    assert signed_in.get("/workspace").status_code == 401
    assert grants(app) == 0


def test_a_recent_sign_in_is_new_enough(signed_in, product):
    assert "code" in told(product.authorize(signed_in, max_age="3600"))


def test_a_sign_in_that_is_too_old_is_repeated(app, signed_in, product):
    with app.app_context():
        row = db.session.scalar(select(SignInSession))
        row.proved_at = now().replace(year=now().year - 1)
        db.session.commit()

    assert urlsplit(product.authorize(signed_in, max_age="3600").location).path == "/login"


def test_a_request_sent_as_a_form_goes_on_as_an_address(signed_in, product):
    answer = signed_in.post("/oauth/authorize", data=product.asks())

    assert answer.status_code == 303
    assert "code" in told(signed_in.get(answer.location))


def test_who_belongs_to_no_workspace_is_not_let_in(app, ana, signed_in, product):
    with app.app_context():
        for account in (ana.acme_id, ana.bodega_id):
            memberships.add(account, somebody_else(), "owner", by="tests")
            memberships.remove(account, ana.person_id, by="tests")
        db.session.commit()

    assert told(product.authorize(signed_in))["error"] == "access_denied"


def test_staff_are_no_users_of_the_product(client, app, product, sign_in):
    with app.app_context():
        staff = credentials.add_staff("staff@plg.example", "Staff", "correct horse battery")
        db.session.commit()
    sign_in(client, staff_id=staff.id)

    assert told(product.authorize(client, prompt="none"))["error"] == "login_required"


def test_an_unregistered_request_is_told_in_the_readers_language(client, product):
    page = client.get("/oauth/authorize?client_id=x", headers={"Accept-Language": "es"})

    assert 'lang="es"' in page.text
    assert "Este inicio de sesión no puede continuar" in page.text
