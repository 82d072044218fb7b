"""Invitations: an address is asked to join an account; only its owner can accept, once, in time."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from sqlalchemy import ColumnElement, select, update

from plg.accounts import memberships
from plg.accounts.models import Invitation
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db, lock
from plg.kit.errors import BadRequest, Conflict, Fault, Forbidden, NotFound, Unprocessable

LIFE = dt.timedelta(days=7)
MAX_OPEN = 200
MAX_EMAIL = 320


class InvitationExpired(BadRequest):
    """It was accepted, taken back, is too old, or was never one of ours."""


class InvitedAddressDiffers(Forbidden):
    """The invitation was sent to another address than the one that would accept it."""


class RoleAboveYours(Forbidden):
    """Only an owner makes somebody an owner, or touches one."""


class TooManyInvitations(Conflict):
    pass


class InvitationNotFound(NotFound):
    pass


class InvitedAddressInvalid(Unprocessable):
    pass


def may_manage(actor_role: str | None, role: str) -> bool:
    """Whether somebody with the first role may give, change or take away the second."""
    return actor_role == "owner" or (actor_role in memberships.MAY_INVITE and role != "owner")


def invite(account_id: int, email: str, role: str, *, by: int) -> tuple[Invitation, str]:
    """A new invitation and the token for its mail, which is kept as a hash only. An earlier one to the same
    address stops working. by: the inviting person, who needs a role of MAY_INVITE."""
    address = email.strip().lower()
    if "@" not in address or len(address) > MAX_EMAIL:
        raise InvitedAddressInvalid(errors=[Fault("email", "must be an e-mail address")])
    if not may_manage(
        memberships.require(account_id, by, memberships.MAY_INVITE), memberships.check_role(role)
    ):
        raise RoleAboveYours("Only an owner can invite an owner.")
    lock(f"invitations:{account_id}")
    moment = now()
    earlier = update(Invitation).where(Invitation.account_id == account_id, Invitation.email == address)
    db.session.execute(earlier.where(*_open(moment)).values(revoked_at=moment))
    if len(pending(account_id)) >= MAX_OPEN:
        raise TooManyInvitations(f"There are {MAX_OPEN} open invitations; take some back first.")
    token = secrets.token_urlsafe(32)
    row = Invitation(
        account_id=account_id, email=address, role=role, invited_by_id=by, token_hash=_hash(token)
    )
    row.created_at, row.expires_at = moment, moment + LIFE
    db.session.add(row)
    db.session.flush()
    properties = {"role": role, "invitation": row.public_id}
    log.record(names.INVITE_SENT, person_id=by, account_id=account_id, properties=properties)
    return row, token


def pending(account_id: int) -> list[Invitation]:
    """Those that can still be accepted, newest first."""
    query = select(Invitation).where(Invitation.account_id == account_id, *_open(now()))
    return list(db.session.scalars(query.order_by(Invitation.id.desc())))


def look_at(token: str) -> Invitation:
    """The invitation, if it can still be accepted; it is not used up (pages shown by GET)."""
    query = select(Invitation).where(Invitation.token_hash == _hash(token), *_open(now()))
    row = db.session.scalar(query)
    if row is None:
        raise InvitationExpired("This invitation does not work any more. Ask for a new one.")
    return row


def accept(token: str, *, by: int, address: str) -> Invitation:
    """Make the person a member. address: the one that the person has shown to be theirs. Of parallel callers
    one succeeds."""
    row = look_at(token)
    if row.email != address.lower():
        raise InvitedAddressDiffers("This invitation was sent to another address.")
    once = update(Invitation).where(Invitation.id == row.id, *_open(now()))
    used = once.values(accepted_at=now(), accepted_by_id=by).returning(Invitation.id)
    if db.session.execute(used).first() is None:
        raise InvitationExpired("This invitation was used already.")
    memberships.add(row.account_id, by, row.role, by=f"invitation:{row.public_id}")
    properties = {"role": row.role, "invitation": row.public_id}
    log.record(names.INVITE_ACCEPTED, person_id=by, account_id=row.account_id, properties=properties)
    return row


def revoke(account_id: int, public_id: str, *, by: int) -> None:
    """Take an open invitation of this account back."""
    memberships.require(account_id, by, memberships.MAY_INVITE)
    query = update(Invitation).where(
        Invitation.account_id == account_id, Invitation.public_id == public_id, *_open(now())
    )
    if db.session.execute(query.values(revoked_at=now()).returning(Invitation.id)).first() is None:
        raise InvitationNotFound("There is no such open invitation.")


def _open(moment: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > moment,
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
