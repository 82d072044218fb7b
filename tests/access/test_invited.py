"""Who follows an invitation's link has shown that the address is theirs, and gets in once."""

import pytest

from plg.access import credentials, invited, sessions
from plg.access.invited import AddressConfirmed
from plg.access.models import Credential
from plg.kit.db import db
from plg.people.models import Person
from tests.support.story import in_parallel, make_person
from tests.web.visits import count

BEA, PASSWORD = "bea@acme.example", "correct horse battery"


def admit(app, password=PASSWORD):
    with app.app_context():
        credential = invited.admit(BEA, "Bea", password)
        db.session.commit()
        return credential.person_id


def test_somebody_new_becomes_a_person_with_a_confirmed_address(app):
    admit(app)

    with app.app_context():
        assert credentials.check(BEA, PASSWORD).email_confirmed_at is not None


def test_an_unconfirmed_sign_up_is_taken_over_with_its_sessions_ended(app):
    person = make_person(app, BEA)
    with app.app_context():
        credentials.create(person, BEA, "somebody else's hash")
        session = sessions.begin(person_id=person)
        db.session.commit()

    assert admit(app) == person

    with app.app_context():
        assert sessions.find(session) is None
        assert credentials.check(BEA, PASSWORD).person_id == person


def test_a_confirmed_address_is_not_taken_over(app):
    admit(app)

    with app.app_context(), pytest.raises(AddressConfirmed):
        invited.admit(BEA, "Eve", "Eves own long phrase")


def test_in_parallel_one_person_is_made(app):
    answers = in_parallel(app, 8, lambda _: invited.admit(BEA, "Bea", PASSWORD))

    assert sum(isinstance(answer, Credential) for answer in answers) == 1
    assert sum(isinstance(answer, AddressConfirmed) for answer in answers) == 7
    assert count(app, Person) == 1
