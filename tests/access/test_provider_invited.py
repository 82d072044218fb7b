"""Who was invited may come with a provider instead of a new password, with the invited address only."""

import pytest

from plg.access import credentials
from plg.accounts import invitations
from plg.accounts.models import Account
from plg.kit.db import db
from plg.people.models import Person
from tests.access.provider_story import ANA, come_back, is_signed_in
from tests.support.story import make_account, make_person
from tests.web.visits import count, visitor


@pytest.fixture
def app(app_with_providers):
    return app_with_providers


def invited(app, email):
    owner = make_person(app, "olga@acme.example")
    account = make_account(app, (owner, "owner"))
    with app.app_context():
        _, token = invitations.invite(account, email, "member", by=owner)
        db.session.commit()
    return f"/invitations/{token}"


def test_they_join_at_once_and_open_no_workspace_of_their_own(app, outside):
    who, link = visitor(app), invited(app, ANA)
    assert f"/login/with/acme?next={link}" in who.read(link).text

    answer = come_back(who, outside, onward=link)

    assert answer.location == "/workspace"
    assert is_signed_in(who)
    assert count(app, Account) == 1
    with app.app_context():
        found = credentials.find(ANA)
        assert found.email_confirmed_at is not None
        assert found.password_hash is None
    again = come_back(visitor(app), outside)
    assert again.location == "/workspace"


def test_another_address_does_not_open_the_invitation(app, outside):
    who, link = visitor(app, "es"), invited(app, "bea@acme.example")

    answer = come_back(who, outside, onward=link)

    assert answer.location == link
    assert f"para bea@acme.example y has entrado con {ANA}" in who.read(link).text
    assert not is_signed_in(who)
    assert count(app, Person) == 1


def test_an_invitation_that_works_no_more_leads_to_an_ordinary_sign_up(app, outside):
    answer = come_back(visitor(app), outside, onward="/invitations/nobody-sent-this")

    assert answer.location == "/signup/with/acme"
