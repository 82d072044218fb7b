"""A workspace is deleted by an owner who means it, a month later, and for good."""

import datetime as dt

import pytest
from sqlalchemy import select

from plg.accounts import accounts, deletion, domains, invitations, jobs, links, memberships
from plg.accounts.accounts import AccountNotFound, WorkspaceClosing
from plg.accounts.deletion import NameDiffers, NotClosing
from plg.accounts.memberships import NotAMember
from plg.accounts.models import (
    Account,
    AccountDomain,
    AccountKey,
    Invitation,
    InvitationLink,
    JoinRequest,
    Membership,
)
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from tests.support.story import in_parallel, make_account, make_person
from tests.web.visits import count

OLGA = "olga@acme-corp.com"


@pytest.fixture
def owner(app):
    return make_person(app, OLGA, "Olga")


@pytest.fixture
def account(app, owner):
    return make_account(app, (owner, "owner"), key="company-7")


def request(app, account, by, name="Acme"):
    with app.app_context():
        deletion.request(account, name, by=by)
        db.session.commit()


def a_month_later():
    return now() + deletion.GRACE + dt.timedelta(minutes=1)


def test_after_the_grace_nothing_is_left_but_an_empty_row(app, account, owner, worker):
    with app.app_context():
        invitations.invite(account, "bea@acme-corp.com", "member", by=owner)
        links.create(account, "member", max_uses=1, days=1, by=owner)
        domains.claim(account, "acme-corp.com", address=OLGA, by=owner)
        accounts.describe(accounts.get(account), {"industry": "Rockets", "locale": "es"})
        db.session.add(
            JoinRequest(account_id=account, person_id=owner, email=OLGA, status="open", created_at=now())
        )
        db.session.commit()
    request(app, account, owner)

    worker(now=a_month_later())

    for table in (AccountKey, Membership, Invitation, InvitationLink, AccountDomain, JoinRequest):
        assert count(app, table, table.account_id == account) == 0, table
    with app.app_context():
        row = db.session.get(Account, account)
        assert (row.name, row.traits, row.locale, row.delete_at) == ("", {}, None, None)
        assert row.deleted_at is not None
        with pytest.raises(AccountNotFound):
            accounts.find("company-7")
    told = [Event.name == "Account Deleted", Event.account_id == account]
    assert count(app, Event, *told) == 1


def test_the_key_of_a_deleted_account_is_free_for_another(app, account, owner, worker):
    request(app, account, owner)
    worker(now=a_month_later())

    with app.app_context():
        assert accounts.resolve(["company-7"])["company-7"] != account
        db.session.commit()


def test_before_its_day_nothing_is_deleted(app, account, owner, worker):
    request(app, account, owner)

    worker(now=now() + deletion.GRACE - dt.timedelta(minutes=1))

    assert count(app, Membership, Membership.account_id == account) == 1


def test_any_owner_keeps_it_until_then(app, account, owner, worker):
    second = make_person(app, "second@acme-corp.com")
    with app.app_context():
        memberships.add(account, second, "owner", by="tests")
        db.session.commit()
    request(app, account, owner)
    with app.app_context():
        deletion.cancel(account, by=second)
        db.session.commit()

    worker(now=a_month_later())

    assert count(app, Membership, Membership.account_id == account) == 2
    with app.app_context():
        names = db.session.scalars(select(Event.name).where(Event.name.like("Account Deletion%")))
        assert sorted(names) == ["Account Deletion Cancelled", "Account Deletion Requested"]
        with pytest.raises(NotClosing):
            deletion.cancel(account, by=owner)


@pytest.mark.parametrize("typed", ["", "acme", "Acme Inc"])
def test_another_name_than_the_workspaces_deletes_nothing(app, account, owner, typed):
    with pytest.raises(NameDiffers):
        request(app, account, owner, typed)


@pytest.mark.parametrize("role", ["admin", "billing", "member", None])
def test_only_owners_ask_for_it_and_undo_it(app, account, owner, role):
    bea = make_person(app, "bea@acme-corp.com")
    with app.app_context():
        if role:
            memberships.add(account, bea, role, by="tests")
        db.session.commit()

    with pytest.raises(NotAMember):
        request(app, account, bea)
    request(app, account, owner)
    with app.app_context(), pytest.raises(NotAMember):
        deletion.cancel(account, by=bea)


def test_asked_for_many_times_at_once_it_has_one_day(app, account, owner):
    answers = in_parallel(app, 6, lambda _: deletion.request(account, "Acme", by=owner))

    assert sum(isinstance(answer, Account) for answer in answers) == 1
    assert sum(isinstance(answer, WorkspaceClosing) for answer in answers) == 5
    assert count(app, Event, Event.name == "Account Deletion Requested") == 1


def test_while_it_waits_nobody_joins(app, account, owner):
    bea = make_person(app, "bea@acme-corp.com")
    with app.app_context():
        _, token = invitations.invite(account, "bea@acme-corp.com", "member", by=owner)
        db.session.commit()
    request(app, account, owner)

    with app.app_context(), pytest.raises(WorkspaceClosing):
        invitations.accept(token, by=bea, address="bea@acme-corp.com")


def test_several_workers_delete_each_workspace_once(app, owner):
    ids = [make_account(app, (owner, "owner"), name=f"W{i}") for i in range(12)]
    with app.app_context():
        for i, each in enumerate(ids):
            deletion.request(each, f"W{i}", by=owner)
        db.session.commit()

    in_parallel(app, 4, lambda _: jobs.delete_accounts(a_month_later()))
    in_parallel(app, 1, lambda _: jobs.delete_accounts(a_month_later()))

    assert count(app, Event, Event.name == "Account Deleted") == 12
    assert count(app, Account, Account.deleted_at.is_not(None)) == 12
