"""Several workspaces of one person: opened, changed between, joined by a link or by the company's domain."""

import pytest
from sqlalchemy import select

from plg.access import invited
from plg.accounts import domains
from plg.accounts.models import Account, Invitation, InvitationLink, JoinRequest, Membership
from plg.events.models import Event
from plg.kit.db import db
from plg.people.models import Person
from tests.web.visits import PASSWORD, count, link_to, mails, visitor

ANA, BEA, EVE = "ana@acme-corp.com", "bea@acme-corp.com", "eve@evil.com"


def member_of(app, email, name=""):
    """Who has confirmed this address and is signed in; the owner of a workspace of that name."""
    with app.app_context():
        invited.admit(email, email.split("@")[0].title(), PASSWORD)
        db.session.commit()
    who = visitor(app)
    assert who.submit("/login", email=email, password=PASSWORD).status_code == 303
    if name:
        assert who.submit("/workspaces", name=name, timezone="Europe/Madrid").location == "/workspace"
    return who


@pytest.fixture
def ana(house):
    return member_of(house, ANA, "Acme")


def role_of(app, email, account="Acme"):
    with app.app_context():
        query = select(Membership.role).join(Person, Person.id == Membership.person_id)
        query = query.join(Account, Account.id == Membership.account_id)
        return db.session.scalar(query.where(Person.email == email, Account.name == account))


def make_link(app, ana, **changed):
    """The path of a new link."""
    form = {"role": "member", "max_uses": "2", "days": "7", "domain": ""} | changed
    assert ana.submit("/workspace/links", seen_on="/workspace/members", **form).status_code == 303
    page = ana.read("/workspace/members").text
    return page.split('<code class="secret"')[1].split("</code>")[0].split("8000")[1]


def claim(app, policy):
    """The workspace Acme holds acme-corp.com, with this policy."""
    with app.app_context():
        account = db.session.scalar(select(Account).where(Account.name == "Acme"))
        owner = db.session.scalar(select(Person.id).where(Person.email == ANA))
        claimed = domains.claim(account.id, "acme-corp.com", address=ANA, by=owner)
        domains.set_policy(account.id, claimed.public_id, policy, by=owner)
        db.session.commit()
        return account.public_id


def test_another_workspace_is_opened_owned_and_gone_to(house, ana):
    assert ana.submit("/workspaces", name="Second", timezone="Asia/Tokyo").location == "/workspace"

    assert "<h1>Second</h1>" in ana.read("/workspace").text
    assert role_of(house, ANA, "Second") == "owner"
    with house.app_context():
        assert db.session.scalar(select(Account.timezone).where(Account.name == "Second")) == "Asia/Tokyo"
    assert count(house, Event, Event.name == "Account Created", Event.person_id.is_not(None)) == 2
    listed = ana.read("/workspaces").text
    assert "Acme" in listed and "Go there" in listed and "you are here" in listed


@pytest.mark.parametrize("name", ["", "x" * 101, "see https://evil.example"])
def test_a_workspace_without_a_good_name_is_not_opened(house, ana, name):
    assert ana.submit("/workspaces", name=name).status_code == 422
    assert count(house, Account) == 1


def test_there_is_an_end_to_how_many_one_person_owns(house, ana, monkeypatch):
    monkeypatch.setattr("plg.web.pages.workspaces.MAX_OWNED", 1)

    assert ana.submit("/workspaces", name="Second").status_code == 422


def test_somebody_new_joins_by_a_link_and_their_own_mail(house, ana):
    link = make_link(house, ana)
    cleo = visitor(house)

    assert cleo.submit(link, email="cleo@elsewhere.com").location == "/join/sent"
    cleo.submit(link_to(house, "cleo@elsewhere.com", "invitation"), name="Cleo", password=PASSWORD)

    assert role_of(house, "cleo@elsewhere.com") == "member"
    assert "1 of 2 joined" in ana.read("/workspace/members").text


def test_who_is_signed_in_joins_by_a_link_with_one_click(house, ana):
    link = make_link(house, ana)
    eve = member_of(house, EVE)

    assert "You join as eve@evil.com" in eve.read(link).text
    assert eve.submit(link).location == "/workspace"

    assert role_of(house, EVE) == "member"
    assert mails(house, EVE) == []


def test_a_link_answers_alike_for_known_and_unknown_addresses(house, ana):
    link = make_link(house, ana)
    member_of(house, BEA, "Beas own")

    answers = [visitor(house).submit(link, email=email) for email in (BEA, "nobody@elsewhere.com", ANA)]

    assert {(answer.status_code, answer.location) for answer in answers} == {(303, "/join/sent")}


def test_a_link_for_a_domain_says_so(house, ana):
    link = make_link(house, ana, domain="acme-corp.com")

    refused = visitor(house).submit(link, email=EVE)

    assert refused.status_code == 422
    assert "This link is for addresses of acme-corp.com." in refused.text
    assert count(house, Invitation) == 0


def test_a_full_or_closed_link_opens_nothing(house, ana):
    link = make_link(house, ana, max_uses="1")
    with house.app_context():
        public_id = db.session.scalar(select(InvitationLink.public_id))
    member_of(house, EVE).submit(link)

    full = visitor(house).read(link)
    assert (full.status_code, "As many people have joined" in full.text) == (410, True)

    second = make_link(house, ana)
    with house.app_context():
        other = db.session.scalar(
            select(InvitationLink.public_id).where(InvitationLink.public_id != public_id)
        )
    ana.submit(f"/workspace/links/{other}/revoke", seen_on="/workspace/members")
    assert visitor(house).read(second).status_code == 410
    assert visitor(house).read("/join/link_made.up").status_code == 410


@pytest.mark.parametrize(
    "changed", [{"role": "owner"}, {"max_uses": "0"}, {"max_uses": "x"}, {"days": "91"}, {"domain": "com"}]
)
def test_faults_of_a_link_are_told_in_its_form(house, ana, changed):
    form = {"role": "member", "max_uses": "2", "days": "7", "domain": ""} | changed

    answer = ana.submit("/workspace/links", seen_on="/workspace/members", **form)

    assert answer.status_code == 422
    assert "One thing needs your attention" in answer.text
    assert count(house, InvitationLink) == 0


def test_a_colleague_sees_the_workspace_of_their_domain_and_joins(house, ana):
    account = claim(house, "join")
    bea = member_of(house, BEA)

    assert "Join your colleagues in Acme" in bea.read("/workspace").text
    assert bea.submit("/workspaces/join", account=account).location == "/workspace"

    assert role_of(house, BEA) == "member"
    assert "<h1>Acme</h1>" in bea.read("/workspace").text
    assert "Join your colleagues" not in bea.read("/workspace").text


def test_a_colleague_asks_every_leader_is_told_once_and_one_lets_them_in(house, ana):
    account = claim(house, "ask")
    bea = member_of(house, BEA)
    for _ in range(3):
        bea.submit("/workspaces/join", seen_on="/workspaces", account=account)

    assert role_of(house, BEA) is None
    (mail,) = mails(house, ANA)
    assert mail.subject == "Bea asks to join Acme"
    path = link_to(house, ANA, "join-request")
    assert "Let them in" in ana.read(path).text
    ana.submit(f"{path}/approve", seen_on=path)

    assert role_of(house, BEA) == "member"
    assert mails(house, BEA)[-1].template == "join-approved"
    assert "They were let in." in ana.read(path).text


def test_a_declined_colleague_is_told_and_cannot_ask_at_once_again(house, ana):
    account = claim(house, "ask")
    bea = member_of(house, BEA)
    bea.submit("/workspaces/join", account=account)
    with house.app_context():
        request = db.session.scalar(select(JoinRequest.public_id))
    ana.submit(f"/workspaces/requests/{request}/decline", seen_on="/workspace/members")

    assert mails(house, BEA)[-1].template == "join-declined"
    assert bea.submit("/workspaces/join", seen_on="/workspaces", account=account).status_code == 403
    assert role_of(house, BEA) is None


def test_strangers_neither_join_nor_answer(house, ana):
    account = claim(house, "join")
    eve = member_of(house, EVE, "Evil")
    bea = member_of(house, BEA)
    with house.app_context():
        owner = db.session.scalar(select(Person.id).where(Person.email == ANA))
        row = db.session.scalar(select(Account).where(Account.public_id == account))
        domains.set_policy(row.id, domains.of_account(row.id)[0].public_id, "ask", by=owner)
        db.session.commit()
    bea.submit("/workspaces/join", account=account)
    with house.app_context():
        request = db.session.scalar(select(JoinRequest.public_id))

    answers = [
        eve.submit("/workspaces/join", seen_on="/workspaces", account=account),
        eve.read(f"/workspaces/requests/{request}"),
        eve.submit(f"/workspaces/requests/{request}/approve", seen_on="/workspaces"),
        bea.submit(f"/workspaces/requests/{request}/approve", seen_on="/workspaces"),
    ]

    assert [answer.status_code for answer in answers] == [403, 404, 404, 404]
    assert role_of(house, EVE) is role_of(house, BEA) is None
