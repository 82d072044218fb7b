"""Codes and tokens: each works once, for its own client, while the person belongs to the workspace."""

import base64

import pytest

from plg.access import credentials, sessions
from plg.kit.db import db
from plg.openid import clients, grants
from plg.openid.models import Grant, GrantToken
from tests.openid.product import OFFLINE, REDIRECT, id_token, refused
from tests.support.story import in_parallel
from tests.web.visits import count


@pytest.fixture
def browser(signed_in):
    return signed_in


def test_a_code_becomes_tokens_that_say_who_signed_in_and_where(app, browser, ana, product):
    answer = product.exchange(product.code(browser))
    issuer = app.extensions["plg.settings"].public_url
    claims = id_token(app, answer, audience=product.client_id, issuer=issuer)

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.get_json()["token_type"] == "Bearer"
    assert "refresh_token" not in answer.get_json()
    assert claims["nonce"] == "the-nonce"
    assert claims["exp"] - claims["iat"] == 3600
    assert {"auth_time", "at_hash"} <= claims.keys()
    about = product.userinfo(answer.get_json()["access_token"]).get_json()
    assert about == {
        "sub": ana.public_id,
        "name": "Ana García",
        "locale": "es",
        "zoneinfo": "Europe/Madrid",
        "email": "ana@acme.example",
        "email_verified": True,
        "account": ana.acme,
        "account_name": "Acme",
        "role": "owner",
    }


def test_scopes_say_how_much_is_told(browser, ana, product):
    tokens = product.exchange(product.code(browser, scope="openid unknown")).get_json()

    assert tokens["scope"] == "openid"
    assert product.userinfo(tokens["access_token"]).get_json() == {"sub": ana.public_id}


def test_how_somebody_signed_in_is_told(app, client, ana, product):
    with app.app_context():
        token = sessions.begin(person_id=ana.person_id, way="password")
        db.session.commit()
    with client.session_transaction() as kept:
        kept.update(_user_id=token, _fresh=True)

    claims = id_token(app, product.exchange(product.code(client)), audience=product.client_id)

    assert (claims["amr"], claims["acr"]) == (["pwd"], "1")


def test_the_workspace_is_the_one_that_is_open_in_the_browser(browser, ana, product, sign_in):
    csrf = sign_in(browser, person_id=ana.person_id)
    browser.post("/workspace/switch", data={"account": ana.bodega, "csrf_token": csrf})

    tokens = product.exchange(product.code(browser)).get_json()

    about = product.userinfo(tokens["access_token"]).get_json()
    assert (about["account"], about["role"]) == (ana.bodega, "member")


def test_an_unconfirmed_address_is_told_as_such(app, browser, ana, product):
    with app.app_context():
        credentials.of_person(ana.person_id).email_confirmed_at = None
        db.session.commit()

    tokens = product.exchange(product.code(browser)).get_json()

    assert product.userinfo(tokens["access_token"]).get_json()["email_verified"] is False


# --- codes ------------------------------------------------------------------------------------------


def test_a_code_that_comes_twice_ends_all_that_came_of_it(browser, product):
    code = product.code(browser, scope=OFFLINE)
    tokens = product.exchange(code).get_json()

    assert refused(product.exchange(code))
    assert product.userinfo(tokens["access_token"]).status_code == 401
    assert refused(product.refresh(tokens["refresh_token"]))


def test_in_parallel_a_code_is_exchanged_once(app, browser, product):
    code = product.code(browser, scope=OFFLINE)

    answers = in_parallel(app, 6, lambda _: product.exchange(code))

    assert sum(answer.status_code == 200 for answer in answers) <= 1
    assert sum(answer.status_code == 400 for answer in answers) >= 5
    with app.app_context():
        assert db.session.query(Grant).one().revoked_at is not None


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": "another-verifier-of-at-least-forty-three-letters"},
        {"redirect_uri": "http://127.0.0.1:9/elsewhere"},
        {"redirect_uri": None},
    ],
)
def test_a_code_needs_what_it_was_asked_with(browser, product, changed):
    assert refused(product.exchange(product.code(browser), **changed))
    assert refused(product.exchange("made-up"))


def test_a_code_needs_its_verifier(browser, product, spa):
    assert refused(product.exchange(product.code(browser), code_verifier=None), "invalid_request")
    assert refused(spa.exchange(spa.code(browser), code_verifier=None), "invalid_request")
    without = product.code(browser, code_challenge=None, code_challenge_method=None)
    assert refused(product.exchange(without), "invalid_request")
    assert product.exchange(without, code_verifier=None).status_code == 200


def test_a_code_expires(app, browser, product, worker):
    code = product.code(browser)
    with app.app_context():
        row = db.session.query(Grant).one()
        row.code_expires_at -= 2 * grants.CODE_LIFE
        db.session.commit()

    assert refused(product.exchange(code))


def test_another_client_cannot_use_a_code_nor_burn_it(browser, product, other, spa):
    code = product.code(browser)

    assert refused(other.exchange(code))
    assert refused(spa.exchange(code))
    assert product.exchange(code).status_code == 200


# --- clients ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"client_secret": "wrong"},
        {"client_secret": None},
        {"client_id": "client_of_nobody"},
        {"client_id": None},
    ],
)
def test_a_client_must_show_its_secret(browser, product, changed):
    answer = product.exchange(product.code(browser), **changed)

    assert answer.status_code in {400, 401}
    assert answer.get_json()["error"] == "invalid_client"


def test_a_public_client_shows_none_and_a_secret_is_not_taken_from_it(browser, spa):
    assert spa.exchange(spa.code(browser)).status_code == 200
    assert refused(spa.exchange(spa.code(browser), client_secret="made up"), "invalid_client", 401)


@pytest.mark.parametrize("password", ["wrong", "\udcff"])
def test_wrong_basic_authentication_is_refused_in_its_own_form(app, browser, product, password):
    pair = f"{product.client_id}:{password}".encode(errors="surrogateescape")
    headers = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    data = {"grant_type": "authorization_code", "code": product.code(browser), "redirect_uri": REDIRECT}

    answer = app.test_client().post("/oauth/token", data=data, headers=headers)

    assert answer.status_code in {400, 401}
    assert answer.get_json()["error"] in {"invalid_client", "invalid_request"}
    assert answer.status_code == 400 or "Basic" in answer.headers["WWW-Authenticate"]


def test_a_changed_secret_works_at_once_and_the_old_one_no_more(app, browser, product):
    with app.app_context():
        fresh = clients.change_secret(product.client_id, by="tests")
        db.session.commit()

    assert refused(product.exchange(product.code(browser)), "invalid_client", 401)
    assert product.exchange(product.code(browser), client_secret=fresh).status_code == 200


def test_a_removed_client_and_its_tokens_are_gone(app, browser, product):
    tokens = product.exchange(product.code(browser, scope=OFFLINE)).get_json()
    with app.app_context():
        clients.remove(product.client_id, by="tests")
        db.session.commit()

    assert product.userinfo(tokens["access_token"]).status_code == 401
    assert product.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_client"
    assert count(app, Grant) == count(app, GrantToken) == 0
