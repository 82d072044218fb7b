"""Colleagues join by their domain, or ask once and are let in once."""

import datetime as dt

import pytest
import time_machine

from plg.accounts import accounts, domains, joining, memberships
from plg.accounts.joining import JoinRequestDecided, JoinRequestNotFound, NotJoinable
from plg.accounts.models import JoinRequest, Membership
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from tests.support.story import in_parallel, make_account, make_person
from tests.web.visits import count

DOMAIN = "acme-corp.com"
OLGA, BEA = f"olga@{DOMAIN}", f"bea@{DOMAIN}"


@pytest.fixture
def owner(app):
    return make_person(app, OLGA, "Olga")


@pytest.fixture
def bea(app):
    return make_person(app, BEA, "Bea")


@pytest.fixture
def account(app, owner):
    account = make_account(app, (owner, "owner"))
    with app.app_context():
        domains.claim(account, DOMAIN, address=OLGA, by=owner)
        db.session.commit()
    return account


def set_policy(app, account, owner, policy):
    with app.app_context():
        domains.set_policy(account, domains.of_account(account)[0].public_id, policy, by=owner)
        db.session.commit()


def join(app, account, by, address=BEA):
    with app.app_context():
        answer = joining.join(accounts.get(account), by=by, address=address)
        db.session.commit()
        return answer


def decide(app, account, approve, by):
    with app.app_context():
        request = joining.of_account(account)[0][0]
        joining.decide(request.public_id, approve, by=by)
        db.session.commit()


def test_where_the_policy_is_to_join_a_colleague_is_a_member_at_once(app, account, owner, bea):
    set_policy(app, account, owner, "join")

    assert join(app, account, bea) == "joined"
    with app.app_context():
        assert memberships.role(account, bea) == "member"


def test_where_the_policy_is_to_ask_owners_decide(app, account, owner, bea):
    assert join(app, account, bea) == "asked"
    with app.app_context():
        assert memberships.role(account, bea) is None
        assert [person.id for _, person in joining.of_account(account)] == [bea]

    decide(app, account, True, owner)

    with app.app_context():
        assert memberships.role(account, bea) == "member"
        assert joining.of_account(account) == []


def test_nobody_is_told_twice_of_one_request(app, account, bea):
    answers = in_parallel(app, 8, lambda _: joining.join(accounts.get(account), by=bea, address=BEA))

    assert sorted(answers) == ["asked"] + ["waiting"] * 7
    assert count(app, JoinRequest) == 1
    assert count(app, Event, Event.name == "Join Requested") == 1


def test_many_approvals_at_once_make_one_member(app, account, owner, bea):
    join(app, account, bea)
    with app.app_context():
        public_id = joining.of_account(account)[0][0].public_id

    answers = in_parallel(app, 6, lambda _: joining.decide(public_id, True, by=owner))

    assert sum(isinstance(answer, JoinRequest) for answer in answers) == 1
    assert sum(isinstance(answer, JoinRequestDecided) for answer in answers) == 5
    assert count(app, Membership, Membership.person_id == bea) == 1


def test_approved_and_declined_at_once_one_answer_counts(app, account, owner, bea):
    join(app, account, bea)
    with app.app_context():
        public_id = joining.of_account(account)[0][0].public_id

    answers = in_parallel(app, 6, lambda i: joining.decide(public_id, i % 2 == 0, by=owner))

    (decided,) = [answer for answer in answers if isinstance(answer, JoinRequest)]
    assert count(app, Membership, Membership.person_id == bea) == (decided.status == "approved")


def test_who_was_declined_asks_again_after_a_month(app, account, owner, bea):
    join(app, account, bea)
    decide(app, account, False, owner)

    with pytest.raises(NotJoinable):
        join(app, account, bea)
    with time_machine.travel(now() + joining.AGAIN + dt.timedelta(seconds=1), tick=False):
        assert join(app, account, bea) == "asked"
    assert count(app, JoinRequest) == 1


def test_who_was_taken_out_does_not_come_back_by_themselves(app, account, owner, bea):
    set_policy(app, account, owner, "join")
    join(app, account, bea)
    with app.app_context():
        memberships.remove(account, bea, by="tests")
        db.session.commit()

    assert join(app, account, bea) == "asked"


@pytest.mark.parametrize("address", ["eve@evil.com", "eve@gmail.com", f"eve@{DOMAIN}.evil.com"])
def test_other_addresses_open_nothing(app, account, address):
    eve = make_person(app, address)

    with pytest.raises(NotJoinable):
        join(app, account, eve, address)


def test_members_and_foreign_owners_decide_nothing(app, account, owner, bea):
    join(app, account, bea)
    cleo, dora = make_person(app, f"cleo@{DOMAIN}"), make_person(app, f"dora@{DOMAIN}")
    make_account(app, (cleo, "owner"), name="Foreign")
    with app.app_context():
        memberships.add(account, dora, "member", by="tests")
        public_id = joining.of_account(account)[0][0].public_id
        for stranger in (cleo, dora, bea):
            with pytest.raises(JoinRequestNotFound):
                joining.decide(public_id, True, by=stranger)


def test_what_the_page_offers_follows_the_request(app, account, owner, bea):
    def offers():
        with app.app_context():
            return [standing for _, standing in joining.offers(bea, BEA)]

    assert offers() == ["ask"]
    join(app, account, bea)
    assert offers() == ["open"]
    decide(app, account, False, owner)
    assert offers() == ["declined"]
