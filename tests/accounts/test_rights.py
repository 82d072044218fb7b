"""One table says what each role may do."""

import pytest

from plg.accounts import accounts, deletion, rights
from plg.accounts.accounts import WorkspaceClosing
from plg.accounts.memberships import NotAMember
from plg.accounts.models import ROLES
from plg.kit.db import db
from tests.support.story import make_account, make_person


@pytest.fixture
def staffed(app):
    """An account with a person of each role: role -> person, and the account."""
    people = {role: make_person(app, f"{role}@acme.example", role) for role in ROLES}
    return people, make_account(app, *((person, role) for role, person in people.items()))


@pytest.mark.parametrize(
    ("right", "allowed"),
    [
        ("billing.buy", {"owner", "admin", "billing"}),
        ("billing.manage", {"owner", "admin", "billing"}),
        ("certificates.see", {"owner", "admin"}),
        ("domains.manage", {"owner", "admin"}),
        ("members.invite", {"owner", "admin"}),
        ("members.manage", {"owner", "admin"}),
        ("ownership.transfer", {"owner"}),
        ("upgrade.ask", set(ROLES)),
        ("workspace.change", {"owner", "admin"}),
        ("workspace.delete", {"owner"}),
        ("workspace.leave", set(ROLES)),
        ("workspace.see", set(ROLES)),
    ],
)
def test_each_right_belongs_to_these_roles(app, staffed, right, allowed):
    people, account = staffed

    def has(role):
        with app.app_context():
            try:
                return rights.require(account, people[role], right) == role
            except NotAMember:
                return False

    assert {role for role in ROLES if has(role)} == allowed


def test_every_right_of_the_table_is_told_above():
    told = test_each_right_belongs_to_these_roles.pytestmark[0].args[1]

    assert {right for right, _ in told} == set(rights.RIGHTS)


def test_a_stranger_has_none(app, staffed):
    _, account = staffed
    stranger = make_person(app, "eve@evil.example")

    with app.app_context():
        for right in rights.RIGHTS:
            with pytest.raises(NotAMember):
                rights.require(account, stranger, right)
            with pytest.raises(NotAMember):
                rights.require(account, None, right)


def test_a_right_that_nobody_wrote_down_is_a_mistake_of_the_asker(app, staffed):
    people, account = staffed

    with app.app_context(), pytest.raises(KeyError):
        rights.require(account, people["owner"], "workspace.paint")


def test_while_it_waits_for_its_deletion_one_can_look_leave_end_payments_and_undo(app, staffed):
    people, account = staffed
    with app.app_context():
        deletion.request(account, "Acme", by=people["owner"])
        db.session.commit()

    left = set()
    for right in rights.RIGHTS:
        with app.app_context():
            try:
                rights.require(account, people["owner"], right)
                left.add(right)
            except WorkspaceClosing:
                pass

    assert left == {
        "billing.manage",
        "certificates.see",
        "workspace.delete",
        "workspace.leave",
        "workspace.see",
    }


@pytest.mark.parametrize(
    ("role", "other", "may"),
    [
        ("owner", "owner", True),
        ("admin", "owner", False),
        ("admin", "admin", True),
        ("billing", "member", False),
        ("member", "member", False),
        (None, "member", False),
    ],
)
def test_only_owners_give_and_take_the_owners_role(role, other, may):
    assert rights.may_give(role, other) is may


def test_a_deleted_account_lets_nobody_join(app, staffed):
    _, account = staffed
    with app.app_context():
        deletion.delete_for_good([accounts.get(account)], accounts.now())
        db.session.commit()
    with app.app_context(), pytest.raises(accounts.AccountNotFound):
        accounts.check_open(account)
