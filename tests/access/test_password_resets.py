"""A forgotten password: one link, one new password, one of many who try at once."""

import pytest
from sqlalchemy import update

from plg.access import credentials, one_time, password_resets, sessions
from plg.access.credentials import WeakPassword, WrongCredentials
from plg.access.models import Credential
from plg.kit.db import db
from plg.people import people
from plg.people.models import Person
from tests.support.story import in_parallel, make_person
from tests.web.visits import count

ANA = "ana@acme.example"


@pytest.fixture
def token(app):
    person = make_person(app, ANA)
    with app.app_context():
        credential = credentials.create(person, ANA, None)
        token = password_resets.begin(ANA, credential.person_id)
        sessions.begin(person_id=person)
        db.session.commit()
    return token


def finish(app, token, password="a new long phrase"):
    with app.app_context():
        try:
            credential = password_resets.finish(token, password)
            db.session.commit()
            return credential
        except Exception as error:
            db.session.rollback()
            return error


def test_the_new_password_is_the_only_one(app, token):
    finish(app, token)

    with app.app_context():
        assert credentials.check(ANA, "a new long phrase").email == ANA
        with pytest.raises(WrongCredentials):
            credentials.check(ANA, "")


def test_who_reads_the_mail_has_confirmed_the_address(app, token):
    assert count(app, Credential, Credential.email_confirmed_at.is_not(None)) == 0

    finish(app, token)

    assert count(app, Credential, Credential.email_confirmed_at.is_not(None)) == 1


def test_every_browser_of_a_merged_person_signs_in_anew(app, token):
    """The address stays with the record that signed up; sessions may have been begun for the survivor."""
    with app.app_context():
        signed_up = credentials.find(ANA).person_id
        survivor = people.add(email=None, name="Ana", by="tests").id
        merge = update(Person).where(Person.id == signed_up).values(merged_into_id=survivor)
        db.session.execute(merge)
        begun = [sessions.begin(person_id=each) for each in (signed_up, survivor)]
        db.session.commit()

    finish(app, token)

    with app.app_context():
        assert [sessions.find(each) for each in begun] == [None, None]


def test_a_weak_password_leaves_everything_as_it_was(app, token):
    assert isinstance(finish(app, token, "short"), WeakPassword)
    assert isinstance(finish(app, token, "x" * 257), WeakPassword)

    assert count(app, Credential, Credential.password_hash.is_not(None)) == 0
    assert isinstance(finish(app, token), Credential)


def test_of_many_who_use_the_link_at_once_one_succeeds(app, token):
    answers = in_parallel(app, 10, lambda i: password_resets.finish(token, f"a new long phrase {i}"))

    winners = [i for i, answer in enumerate(answers) if isinstance(answer, Credential)]
    assert len(winners) == 1
    assert all(isinstance(a, one_time.LinkExpired) for i, a in enumerate(answers) if i not in winners)
    with app.app_context():
        assert credentials.check(ANA, f"a new long phrase {winners[0]}")
