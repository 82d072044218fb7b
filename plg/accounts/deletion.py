"""Deleting a workspace: an owner asks for it, has 30 days to think again, then it is gone for good."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import delete, update

from plg.accounts import accounts, memberships, rights
from plg.accounts.models import (
    Account,
    AccountDomain,
    AccountKey,
    Invitation,
    InvitationLink,
    JoinRequest,
    Membership,
)
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Conflict, Fault, Unprocessable

GRACE = dt.timedelta(days=30)


class NameDiffers(Unprocessable):
    """What was typed is not the workspace's name."""


class NotClosing(Conflict):
    """The workspace is not about to be deleted."""


def request(account_id: int, typed_name: str, *, by: int) -> Account:
    """Ask for the deletion in GRACE. typed_name: the workspace's name, as proof that it is meant. A workspace that
    waits for its deletion keeps its day."""
    memberships.hold_roles(account_id)
    rights.require(account_id, by, "workspace.delete")
    account = accounts.get(account_id)
    if " ".join(typed_name.split()) != " ".join((account.name or account.public_id).split()):
        raise NameDiffers(errors=[Fault("name", "must be the workspace's name")])
    moment = now()
    once = update(Account).where(
        Account.id == account_id, Account.delete_at.is_(None), Account.deleted_at.is_(None)
    )
    asked = once.values(delete_at=moment + GRACE).returning(Account.id)
    if db.session.execute(asked).first() is None:
        raise accounts.WorkspaceClosing("This workspace is about to be deleted already.")
    db.session.refresh(account)
    properties = {"delete_at": (moment + GRACE).isoformat()}
    log.record(names.ACCOUNT_DELETION_REQUESTED, person_id=by, account_id=account_id, properties=properties)
    return account


def cancel(account_id: int, *, by: int) -> Account:
    """Keep the workspace: any owner can, until the day has come."""
    memberships.hold_roles(account_id)
    rights.require(account_id, by, "workspace.delete")
    once = update(Account).where(
        Account.id == account_id, Account.delete_at.is_not(None), Account.deleted_at.is_(None)
    )
    if db.session.execute(once.values(delete_at=None).returning(Account.id)).first() is None:
        raise NotClosing("This workspace is not about to be deleted.")
    account = accounts.get(account_id)
    db.session.refresh(account)
    log.record(names.ACCOUNT_DELETION_CANCELLED, person_id=by, account_id=account_id)
    return account


def delete_for_good(closing: Sequence[Account], moment: dt.datetime) -> None:
    """Delete what these workspaces held here: who belonged to them, who was invited, their domains, keys, name and
    traits. Their row stays, so that the log still says which events were one workspace's."""
    ids = [account.id for account in closing]
    for table in (JoinRequest, AccountDomain, Invitation, InvitationLink, Membership, AccountKey):
        db.session.execute(delete(table).where(table.account_id.in_(ids)))
    for account in closing:
        account.name, account.traits, account.locale = "", {}, None
        account.delete_at, account.deleted_at = None, moment
    accounts.forget_cache()
    log.store([log.own(names.ACCOUNT_DELETED, account_id=each) for each in ids])
