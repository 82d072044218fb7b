"""Invitations: for one address, once, in time, by whom may give that role."""

import datetime as dt

import pytest
import time_machine

from plg.accounts import invitations
from plg.accounts.invitations import (
    InvitationExpired,
    InvitationNotFound,
    InvitedAddressDiffers,
    InvitedAddressInvalid,
    RoleAboveYours,
    TooManyInvitations,
)
from plg.accounts.memberships import NotAMember, UnknownRole
from plg.accounts.models import Invitation, Membership
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from tests.support.story import in_parallel, make_account, make_person
from tests.web.visits import count

BEA = "bea@acme.example"


@pytest.fixture
def owner(app):
    return make_person(app, "olga@acme.example", "Olga")


@pytest.fixture
def bea(app):
    return make_person(app, BEA, "Bea")


@pytest.fixture
def account(app, owner):
    return make_account(app, (owner, "owner"))


def invite(app, account, by, email=BEA, role="member"):
    with app.app_context():
        invitation, token = invitations.invite(account, email, role, by=by)
        db.session.commit()
        return invitation, token


def accept(app, token, by, address=BEA):
    with app.app_context():
        joined = invitations.accept(token, by=by, address=address)
        db.session.commit()
        return joined


def test_accepting_makes_a_member_and_tells_the_log(app, account, owner, bea):
    invitation, token = invite(app, account, owner, role="billing")

    accept(app, token, bea)

    assert count(app, Membership, Membership.person_id == bea, Membership.role == "billing") == 1
    assert count(app, Event, Event.name == "Invite Sent", Event.person_id == owner) == 1
    assert count(app, Event, Event.name == "Invite Accepted", Event.person_id == bea) == 1


def test_the_token_is_kept_as_a_hash_only(app, account, owner):
    invitation, token = invite(app, account, owner)

    assert count(app, Invitation, Invitation.token_hash == token) == 0
    assert token not in str(vars(invitation))


def test_another_address_is_refused_and_the_invitation_stays_good(app, account, owner, bea):
    _, token = invite(app, account, owner)
    eve = make_person(app, "eve@evil.example", "Eve")

    with pytest.raises(InvitedAddressDiffers):
        accept(app, token, eve, "eve@evil.example")

    accept(app, token, bea, "BEA@acme.example")
    assert count(app, Membership, Membership.person_id == eve) == 0


def test_one_invitation_accepted_many_times_at_once_is_accepted_once(app, account, owner, bea):
    _, token = invite(app, account, owner)

    answers = in_parallel(app, 10, lambda _: invitations.accept(token, by=bea, address=BEA))

    assert sum(isinstance(answer, Invitation) for answer in answers) == 1
    assert sum(isinstance(answer, InvitationExpired) for answer in answers) == 9
    assert count(app, Event, Event.name == "Invite Accepted") == 1


def test_after_a_week_it_is_too_late(app, account, owner, bea):
    _, token = invite(app, account, owner)

    with time_machine.travel(now() + invitations.LIFE + dt.timedelta(seconds=1), tick=False):
        with pytest.raises(InvitationExpired):
            accept(app, token, bea)
        with app.app_context():
            assert invitations.pending(account) == []


@pytest.mark.parametrize("email", ["", "bea", "b@" + "x" * 320])
def test_what_is_no_address_is_not_invited(app, account, owner, email):
    with pytest.raises(InvitedAddressInvalid):
        invite(app, account, owner, email)


def test_only_known_roles_are_given(app, account, owner):
    with pytest.raises(UnknownRole):
        invite(app, account, owner, role="root")


@pytest.mark.parametrize("role", ["member", "billing", None])
def test_members_without_the_right_invite_nobody(app, account, bea, role):
    if role:
        with app.app_context():
            from plg.accounts import memberships

            memberships.add(account, bea, role, by="tests")
            db.session.commit()

    with pytest.raises(NotAMember):
        invite(app, account, bea, "c@acme.example")


def test_an_admin_invites_admins_and_no_owners(app, owner, bea):
    account = make_account(app, (owner, "owner"), (bea, "admin"))

    invite(app, account, bea, "c@acme.example", "admin")
    with pytest.raises(RoleAboveYours):
        invite(app, account, bea, "d@acme.example", "owner")


def test_too_many_open_invitations_are_refused(app, account, owner, monkeypatch):
    monkeypatch.setattr(invitations, "MAX_OPEN", 2)
    invite(app, account, owner, "a@acme.example")
    invite(app, account, owner, "b@acme.example")

    with pytest.raises(TooManyInvitations):
        invite(app, account, owner, "c@acme.example")
    invite(app, account, owner, "a@acme.example")


def test_an_invitation_is_taken_back_by_its_own_account_only(app, account, owner, bea):
    invitation, token = invite(app, account, owner)
    foreign = make_account(app, (bea, "owner"), name="Foreign")

    with app.app_context(), pytest.raises(InvitationNotFound):
        invitations.revoke(foreign, invitation.public_id, by=bea)
    with app.app_context():
        invitations.revoke(account, invitation.public_id, by=owner)
        db.session.commit()

    with pytest.raises(InvitationExpired):
        accept(app, token, bea)
