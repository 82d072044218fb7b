"""Refresh tokens, and the ends of a sign-in: in one hand, for the client that got them, while the person belongs."""

import pytest

from plg.access import sessions, user_tokens
from plg.accounts import memberships
from plg.kit.db import db
from plg.openid import grants, jobs
from plg.openid.models import Grant, GrantToken
from plg.people import people
from tests.openid.product import OFFLINE, REDIRECT, challenge_of, id_token, refused
from tests.support.story import in_parallel
from tests.web.visits import count


@pytest.fixture
def browser(signed_in):
    return signed_in


def test_a_refresh_token_works_once_and_is_answered_with_the_next(app, browser, ana, product):
    first = product.exchange(product.code(browser, scope=OFFLINE)).get_json()

    answer = product.refresh(first["refresh_token"])

    second = answer.get_json()
    assert second["refresh_token"] != first["refresh_token"]
    claims = id_token(app, answer, audience=product.client_id)
    assert claims["sub"] == ana.public_id
    assert "nonce" not in claims
    assert product.refresh(second["refresh_token"]).status_code == 200


def test_a_refresh_token_in_two_hands_ends_the_whole_sign_in(browser, product):
    first = product.exchange(product.code(browser, scope=OFFLINE)).get_json()
    second = product.refresh(first["refresh_token"]).get_json()

    assert refused(product.refresh(first["refresh_token"]))
    assert refused(product.refresh(second["refresh_token"]))
    assert product.userinfo(second["access_token"]).status_code == 401


def test_in_parallel_a_refresh_token_gives_at_most_one_answer(app, browser, product):
    token = product.exchange(product.code(browser, scope=OFFLINE)).get_json()["refresh_token"]

    answers = in_parallel(app, 6, lambda _: product.refresh(token))

    assert sum(answer.status_code == 200 for answer in answers) <= 1
    with app.app_context():
        assert db.session.query(Grant).one().revoked_at is not None


def test_a_refresh_may_ask_for_less_but_not_for_more(browser, product):
    token = product.exchange(product.code(browser, scope="openid email offline_access")).get_json()

    less = product.refresh(token["refresh_token"], scope="openid").get_json()

    assert product.userinfo(less["access_token"]).get_json().keys() == {"sub"}
    assert refused(product.refresh(less["refresh_token"], scope="openid account"), "invalid_scope")
    assert product.refresh(less["refresh_token"]).get_json()["scope"] == "openid email offline_access"


def test_another_client_cannot_refresh_or_revoke(browser, product, other):
    tokens = product.exchange(product.code(browser, scope=OFFLINE)).get_json()

    assert refused(other.refresh(tokens["refresh_token"]))
    assert refused(other.revoke(tokens["refresh_token"]))
    assert product.refresh(tokens["refresh_token"]).status_code == 200


def test_an_expired_refresh_token_is_refused(app, browser, product):
    tokens = product.exchange(product.code(browser, scope=OFFLINE)).get_json()
    with app.app_context():
        for row in db.session.query(GrantToken):
            row.expires_at -= 2 * grants.REFRESH_LIFE
        db.session.commit()

    assert refused(product.refresh(tokens["refresh_token"]))
    assert product.userinfo(tokens["access_token"]).status_code == 401


# --- ends -------------------------------------------------------------------------------------------


def test_a_revoked_refresh_token_ends_all_and_a_revoked_access_token_itself(browser, product):
    first = product.exchange(product.code(browser, scope=OFFLINE)).get_json()
    assert product.revoke(first["access_token"]).status_code == 200
    assert product.userinfo(first["access_token"]).status_code == 401
    second = product.refresh(first["refresh_token"]).get_json()

    assert product.revoke(second["refresh_token"]).status_code == 200
    assert product.userinfo(second["access_token"]).status_code == 401
    assert refused(product.refresh(second["refresh_token"]))
    assert product.revoke("made-up").status_code == 200


@pytest.mark.parametrize("end", ["leaves", "signs out"])
def test_who_leaves_the_workspace_or_is_signed_out_is_out_of_the_product(app, browser, ana, product, end):
    tokens = product.exchange(product.code(browser, scope=OFFLINE)).get_json()
    late = product.code(browser, scope=OFFLINE)
    with app.app_context():
        if end == "leaves":
            bea = people.add(email=None, name="Bea", by="tests")
            memberships.add(ana.acme_id, bea.id, "owner", by="tests")
            memberships.remove(ana.acme_id, ana.person_id, by="tests")
        else:
            sessions.end_all_of(ana.person_id)
        db.session.commit()

    assert refused(product.exchange(late))
    assert product.userinfo(tokens["access_token"]).status_code == 401
    assert refused(product.refresh(tokens["refresh_token"]))


def test_a_new_role_is_told_at_once(app, browser, ana, product):
    tokens = product.exchange(product.code(browser)).get_json()
    with app.app_context():
        bea = people.add(email=None, name="Bea", by="tests")
        memberships.add(ana.acme_id, bea.id, "owner", by="tests")
        memberships.change_role(ana.acme_id, ana.person_id, "billing", by="tests")
        db.session.commit()

    assert product.userinfo(tokens["access_token"]).get_json()["role"] == "billing"


def test_the_who_is_who_wants_an_access_token_of_its_own(app, browser, ana, product, secret_key):
    tokens = product.exchange(product.code(browser, scope=OFFLINE)).get_json()
    with app.app_context():
        foreign = user_tokens.sign(ana.public_id, ana.acme)

    for wrong in (tokens["refresh_token"], tokens["id_token"], secret_key, foreign, "made-up", "ü"):
        answer = product.userinfo(wrong.encode("utf-8").decode("latin-1"))
        assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_token")
        assert "Bearer" in answer.headers["WWW-Authenticate"]
    assert app.test_client().get("/oauth/userinfo").status_code == 401
    assert browser.get("/oauth/userinfo").status_code == 401  # a cookie is no access token


def test_secrets_in_an_address_are_refused(app, browser, product):
    data = {"grant_type": "authorization_code", "code": product.code(browser), "redirect_uri": REDIRECT}

    answer = app.test_client().post("/oauth/token", query_string=data, data={"client_id": product.client_id})

    assert refused(answer, "invalid_request")


def test_what_has_expired_is_deleted(app, browser, product):
    product.exchange(product.code(browser, scope=OFFLINE))
    product.code(browser)
    with app.app_context():
        moment = db.session.query(Grant).order_by(Grant.id.desc()).first().code_expires_at
        assert jobs.forget_ended(moment) == 1
        assert jobs.forget_ended(moment + grants.ACCESS_LIFE) == 1
        assert jobs.forget_ended(moment + grants.REFRESH_LIFE) >= 1
        db.session.commit()

    assert count(app, Grant) == count(app, GrantToken) == 0


def test_a_challenge_is_what_the_rfc_says():
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
