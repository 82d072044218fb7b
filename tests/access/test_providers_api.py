"""Signing in with a provider on the host product's own pages: its server asks with the secret key."""

import time

import pytest
import time_machine

from plg.access import credentials
from plg.access.models import ProviderIdentity
from plg.accounts.models import Account
from plg.people.models import Person
from tests.access.provider_story import ANA, connected, foreign, known_person
from tests.support.story import in_parallel
from tests.web.visits import count

BACK = "https://facturo.example/callback"
COMPANY = {"name": "Ana García", "company": "Acme", "timezone": "Europe/Madrid"}


@pytest.fixture
def app(app_with_providers):
    return app_with_providers


@pytest.fixture
def call(client, secret_key):
    def post(path, body, provider="acme"):
        headers = {"Authorization": f"Bearer {secret_key}"}
        return client.post(f"/v1/auth/providers/{provider}/{path}", json=body, headers=headers)

    return post


def begin(call, outside, provider="acme"):
    """What the browser brings back to the host's page, with the token that the host kept."""
    begun = call("authorize", {"redirect_uri": BACK}, provider)
    assert begun.status_code == 200, begun.text
    told = begun.get_json()
    return outside.code_for(told["url"]) | {"provider_token": told["provider_token"]}


def authenticate(call, outside, provider="acme", **changed):
    return call("authenticate", begin(call, outside, provider) | changed, provider)


@pytest.mark.parametrize("provider", ["acme", "github"])
def test_somebody_new_signs_up_and_comes_back(app, call, outside, provider):
    new = authenticate(call, outside, provider).get_json()
    assert (new["status"], new["email"], new["name"]) == ("sign_up_required", ANA, "Ana García")
    assert count(app, Person) == 0

    done = call("sign-up", COMPANY | {"sign_up_token": new["sign_up_token"]}, provider).get_json()

    assert done["status"] == "complete"
    assert [account["name"] for account in done["accounts"]] == ["Acme"]
    again = authenticate(call, outside, provider).get_json()
    assert (again["status"], again["person"]) == ("complete", done["person"])
    with app.app_context():
        assert credentials.find(ANA).email_confirmed_at is not None


def test_in_parallel_one_newcomer_signs_up_once(app, call, outside):
    tokens = [authenticate(call, outside).get_json()["sign_up_token"] for _ in range(4)]

    answers = in_parallel(app, 4, lambda i: call("sign-up", COMPANY | {"sign_up_token": tokens[i]}))

    assert [answer.status_code for answer in answers] == [200] * 4, [a.text for a in answers]
    assert count(app, Person) == count(app, Account) == count(app, ProviderIdentity) == 1


def test_a_confirmed_address_is_never_taken_over(app, call, outside):
    known_person(app)

    answer = authenticate(call, outside)

    assert (answer.status_code, answer.get_json()["code"]) == (409, "address_confirmed")
    assert count(app, ProviderIdentity) == 0


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"state": "of another"}, "provider_answer_refused"),
        ({"iss": "https://evil.example"}, "provider_answer_refused"),
        ({"code": "made-up"}, "provider_answer_refused"),
        ({"code": "", "error": "access_denied"}, "provider_denied"),
        ({"provider_token": "made-up"}, "provider_token_refused"),
    ],
)
def test_an_answer_that_does_not_fit_lets_nobody_in(app, call, outside, changed, code):
    connected(app, known_person(app))

    answer = authenticate(call, outside, **changed)

    assert (answer.status_code, answer.get_json()["code"]) == (400, code)


def test_a_lie_lets_nobody_in(app, call, outside):
    connected(app, known_person(app))
    outside.claims = foreign("nonce", "of another sign-in")

    assert authenticate(call, outside).get_json()["code"] == "provider_answer_refused"


def test_a_token_is_for_its_own_provider_and_step_and_not_for_long(call, outside):
    back = begin(call, outside)
    assert call("authenticate", back, "github").get_json()["code"] == "provider_token_refused"
    as_sign_up = COMPANY | {"sign_up_token": back["provider_token"]}
    assert call("sign-up", as_sign_up).get_json()["code"] == "provider_token_refused"

    with time_machine.travel(time.time() + 16 * 60):
        assert call("authenticate", back).get_json()["code"] == "provider_token_refused"


def test_nothing_secret_can_be_read_from_what_the_host_keeps(call, outside):
    back = begin(call, outside)
    told = outside.codes[back["code"]]

    assert told["nonce"] not in back["provider_token"]
    assert back["state"] not in back["provider_token"]


def test_an_unknown_provider_and_one_that_is_down_are_told(call, outside):
    assert call("authorize", {"redirect_uri": BACK}, "nobody").status_code == 404
    outside.down = {"/.well-known/openid-configuration"}
    answer = call("authorize", {"redirect_uri": BACK})
    assert (answer.status_code, answer.get_json()["code"]) == (503, "provider_unavailable")
