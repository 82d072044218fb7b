"""The settings of a workspace: changed by whom they may be, handed over, left, deleted and kept."""

import pytest
from sqlalchemy import select

from plg.accounts import memberships
from plg.accounts.models import Account, AccountDomain
from plg.kit.db import db
from plg.people.models import Person
from tests.support.dns_server import dns_server
from tests.support.story import publish_plans
from tests.web.test_workspaces import ANA, BEA, member_of, role_of
from tests.web.visits import count, link_to, mails, visitor

SETTINGS = "/workspace/settings"


@pytest.fixture
def ana(house):
    return member_of(house, ANA, "Acme")


def join(app, email, role):
    """Somebody who works in Acme in this role."""
    who = member_of(app, email)
    with app.app_context():
        account = db.session.scalar(select(Account.id).where(Account.name == "Acme"))
        person = db.session.scalar(select(Person.id).where(Person.email == email))
        memberships.add(account, person, role, by="tests")
        db.session.commit()
    return who


def account_of(app):
    with app.app_context():
        return db.session.scalar(select(Account).order_by(Account.id).limit(1))


def public_id(app, email):
    with app.app_context():
        return db.session.scalar(select(Person.public_id).where(Person.email == email))


def test_name_zone_and_language_are_changed(house, ana):
    ana.submit(SETTINGS, name="Acme Europe", timezone="America/New_York", locale="es")

    row = account_of(house)
    assert (row.name, row.timezone, row.locale) == ("Acme Europe", "America/New_York", "es")


def test_every_fault_of_the_form_is_told_and_nothing_changed(house, ana):
    answer = ana.submit(SETTINGS, name="", timezone="Mars/Base", locale="fr")

    assert answer.status_code == 422
    assert "3 things need your attention" in answer.text
    assert account_of(house).name == "Acme"


@pytest.mark.parametrize("role", ["billing", "member"])
def test_members_look_and_leave_and_change_nothing(house, ana, role):
    bea = join(house, BEA, role)

    answers = [
        bea.submit(SETTINGS, seen_on=SETTINGS, name="Mine", timezone="UTC", locale=""),
        bea.submit("/workspace/transfer", seen_on=SETTINGS, heir=public_id(house, BEA)),
        bea.submit("/workspace/delete", seen_on=SETTINGS, confirm_name="Acme"),
        bea.submit("/workspace/domains", seen_on=SETTINGS, domain="acme-corp.com"),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert bea.submit("/workspace/leave", seen_on=SETTINGS).location == "/workspaces"
    assert role_of(house, BEA) is None


def test_the_owner_hands_over_and_both_are_told(house, ana):
    join(house, BEA, "member")

    ana.submit("/workspace/transfer", seen_on=SETTINGS, heir=public_id(house, BEA))

    assert (role_of(house, ANA), role_of(house, BEA)) == ("admin", "owner")
    assert [mails(house, each)[-1].subject for each in (ANA, BEA)] == ["Bea owns Acme now"] * 2


def test_nobody_but_a_member_becomes_the_owner(house, ana):
    member_of(house, BEA)

    for heir in (public_id(house, BEA), public_id(house, ANA), "", "per_nobody"):
        assert ana.submit("/workspace/transfer", seen_on=SETTINGS, heir=heir).status_code == 422
    assert role_of(house, ANA) == "owner"


def test_the_only_owner_cannot_leave(house, ana):
    before = ana.read(SETTINGS).text
    ana.submit("/workspace/leave", seen_on=SETTINGS)

    assert "/workspace/leave" not in before and "You are the only owner" in before
    assert role_of(house, ANA) == "owner"


def test_deletion_takes_the_typed_name_tells_everybody_and_can_be_undone(house, ana):
    bea = join(house, BEA, "member")
    assert ana.submit("/workspace/delete", seen_on=SETTINGS, confirm_name="acme").status_code == 422

    ana.submit("/workspace/delete", seen_on=SETTINGS, confirm_name="Acme")

    assert [mails(house, each)[-1].subject for each in (ANA, BEA)] == ["Acme will be deleted"] * 2
    for path in ("/workspace", "/workspace/members", SETTINGS):
        assert "This workspace will be deleted on" in bea.read(path).text
    assert "Keep the workspace" not in bea.read("/workspace").text
    assert bea.submit("/workspace/keep", seen_on="/workspace").status_code == 403
    ana.submit("/workspace/keep", seen_on="/workspace")
    assert "This workspace will be deleted" not in ana.read("/workspace").text
    assert mails(house, BEA)[-1].template == "workspace-kept"


def test_a_workspace_that_will_be_deleted_is_read_only(house, ana):
    ana.submit("/workspace/delete", seen_on=SETTINGS, confirm_name="Acme")

    answers = [
        ana.submit(SETTINGS, seen_on="/workspace", name="New", timezone="UTC", locale=""),
        ana.submit("/workspace/members", seen_on="/workspace", email="c@acme-corp.com", role="member"),
        ana.submit("/workspace/domains", seen_on="/workspace", domain="acme-corp.com"),
        ana.submit("/workspace/links", seen_on="/workspace", role="member", max_uses="1", days="1"),
    ]

    assert [answer.status_code for answer in answers] == [409] * 4
    assert "about to be deleted" in answers[0].text
    assert "Send invitation" not in ana.read("/workspace/members").text


def claimed(app):
    with app.app_context():
        return db.session.scalar(select(AccountDomain).order_by(AccountDomain.id.desc()).limit(1))


def test_the_domain_of_ones_own_address_is_claimed_with_one_click(house, ana):
    assert 'value="acme-corp.com"' in ana.read(SETTINGS).text

    ana.submit("/workspace/domains", seen_on=SETTINGS, domain="acme-corp.com")

    assert claimed(house).proof == "address"
    ana.submit(f"/workspace/domains/{claimed(house).public_id}/policy", seen_on=SETTINGS, policy="join")
    assert claimed(house).policy == "join"
    ana.submit(f"/workspace/domains/{claimed(house).public_id}/drop", seen_on=SETTINGS)
    assert claimed(house) is None


@pytest.mark.parametrize("domain", ["gmail.com", "mailinator.com", "x", ""])
def test_domains_of_mail_providers_are_refused_in_plain_words(house, ana, domain):
    answer = ana.submit("/workspace/domains", seen_on=SETTINGS, domain=domain)

    assert answer.status_code == 422
    assert "those of mail providers do not count" in answer.text


def test_a_domain_is_proved_by_a_txt_record(make_app):
    with dns_server() as zone:
        app = make_app(dns_servers=(zone.address,))
        publish_plans(app)
        ana = member_of(app, ANA, "Acme")
        ana.submit("/workspace/domains", seen_on=SETTINGS, domain="acme-labs.com")
        path = f"/workspace/domains/{claimed(app).public_id}/dns"

        zone.texts["_plg-challenge.acme-labs.com"] = ["something else"]
        ana.submit(path, seen_on=SETTINGS)
        assert "The record is not there yet" in ana.read(SETTINGS).text
        assert claimed(app).verified_at is None

        zone.texts["_plg-challenge.acme-labs.com"] = ["something else", claimed(app).challenge]
        ana.submit(path, seen_on=SETTINGS)
        assert claimed(app).proof == "dns"
        assert zone.asked == ["_plg-challenge.acme-labs.com"] * 2


def test_a_domain_is_proved_by_whoever_reads_its_own_mailbox(house, ana):
    ana.submit("/workspace/domains", seen_on=SETTINGS, domain="acme-labs.com")
    path = f"/workspace/domains/{claimed(house).public_id}/mail"
    assert ana.submit(path, seen_on=SETTINGS, mailbox="ana").status_code == 404
    ana.submit(path, seen_on=SETTINGS, mailbox="postmaster")
    link = link_to(house, "postmaster@acme-labs.com", "prove-domain")

    keeper = visitor(house)
    assert "Does acme-labs.com belong to Acme?" in keeper.read(link).text
    assert claimed(house).verified_at is None  # a scanner that opens links proves nothing
    assert "Thank you" in keeper.submit(link).text

    assert claimed(house).proof == "mail"
    assert keeper.read(link).status_code == 410
    assert count(house, AccountDomain) == 1


def test_another_workspaces_domains_are_out_of_reach(house, ana):
    ana.submit("/workspace/domains", seen_on=SETTINGS, domain="acme-corp.com")
    eve = member_of(house, "eve@evil.com", "Evil")
    theirs = claimed(house).public_id

    answers = [
        eve.submit(f"/workspace/domains/{theirs}/{verb}", seen_on=SETTINGS, policy="off", mailbox="admin")
        for verb in ("dns", "mail", "policy", "drop")
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert claimed(house).policy == "ask"
