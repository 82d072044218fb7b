"""Accounts at providers, connected to somebody who is signed in here, and disconnected."""

from urllib.parse import urlencode

import pytest

from plg.access import credentials, provider_identities, sessions
from plg.access.models import ProviderIdentity
from plg.access.provider_identities import IdentityTaken
from plg.access.providers_wire import Outsider
from plg.kit.db import db
from tests.access.outside import CLIENT_SECRET
from tests.access.provider_story import ANA, come_back, connected, is_signed_in, known_person
from tests.support.story import in_parallel
from tests.web.visits import count, mails, visitor


@pytest.fixture
def app(app_with_providers):
    return app_with_providers


@pytest.fixture
def who(app):
    return visitor(app)


@pytest.fixture
def ana(app, who, sign_in):
    person = known_person(app)
    who.csrf = sign_in(who.client, person_id=person)
    return person


def connect(who, outside, key="acme"):
    page = who.send(f"/workspace/security/providers/{key}/connect", csrf_token=who.csrf)
    assert page.status_code == 200, page.text
    address = page.text.partition('content="0;url=')[2].partition('"')[0].replace("&amp;", "&")
    return who.read(f"/login/with/{key}/callback?{urlencode(outside.code_for(address))}")


def test_who_is_signed_in_connects_and_then_the_button_works(app, who, ana, outside):
    assert connect(who, outside).location == "/workspace/security"

    page = who.read("/workspace/security").text
    assert "Acme ID" in page and "Disconnect" in page
    assert "ways-changed" in [mail.template for mail in mails(app, ANA)]
    fresh = visitor(app)
    assert come_back(fresh, outside).location == "/workspace"
    assert is_signed_in(fresh)


def test_an_account_of_somebody_else_is_not_connected(app, who, ana, outside):
    connected(app, known_person(app, "bea@acme.example"))

    answer = connect(who, outside)

    assert answer.status_code == 409
    with app.app_context():
        assert not provider_identities.of_person(ana)


def test_somebody_who_signed_out_meanwhile_connects_nothing(app, who, ana, outside):
    page = who.send("/workspace/security/providers/acme/connect", csrf_token=who.csrf)
    address = page.text.partition('content="0;url=')[2].partition('"')[0].replace("&amp;", "&")
    with app.app_context():
        sessions.end_all_of(ana)
        db.session.commit()

    answer = who.read(f"/login/with/acme/callback?{urlencode(outside.code_for(address))}")

    assert answer.status_code == 400
    assert count(app, ProviderIdentity) == 0


def test_in_parallel_an_account_is_connected_to_one_person(app, outside):
    people = [known_person(app, f"{name}@acme.example") for name in ("ana", "bea", "cai", "dan")]
    outsider = Outsider("acme", outside.url, "4711", None)

    answers = in_parallel(app, 4, lambda i: provider_identities.connect(outsider, people[i]))

    assert sum(isinstance(answer, IdentityTaken) for answer in answers) == 3
    assert count(app, ProviderIdentity) == 1


def disconnect(app, who, person):
    with app.app_context():
        row = provider_identities.of_person(person)[0]
    path = f"/workspace/security/providers/{row.id}/disconnect"
    return who.send(path, csrf_token=who.csrf)


def test_a_connected_account_is_disconnected_but_never_the_last_way_in(app, who, ana, outside):
    connected(app, ana)
    disconnect(app, who, ana)
    assert count(app, ProviderIdentity) == 0

    connected(app, ana)
    with app.app_context():
        credentials.of_person(ana).password_hash = None
        db.session.commit()
    disconnect(app, who, ana)
    assert count(app, ProviderIdentity) == 1
    assert "only way in" in who.read("/workspace/security").text


def test_nobody_disconnects_what_is_somebody_elses(app, who, ana):
    bea = known_person(app, "bea@acme.example")
    connected(app, bea)
    with app.app_context():
        row = provider_identities.of_person(bea)[0]

    answer = who.send(f"/workspace/security/providers/{row.id}/disconnect", csrf_token=who.csrf)

    assert answer.status_code == 404
    assert count(app, ProviderIdentity) == 1


def test_the_secret_of_the_client_is_never_shown(app):
    settings = app.extensions["plg.settings"]

    assert CLIENT_SECRET not in repr(settings)
    assert CLIENT_SECRET not in str(settings.model_dump())


def test_the_buttons_are_on_both_pages(app, who):
    for page in ("/login?next=/workspace/members", "/signup"):
        told = who.read(page).text
        assert "Continue with Acme ID" in told and "Continue with GitHub" in told
    assert "/login/with/acme?next=" in who.read("/login?next=/workspace/members").text
