"""Signing in and up with a provider: who is let in, and who becomes whom."""

from urllib.parse import parse_qs, urlsplit

import pytest

from plg.access import credentials, sessions
from plg.access.models import ProviderIdentity
from plg.accounts.models import Account
from plg.kit.db import db
from plg.people.models import Person
from tests.access.outside import CLIENT_ID, CLIENT_SECRET
from tests.access.provider_story import ANA, come_back, connected, is_signed_in, known_person, leave
from tests.support.story import in_parallel, publish_plans
from tests.web.visits import count, mails, visitor


@pytest.fixture
def app(app_with_providers):
    return app_with_providers


@pytest.fixture
def who(app):
    return visitor(app)


# --- out and back -----------------------------------------------------------------------------------


def test_the_browser_is_sent_off_with_everything_that_must_come_back(app, who, outside):
    at = urlsplit(leave(who))
    asked = {name: values[0] for name, values in parse_qs(at.query).items()}

    assert f"{at.scheme}://{at.netloc}{at.path}" == f"{outside.url}/authorize"
    assert asked["redirect_uri"] == f"{app.extensions['plg.settings'].public_url}/login/with/acme/callback"
    assert (asked["client_id"], asked["response_type"]) == (CLIENT_ID, "code")
    assert asked["code_challenge_method"] == "S256"
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    assert set(asked["scope"].split()) == {"openid", "email", "profile"}


@pytest.mark.parametrize("key", ["acme", "github"])
def test_somebody_new_names_a_company_and_is_in(app, who, outside, key):
    answer = come_back(who, outside, key)
    assert answer.location == f"/signup/with/{key}"
    assert ANA in who.read(answer.location).text

    answer = who.submit(answer.location, name="Ana García", company="Acme", timezone="Europe/Madrid")

    assert answer.status_code == 303
    assert is_signed_in(who)
    with app.app_context():
        credential = credentials.find(ANA)
        assert credential.email_confirmed_at is not None
        assert credential.password_hash is None
        account = db.session.query(Account).one()
        assert (account.name, account.timezone) == ("Acme", "Europe/Madrid")
    assert [mail.template for mail in mails(app, ANA) if mail.template == "confirm-email"] == []

    again = visitor(app)
    assert come_back(again, outside, key).location == "/workspace"
    assert is_signed_in(again)
    assert count(app, Person) == count(app, ProviderIdentity) == 1


def test_the_page_for_newcomers_names_each_fault_and_is_for_nobody_else(app, who, outside):
    assert who.read("/signup/with/acme").location == "/signup"
    page = come_back(who, outside).location

    answer = who.submit(page, name="see http://spam.example", company="")

    assert answer.status_code == 422
    assert count(app, Person) == 0
    assert visitor(app).read(page).location == "/signup"
    assert who.read("/signup/with/github").location == "/signup"


def test_who_wanted_to_go_somewhere_is_led_there_and_never_elsewhere(app, who, outside):
    connected(app, known_person(app))

    assert come_back(who, outside, onward="/workspace/members").location == "/workspace/members"
    for elsewhere in ("https://evil.example", "//evil.example", "/%5Cevil.example"):
        assert come_back(visitor(app), outside, onward=elsewhere).location == "/workspace"


# --- whose address it is ----------------------------------------------------------------------------


def test_a_confirmed_address_is_never_taken_over(app, who, outside):
    person = known_person(app)

    answer = come_back(who, outside)

    assert answer.status_code == 409
    assert "Acme ID" in answer.text and "/login?next=" in answer.text
    assert not is_signed_in(who)
    with app.app_context():
        assert credentials.of_person(person).password_hash == "somebody's hash"
    assert count(app, ProviderIdentity) == 0


@pytest.mark.parametrize("key", ["acme", "github"])
def test_a_sign_up_that_nobody_confirmed_becomes_its_owners(app, who, outside, key):
    person = known_person(app, confirmed=False)
    with app.app_context():
        squatter = sessions.begin(person_id=person)
        db.session.commit()

    assert come_back(who, outside, key).location == "/workspace"

    with app.app_context():
        credential = credentials.of_person(person)
        assert credential.password_hash is None
        assert credential.email_confirmed_at is not None
        assert sessions.find(squatter) is None
    assert is_signed_in(who)


@pytest.mark.parametrize(
    ("user", "emails"),
    [
        ({"email_verified": False}, {"verified": False}),
        ({"email_verified": None}, {"primary": False}),
        ({"email_verified": "yes"}, {"email": "4711+ana@users.noreply.github.com"}),
        ({"email": "no address"}, {"email": "no address"}),
        ({"email": None}, {"email": None}),
    ],
)
@pytest.mark.parametrize("key", ["acme", "github"])
def test_only_a_verified_address_counts(app, who, outside, key, user, emails):
    known_person(app, confirmed=False)
    outside.user |= user
    outside.emails = [outside.emails[0] | emails]

    answer = come_back(who, outside, key)

    assert answer.status_code == 403
    assert not is_signed_in(who)
    assert count(app, ProviderIdentity) == 0
    with app.app_context():
        assert credentials.find(ANA).email_confirmed_at is None


def test_a_firms_own_directory_may_be_trusted_with_addresses(make_app, outside):
    own = {"key": "acme", "issuer": outside.url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    app = make_app(sign_in_providers=[own | {"trust_emails": True}])
    publish_plans(app)
    del outside.user["email_verified"]

    assert come_back(visitor(app), outside).location == "/signup/with/acme"
    outside.user["email_verified"] = False
    assert come_back(visitor(app), outside).status_code == 403


def test_the_same_number_at_another_issuer_is_somebody_else(app, who, outside):
    connected(app, known_person(app, "bea@acme.example"), issuer="https://elsewhere.example")

    assert come_back(who, outside).location == "/signup/with/acme"


def test_in_parallel_one_newcomer_becomes_one_person_with_one_workspace(app, outside):
    tabs = [visitor(app) for _ in range(6)]
    for tab in tabs:
        assert come_back(tab, outside).location == "/signup/with/acme"
    pages = [tab.read("/signup/with/acme").text for tab in tabs]

    answers = in_parallel(app, 6, lambda i: _send(tabs[i], pages[i]))

    assert [answer.status_code for answer in answers] == [303] * 6, [a.text for a in answers]
    assert count(app, Person) == count(app, Account) == count(app, ProviderIdentity) == 1
    assert all(is_signed_in(tab) for tab in tabs)


def _send(tab, page):
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    return tab.send("/signup/with/acme", csrf_token=token, name="Ana", company="Acme")
