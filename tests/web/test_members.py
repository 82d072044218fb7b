"""Members are invited by mail, and an invitation opens the workspace to nobody but the address it was sent to."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from plg.access.models import Credential
from plg.accounts import memberships
from plg.accounts.models import Account, Invitation, Membership
from plg.kit.clock import now
from plg.kit.db import db
from plg.people.models import Person
from tests.support.queries import count_queries
from tests.support.story import make_person, publish_plans
from tests.web.visits import PASSWORD, SIGN_UP, count, link_to, mails, sign_up, signed_up, visitor

ANA, BEA = SIGN_UP["email"], "bea@acme.example"
NEW_BEA = {"name": "Bea Soler", "password": PASSWORD}


@pytest.fixture
def ana(house):
    return signed_up(house)


def invite(who, email=BEA, role="member"):
    return who.submit("/workspace/members", email=email, role=role)


def invited(house, ana, role="member"):
    """The path of the link in Bea's invitation."""
    assert invite(ana, role=role).status_code == 303
    return link_to(house, BEA, "invitation")


def joined(house, ana, role="member"):
    """Bea, who has accepted."""
    bea = visitor(house)
    assert bea.submit(invited(house, ana, role), **NEW_BEA).location == "/workspace"
    return bea


def role_of(house, email):
    with house.app_context():
        query = select(Membership.role, Account.name).join(Person, Person.id == Membership.person_id)
        query = query.join(Account, Account.id == Membership.account_id).where(Person.email == email)
        return {account: role for role, account in db.session.execute(query)}


def public_id(house, email):
    with house.app_context():
        return db.session.scalar(select(Person.public_id).where(Person.email == email))


def test_somebody_new_accepts_and_is_a_member(house, ana):
    bea = joined(house, ana, "admin")

    assert role_of(house, BEA) == {"Acme": "admin"}
    assert "<h1>Acme</h1>" in bea.read("/workspace").text
    assert "Bea Soler" in ana.read("/workspace/members").text


def test_the_mail_says_who_invites_and_where_to(house, ana):
    invite(ana)

    mail = mails(house, BEA)[0]
    assert mail.subject == "Ana García invites you to Acme"
    assert "/invitations/" in mail.text


def test_a_signed_in_person_joins_with_the_invited_address(house, ana):
    bea = signed_up(house, email=BEA, company="Beas own", name="Bea")

    bea.submit(invited(house, ana))

    assert role_of(house, BEA) == {"Beas own": "owner", "Acme": "member"}
    assert "<h1>Acme</h1>" in bea.read("/workspace").text


def test_the_wrong_address_never_joins(house, ana):
    eve = signed_up(house, email="eve@evil.example", company="Evil")
    link = invited(house, ana)

    page = eve.read(link).text
    assert "You are signed in as eve@evil.example" in page
    assert eve.submit(link, **NEW_BEA).status_code == 403

    assert role_of(house, "eve@evil.example") == {"Evil": "owner"}
    assert count(house, Invitation, Invitation.accepted_at.is_not(None)) == 0


def test_a_person_with_an_account_signs_in_first(house, ana):
    signed_up(house, email=BEA, company="Beas own", name="Bea")
    link = invited(house, ana)
    bea = visitor(house)

    assert "Sign in and join" in bea.read(link).text
    assert bea.submit(link, seen_on="/login", **NEW_BEA).location == f"/login?next={link}"
    bea.submit("/login", email=BEA, password=PASSWORD, next=link)
    bea.submit(link)

    assert role_of(house, BEA)["Acme"] == "member"


def test_an_invitation_ends_a_strangers_sign_up_with_that_address(house, ana):
    sign_up(house, email=BEA, password="the stranger knows this", company="Strange")
    link = invited(house, ana)

    visitor(house).submit(link, name="Bea", password="Bea chose this one")

    stranger = visitor(house)
    assert stranger.submit("/login", email=BEA, password="the stranger knows this").status_code == 401
    assert visitor(house).submit("/login", email=BEA, password="Bea chose this one").status_code == 303
    assert count(house, Credential, Credential.email == BEA) == 1


def test_an_invitation_is_accepted_once(house, ana):
    bea = visitor(house)
    link = invited(house, ana)
    token = bea.read(link).text.split('name="csrf_token" value="')[1].split('"')[0]
    bea.send(link, csrf_token=token, **NEW_BEA)

    assert bea.read(link).status_code == 410
    assert bea.submit(link, seen_on="/workspace", **NEW_BEA).status_code == 410
    assert count(house, Membership) == 2


def test_an_invitation_expires(house, ana):
    link = invited(house, ana)
    with house.app_context():
        db.session.execute(update(Invitation).values(expires_at=now() - dt.timedelta(seconds=1)))
        db.session.commit()

    assert visitor(house).read(link).status_code == 410
    assert visitor(house).submit(link, seen_on="/login", **NEW_BEA).status_code == 410
    assert count(house, Membership) == 1


def test_an_invitation_that_was_taken_back_opens_nothing(house, ana):
    link = invited(house, ana)
    with house.app_context():
        invitation = db.session.scalar(select(Invitation.public_id))

    ana.submit(f"/workspace/invitations/{invitation}/revoke", seen_on="/workspace/members")

    assert visitor(house).read(link).status_code == 410


def test_sending_again_replaces_the_first_link(house, ana):
    first = invited(house, ana)
    second = invited(house, ana)

    assert visitor(house).read(first).status_code == 410
    assert visitor(house).submit(second, **NEW_BEA).status_code == 303


def test_nobody_is_flooded_with_one_invitation(make_app):
    house = make_app(rate_limits=True)
    publish_plans(house)
    ana = signed_up(house)
    invite(ana)
    with house.app_context():
        path = f"/workspace/invitations/{db.session.scalar(select(Invitation.public_id))}/resend"

    answers = [ana.submit(path, seen_on="/workspace/members").status_code for _ in range(8)]

    assert answers == [303] * 6 + [429] * 2


def test_faults_in_the_new_persons_form_keep_the_invitation_good(house, ana):
    link = invited(house, ana)
    bea = visitor(house)

    refused = bea.submit(link, name="", password="short")

    assert refused.status_code == 422
    assert "Enter your name." in refused.text
    assert bea.submit(link, **NEW_BEA).status_code == 303


@pytest.mark.parametrize("email", ["", "no address", "ana@acme.example"])
def test_who_cannot_be_invited_is_said(house, ana, email):
    assert invite(ana, email).status_code == 422
    assert count(house, Invitation) == 0


@pytest.mark.parametrize("role", ["member", "billing"])
def test_plain_members_invite_nobody(house, ana, role):
    bea = joined(house, ana, role)

    assert "Send invitation" not in bea.read("/workspace/members").text
    answer = bea.submit("/workspace/members", seen_on="/workspace", email="c@acme.example", role="member")

    assert answer.status_code == 403
    assert count(house, Invitation) == 1


def test_an_admin_makes_no_owner_and_touches_none(house, ana):
    bea = joined(house, ana, "admin")
    owner, admin = public_id(house, ANA), public_id(house, BEA)

    answers = [
        invite(bea, "c@acme.example", "owner"),
        bea.submit(f"/workspace/members/{owner}/role", seen_on="/workspace/members", role="member"),
        bea.submit(f"/workspace/members/{owner}/remove", seen_on="/workspace/members"),
        bea.submit(f"/workspace/members/{admin}/role", seen_on="/workspace/members", role="owner"),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert (role_of(house, ANA), role_of(house, BEA)) == ({"Acme": "owner"}, {"Acme": "admin"})


@pytest.mark.parametrize("attempt", range(3))
def test_an_admin_does_not_touch_somebody_who_becomes_an_owner_at_that_moment(house, ana, attempt):
    bea = joined(house, ana, "admin")
    invite(ana, "cleo@acme.example")
    cleo = visitor(house)
    cleo.submit(link_to(house, "cleo@acme.example", "invitation"), name="Cleo", password=PASSWORD)
    path = f"/workspace/members/{public_id(house, 'cleo@acme.example')}/role"
    start = threading.Barrier(2)

    def change(who, role):
        start.wait(timeout=30)
        return who.submit(path, seen_on="/workspace/members", role=role).status_code

    with ThreadPoolExecutor(2) as threads:
        promoted, demoted = threads.submit(change, ana, "owner"), threads.submit(change, bea, "member")

    assert (promoted.result(), demoted.result() in {303, 403}) == (303, True)
    assert role_of(house, "cleo@acme.example") == {"Acme": "owner"}


def test_the_last_owner_stays(house, ana):
    me = public_id(house, ANA)

    ana.submit(f"/workspace/members/{me}/remove", seen_on="/workspace/members")
    ana.submit(f"/workspace/members/{me}/role", seen_on="/workspace/members", role="member")

    assert role_of(house, ANA) == {"Acme": "owner"}
    assert "keeps at least one owner" in ana.read("/workspace/members").text


def test_an_owner_changes_a_role_and_removes_a_member(house, ana):
    bea = joined(house, ana)
    member = public_id(house, BEA)

    ana.submit(f"/workspace/members/{member}/role", seen_on="/workspace/members", role="billing")
    assert role_of(house, BEA) == {"Acme": "billing"}

    ana.submit(f"/workspace/members/{member}/remove", seen_on="/workspace/members")
    assert role_of(house, BEA) == {}
    assert "You belong to no workspace yet" in bea.read("/workspace").text


def test_another_workspaces_members_and_invitations_are_out_of_reach(house, ana):
    invited(house, ana)
    with house.app_context():
        invitation = db.session.scalar(select(Invitation.public_id))
    eve = signed_up(house, email="eve@evil.example", company="Evil")

    answers = [
        eve.submit(f"/workspace/invitations/{invitation}/revoke", seen_on="/workspace/members"),
        eve.submit(f"/workspace/members/{public_id(house, ANA)}/remove", seen_on="/workspace/members"),
        eve.submit("/workspace/members/per_unknown/role", seen_on="/workspace/members", role="admin"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 3
    assert BEA not in eve.read("/workspace/members").text
    assert role_of(house, ANA) == {"Acme": "owner"}


@pytest.mark.parametrize("path", ["/workspace/members", "/workspace/settings"])
def test_a_page_takes_as_many_statements_for_twenty_members_as_for_two(house, ana, path):
    costs = []
    for numbers in (range(2), range(2, 20)):
        theirs = [make_person(house, f"member{number}@acme.example") for number in numbers]
        with house.app_context():
            account = db.session.scalar(select(Account.id))
            memberships.add_all([(account, each) for each in theirs], "member", by="tests")
            db.session.commit()
            engine = db.engine
        ana.read(path)
        with count_queries(engine) as queries:
            assert ana.read(path).text.count("Ana") > len(theirs)
        costs.append(queries.count)

    assert costs[0] == costs[1]
