"""Invitation links: for so many people, for so long, and only by way of an address that is one's own."""

import datetime as dt

import pytest
import time_machine

from plg.accounts import invitations, links, memberships
from plg.accounts.invitations import InvitationExpired, LinkUsedUp
from plg.accounts.links import BadLink, LinkNotFound, OtherDomain, TooManyLinks
from plg.accounts.memberships import NotAMember
from plg.accounts.models import Invitation, InvitationLink, Membership
from plg.kit.clock import now
from plg.kit.db import db
from tests.support.story import in_parallel, make_account, make_person
from tests.web.visits import count


@pytest.fixture
def owner(app):
    return make_person(app, "olga@acme.example", "Olga")


@pytest.fixture
def account(app, owner):
    return make_account(app, (owner, "owner"))


def make(app, account, by, role="member", max_uses=5, days=7, domain=""):
    """The token of a new link."""
    with app.app_context():
        link = links.create(account, role, max_uses=max_uses, days=days, domain=domain, by=by)
        db.session.commit()
        return links.token_of(link)


def join(app, token, email):
    """Ask by the link, and accept what the mail brings."""
    person = make_person(app, email)
    with app.app_context():
        _, mailed = links.ask(token, email)
        db.session.commit()
    with app.app_context():
        invitations.accept(mailed, by=person, address=email)
        db.session.commit()
    return person


def test_who_opens_the_link_joins_by_their_own_mail(app, account, owner):
    token = make(app, account, owner, "admin")

    person = join(app, token, "bea@elsewhere.example")

    with app.app_context():
        assert memberships.role(account, person) == "admin"
    assert count(app, InvitationLink, InvitationLink.uses == 1) == 1


def test_of_many_who_join_at_once_so_many_get_in_as_the_link_is_for(app, account, owner):
    token = make(app, account, owner, max_uses=5)
    people = [make_person(app, f"p{i}@acme.example") for i in range(20)]
    with app.app_context():
        mailed = [links.ask(token, f"p{i}@acme.example")[1] for i in range(20)]
        db.session.commit()

    answers = in_parallel(
        app, 20, lambda i: invitations.accept(mailed[i], by=people[i], address=f"p{i}@acme.example")
    )

    assert sum(isinstance(answer, Invitation) for answer in answers) == 5
    assert sum(isinstance(answer, LinkUsedUp) for answer in answers) == 15
    assert count(app, Membership, Membership.account_id == account, Membership.role == "member") == 5
    assert count(app, InvitationLink, InvitationLink.uses == 5) == 1


def test_who_is_a_member_already_takes_no_place_of_the_link(app, account, owner):
    token = make(app, account, owner, max_uses=1)
    with app.app_context():
        _, mailed = links.ask(token, "olga@acme.example")
        db.session.commit()
    with app.app_context():
        invitations.accept(mailed, by=owner, address="olga@acme.example")
        db.session.commit()

    join(app, token, "bea@acme.example")

    with app.app_context():
        assert memberships.role(account, owner) == "owner"
        with pytest.raises(LinkUsedUp):
            links.look_at(token)


def test_asking_by_a_link_leaves_an_invitation_of_the_owners_alone(app, account, owner):
    token = make(app, account, owner)
    with app.app_context():
        _, mailed = invitations.invite(account, "bea@acme.example", "admin", by=owner)
        links.ask(token, "bea@acme.example")
        db.session.commit()
    with app.app_context():
        assert invitations.look_at(mailed).role == "admin"
        assert [row.role for row in invitations.pending(account)] == ["admin"]


def test_asking_again_replaces_the_first_mail(app, account, owner):
    token = make(app, account, owner)
    with app.app_context():
        _, first = links.ask(token, "bea@acme.example")
        _, second = links.ask(token, "BEA@acme.example")
        db.session.commit()
    with app.app_context():
        with pytest.raises(InvitationExpired):
            invitations.look_at(first)
        assert invitations.look_at(second).email == "bea@acme.example"


def test_a_link_for_one_domain_invites_no_other(app, account, owner):
    token = make(app, account, owner, domain="@Acme.example")

    join(app, token, "bea@acme.example")
    for other in ("eve@evil.example", "eve@acme.example.evil.example", "eve@notacme.example"):
        with app.app_context(), pytest.raises(OtherDomain):
            links.ask(token, other)


def test_a_closed_link_and_what_was_asked_by_it_work_no_more(app, account, owner):
    token = make(app, account, owner)
    with app.app_context():
        _, mailed = links.ask(token, "bea@acme.example")
        links.revoke(account, links.of_account(account)[0].public_id, by=owner)
        db.session.commit()

    with app.app_context():
        for look in (lambda: links.look_at(token), lambda: invitations.look_at(mailed)):
            with pytest.raises(InvitationExpired):
                look()
        assert links.of_account(account) == []


def test_after_its_days_it_works_no_more(app, account, owner):
    token = make(app, account, owner, days=3)

    later = time_machine.travel(now() + dt.timedelta(days=3, seconds=1), tick=False)
    with later, app.app_context(), pytest.raises(InvitationExpired):
        links.look_at(token)


@pytest.mark.parametrize("forge", [lambda t: t.split(".")[0] + "." + "A" * 27, lambda t: t.split(".")[0]])
def test_a_made_up_token_opens_nothing(app, account, owner, forge):
    token = make(app, account, owner)

    with app.app_context(), pytest.raises(InvitationExpired):
        links.look_at(forge(token))


def test_all_faults_are_told_at_once(app, account, owner):
    with app.app_context(), pytest.raises(BadLink) as refused:
        links.create(account, "owner", max_uses=0, days=91, domain="com", by=owner)

    assert {fault.field for fault in refused.value.errors} == {"role", "max_uses", "days", "domain"}


def test_members_make_no_links_and_nobody_closes_another_workspaces(app, account, owner):
    bea = make_person(app, "bea@acme.example")
    foreign = make_account(app, (bea, "owner"), name="Foreign")
    make(app, account, owner)
    with app.app_context():
        memberships.add(account, bea, "member", by="tests")
        with pytest.raises(NotAMember):
            links.create(account, "member", max_uses=1, days=1, by=bea)
        with pytest.raises(LinkNotFound):
            links.revoke(foreign, links.of_account(account)[0].public_id, by=bea)


def test_too_many_open_links_are_refused(app, account, owner, monkeypatch):
    monkeypatch.setattr(links, "MAX_OPEN", 1)
    make(app, account, owner)

    with pytest.raises(TooManyLinks):
        make(app, account, owner)


def test_an_admin_makes_links_for_admins(app, account, owner):
    admin = make_person(app, "ada@acme.example")
    with app.app_context():
        memberships.add(account, admin, "admin", by="tests")
        db.session.commit()

    assert make(app, account, admin, "admin")
