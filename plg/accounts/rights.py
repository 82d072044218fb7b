"""What each role may do in a workspace: the one table that every room and page asks."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from plg.accounts.accounts import WorkspaceClosing
from plg.accounts.memberships import NotAMember
from plg.accounts.models import ROLES, Account, Membership
from plg.kit.db import db

EVERYBODY = frozenset(ROLES)
OWNERS = frozenset({"owner"})
LEADERS = frozenset({"owner", "admin"})
PAYERS = frozenset({"owner", "admin", "billing"})

RIGHTS: Mapping[str, frozenset[str]] = {
    "billing.buy": PAYERS,
    "billing.manage": PAYERS,
    "certificates.see": LEADERS,
    "domains.manage": LEADERS,
    "members.invite": LEADERS,
    "members.manage": LEADERS,
    "ownership.transfer": OWNERS,
    "upgrade.ask": EVERYBODY,
    "workspace.change": LEADERS,
    "workspace.delete": OWNERS,
    "workspace.leave": EVERYBODY,
    "workspace.see": EVERYBODY,
}

WHILE_CLOSING = frozenset(
    {"billing.manage", "certificates.see", "workspace.delete", "workspace.leave", "workspace.see"}
)
"""What is left while a workspace waits for its deletion: look, leave, end what is paid, undo it."""


def may(role: str | None, right: str) -> bool:
    """Whether the role has the right. KeyError for a right that is not in the table."""
    return role in RIGHTS[right]


def may_give(role: str | None, other: str) -> bool:
    """Whether somebody with the first role may give, change or take away the second: only owners touch owners."""
    return role == "owner" or (may(role, "members.manage") and other != "owner")


def require(account_id: int, person_id: int | None, right: str) -> str:
    """The person's role, if it has the right now. Raises NotAMember, or WorkspaceClosing where the workspace is
    about to be deleted and the right is not among those that are left."""
    query = select(Membership.role, Account.delete_at).join(Account, Account.id == Membership.account_id)
    row = db.session.execute(
        query.where(Membership.account_id == account_id, Membership.person_id == person_id)
    ).first()
    if row is None or not may(row[0], right):
        raise NotAMember("Your role in this account does not allow this.")
    if row[1] is not None and right not in WHILE_CLOSING:
        raise WorkspaceClosing(
            "This workspace is about to be deleted; until that is undone nothing changes here."
        )
    return row[0]
