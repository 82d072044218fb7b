"""Answers of providers, or of who pretends to be one, that are not believed."""

from urllib.parse import urlencode

import pytest
from joserfc.jwk import RSAKey

from tests.access import outside as outsides
from tests.access.outside import CLIENT_ID, RSA
from tests.access.provider_story import come_back, connected, foreign, is_signed_in, known_person, leave
from tests.web.visits import visitor


@pytest.fixture
def app(app_with_providers):
    return app_with_providers


@pytest.fixture
def who(app):
    return visitor(app)


def without(name):
    return lambda claims: {key: value for key, value in claims.items() if key != name}


LIES = {
    "another nonce": {"claims": foreign("nonce", "of another sign-in")},
    "no nonce": {"claims": without("nonce")},
    "another audience": {"claims": foreign("aud", "another client")},
    "two audiences, no party": {"claims": foreign("aud", [CLIENT_ID, "another client"])},
    "another party": {"claims": lambda c: c | {"aud": [CLIENT_ID, "other"], "azp": "other"}},
    "another issuer": {"claims": foreign("iss", "https://evil.example")},
    "expired": {"claims": lambda c: c | {"iat": c["iat"] - 7200, "exp": c["exp"] - 7200}},
    "no expiry": {"claims": without("exp")},
    "not yet": {"claims": lambda c: c | {"nbf": c["iat"] + 3600}},
    "nobody": {"claims": without("sub")},
    "a number for a name": {"claims": foreign("sub", 4711)},
    "another access token": {"claims": foreign("at_hash", "AAAAAAAAAAAAAAAAAAAAAA")},
    "unsigned": {"sign": outsides.unsigned},
    "a foreign key": {"sign": outsides.by_a_foreign_key},
    "the public key as a secret": {"sign": outsides.by_secret_of_the_public_key},
    "no token at all": {"sign": lambda claims: "not.a.token"},
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_lie_lets_nobody_in(app, who, outside, lie):
    connected(app, known_person(app))
    for name, value in LIES[lie].items():
        setattr(outside, name, value)

    answer = come_back(who, outside)

    assert answer.status_code == 400
    assert "Acme ID" in answer.text
    assert not is_signed_in(who)


def test_an_address_from_a_second_person_is_not_believed(app, who, outside):
    outside.claims = without("email")
    outside.userinfo = outsides.ANA | {"sub": "somebody else", "email": "boss@acme.example"}

    assert come_back(who, outside).status_code == 400


def test_what_the_token_leaves_out_is_asked_for(app, who, outside):
    outside.claims = without("email")

    assert come_back(who, outside).location == "/signup/with/acme"


@pytest.mark.parametrize(
    "changed",
    [
        {"state": "of somebody else"},
        {"state": None},
        {"iss": "https://evil.example"},
        {"code": "made-up"},
        {"code": None},
        {"error": "access_denied", "code": None},
    ],
)
def test_an_answer_that_does_not_fit_lets_nobody_in(app, who, outside, changed):
    connected(app, known_person(app))

    answer = come_back(who, outside, **changed)

    assert answer.status_code in {400, 403}
    assert "<h1" in answer.text
    assert not is_signed_in(who)


def test_a_provider_that_promises_its_name_must_give_it(app, who, outside):
    outside.metadata = {"authorization_response_iss_parameter_supported": True}

    assert come_back(who, outside, iss=None).status_code == 400
    assert come_back(who, outside).location == "/signup/with/acme"


def test_an_answer_works_once_in_its_own_browser_and_at_its_own_provider(app, who, outside):
    connected(app, known_person(app))
    query = urlencode(outside.code_for(leave(who)))

    assert visitor(app).read(f"/login/with/acme/callback?{query}").status_code == 400
    assert who.read(f"/login/with/github/callback?{query}").status_code == 400
    assert who.read(f"/login/with/acme/callback?{query}").status_code == 400  # it was used up there


def test_two_tabs_may_sign_in_at_once(app, who, outside):
    connected(app, known_person(app))
    first, second = leave(who), leave(who)

    answer = who.read(f"/login/with/acme/callback?{urlencode(outside.code_for(first))}")

    assert answer.location == "/workspace"
    assert second != first


def test_a_new_key_is_fetched_when_it_is_first_seen(app, outside):
    connected(app, known_person(app))
    assert come_back(visitor(app), outside).location == "/workspace"
    fresh = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
    outside.key, outside.shown = fresh, [RSA[0], fresh]

    assert come_back(visitor(app), outside).location == "/workspace"
    assert come_back(visitor(app), outside).location == "/workspace"
    assert outside.asked["/jwks"] == 2
    assert outside.asked["/.well-known/openid-configuration"] == 1


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/jwks"])
def test_a_provider_that_does_not_answer_is_told_kindly(app, who, outside, path):
    outside.down = {path}
    left = who.read("/login/with/acme")
    answer = left if left.status_code != 302 else come_back(who, outside)

    assert answer.status_code == 503
    assert "Acme ID" in answer.text
    outside.down = set()
    assert come_back(who, outside).location == "/signup/with/acme"


@pytest.mark.parametrize(
    "metadata",
    [{"issuer": "https://evil.example"}, {"token_endpoint": "ftp://x"}, {"jwks_uri": None}],
)
def test_a_wrong_discovery_document_is_not_followed(app, who, outside, metadata):
    outside.metadata = metadata

    assert who.read("/login/with/acme").status_code == 503


@pytest.mark.parametrize("path", ["/login/with/nobody", "/login/with/nobody/callback?state=x&code=y"])
def test_an_unknown_provider_is_not_found(who, path):
    assert who.read(path).status_code == 404


def test_refusals_speak_the_readers_language(app, outside):
    answer = come_back(visitor(app, "es"), outside, error="access_denied", code=None)

    assert "No has iniciado sesión" in answer.text
