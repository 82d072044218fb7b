"""A product signs somebody out of plg: at once where it shows whom, else only if the person says so."""

import base64
import hmac
import json
import re

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from tests.openid.conftest import make_product
from tests.openid.product import GOODBYE, REDIRECT
from tests.support.story import make_person
from tests.web.visits import Visitor


@pytest.fixture
def browser(signed_in):
    return signed_in


def is_signed_in(browser):
    return browser.get("/workspace").status_code == 200


def hint(browser, product):
    return product.exchange(product.code(browser)).get_json()["id_token"]


def logout(browser, **query):
    return browser.get("/oauth/logout", query_string=query, headers={"Accept": "text/html"})


def leads_to(page):
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', page.text)
    return found and found[1].replace("&amp;", "&")


def test_who_is_shown_by_an_id_token_is_signed_out_and_led_back(browser, product):
    told = {"id_token_hint": hint(browser, product), "post_logout_redirect_uri": GOODBYE, "state": "x"}

    answer = logout(browser, **told)

    assert answer.location == f"{GOODBYE}?state=x"
    assert not is_signed_in(browser)
    assert logout(browser, **told).location == f"{GOODBYE}?state=x"


@pytest.mark.parametrize("address", ["https://evil.example/", f"{GOODBYE}/", REDIRECT])
def test_nobody_is_led_to_an_address_that_was_not_registered(browser, product, address):
    answer = logout(browser, id_token_hint=hint(browser, product), post_logout_redirect_uri=address)

    assert answer.location == "/login"
    assert not is_signed_in(browser)


def test_without_a_token_the_person_is_asked(browser, product):
    query = {"client_id": product.client_id, "post_logout_redirect_uri": GOODBYE, "state": "x"}

    page = logout(browser, **query)

    assert page.status_code == 200 and "Facturo" in page.text
    assert is_signed_in(browser)
    address = f"/oauth/logout?client_id={product.client_id}&post_logout_redirect_uri={GOODBYE}&state=x"
    answer = Visitor(browser).submit("/oauth/logout/confirmed", seen_on=address, **query)
    assert not is_signed_in(browser)
    assert leads_to(browser.get(answer.location)) == f"{GOODBYE}?state=x"


def test_a_token_of_somebody_else_asks(app, browser, product, sign_in):
    token = hint(browser, product)
    bea = make_person(app, "bea@acme.example", "Bea")
    theirs = app.test_client()
    sign_in(theirs, person_id=bea)

    page = logout(theirs, id_token_hint=token, post_logout_redirect_uri=GOODBYE)

    assert page.status_code == 200 and leads_to(page) is None
    assert theirs.get("/workspace/security").status_code == 200


def test_a_token_that_is_not_ours_asks(app, browser, product):
    token = hint(browser, product)
    header, payload, signature = token.split(".")
    forged = f"{header}.{payload}.{signature[::-1]}"

    for told in (forged, *signed_in_other_ways(app, token), "made-up", "ü"):
        page = logout(browser, id_token_hint=told, post_logout_redirect_uri=GOODBYE)
        assert page.status_code == 200
        assert is_signed_in(browser)
        assert leads_to(page) is None


def signed_in_other_ways(app, token):
    """The same claims without a signature, and signed with what everybody knows: our public key as a secret."""
    kid = jwt.get_unverified_header(token)["kid"]
    keys = app.test_client().get("/oauth/jwks").get_json()["keys"]
    public = RSAAlgorithm.from_jwk(next(key for key in keys if key["kid"] == kid))
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    payload = token.split(".")[1]
    for algorithm, secret in (("none", None), ("HS256", pem)):
        told = json.dumps({"alg": algorithm, "kid": kid, "typ": "JWT"}).encode()
        body = f"{base64.urlsafe_b64encode(told).rstrip(b'=').decode()}.{payload}"
        mac = hmac.digest(secret, body.encode(), "sha256") if secret else b""
        yield f"{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def test_a_token_of_another_client_leads_to_no_page_of_this_one(app, browser, product):
    other = make_product(app, "Another product")

    page = logout(
        browser,
        id_token_hint=hint(browser, other),
        client_id=product.client_id,
        post_logout_redirect_uri=GOODBYE,
    )

    assert page.status_code == 200
    assert is_signed_in(browser)


def test_a_request_sent_as_a_form_is_asked_too(browser, product):
    answer = browser.post("/oauth/logout", data={"client_id": product.client_id})

    assert answer.status_code == 303
    assert is_signed_in(browser)
    assert browser.get(answer.location).status_code == 200
    assert is_signed_in(browser)


def test_the_answer_needs_the_token_of_its_page(browser):
    assert browser.post("/oauth/logout/confirmed").status_code == 400
    assert is_signed_in(browser)


def test_a_stranger_is_led_on(client, product):
    assert logout(client).location == "/login"
    told = {"client_id": product.client_id, "post_logout_redirect_uri": GOODBYE}
    assert leads_to(logout(client, **told)) == GOODBYE
    assert leads_to(logout(client, **(told | {"post_logout_redirect_uri": "https://evil.example/"}))) is None
