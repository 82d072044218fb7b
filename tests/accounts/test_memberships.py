"""Roles, when several people change them at the same moment."""

import pytest
from sqlalchemy import func, select

from plg.accounts import memberships
from plg.accounts.memberships import LastOwner
from plg.events.models import Event
from plg.kit.db import db
from tests.support.story import in_parallel, make_account, make_person


@pytest.fixture
def people(app):
    return [make_person(app, f"{name}@acme.example", name) for name in ("ana", "bea", "cleo")]


@pytest.mark.parametrize("attempt", range(3))
def test_owners_who_all_leave_at_once_leave_one_behind(app, people, attempt):
    account = make_account(app, *((person, "owner") for person in people))

    results = in_parallel(app, 3, lambda i: memberships.remove(account, people[i], by="tests"))

    assert [type(each) for each in results if each is not None] == [LastOwner]
    with app.app_context():
        assert [row.role for row in memberships.of_account(account)] == ["owner"]
        told = select(func.count()).select_from(Event).where(Event.name == "Account Removed User")
        assert db.session.scalar(told) == 2


@pytest.mark.parametrize("attempt", range(3))
def test_owners_who_make_each_other_members_at_once_leave_an_owner(app, people, attempt):
    account = make_account(app, *((person, "owner") for person in people))

    in_parallel(app, 3, lambda i: memberships.change_role(account, people[i - 1], "member", by="tests"))

    with app.app_context():
        assert sorted(row.role for row in memberships.of_account(account)) == ["member", "member", "owner"]


def test_somebody_who_is_let_in_from_many_sides_belongs_once(app, people):
    account = make_account(app, (people[0], "owner"))

    results = in_parallel(app, 6, lambda i: memberships.add(account, people[1], "member", by="tests"))

    assert results.count(True) == 1
    with app.app_context():
        assert len(memberships.of_account(account)) == 2


def test_handing_over_makes_the_heir_the_owner_and_the_owner_an_admin(app, people):
    ana, bea, _ = people
    account = make_account(app, (ana, "owner"), (bea, "member"))

    with app.app_context():
        memberships.hand_over(account, bea, by=ana)
        db.session.commit()

    with app.app_context():
        assert (memberships.role(account, ana), memberships.role(account, bea)) == ("admin", "owner")
        told = select(Event.name, Event.person_id).where(Event.account_id == account)
        told = told.where(Event.name.in_(["Account Role Changed", "Ownership Transferred"]))
        assert sorted(db.session.execute(told)) == [
            ("Account Role Changed", ana),
            ("Account Role Changed", bea),
            ("Ownership Transferred", ana),
        ]


@pytest.mark.parametrize("attempt", range(3))
def test_two_owners_who_remove_each_other_at_once_leave_one(app, people, attempt):
    ana, bea, _ = people
    account = make_account(app, (ana, "owner"), (bea, "owner"))

    answers = in_parallel(app, 2, lambda i: memberships.remove(account, (bea, ana)[i], by="tests"))

    assert [type(each) for each in answers if each is not None] == [LastOwner]
    with app.app_context():
        assert [row.role for row in memberships.of_account(account)] == ["owner"]
