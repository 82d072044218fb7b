"""Invitations: an address is asked to join an account; only its owner can accept, once, in time."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence

from email_validator import EmailNotValidError
from sqlalchemy import ColumnElement, func, select, update

from plg.accounts import accounts, memberships, rights
from plg.accounts.models import Invitation, InvitationLink
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db, lock
from plg.kit.errors import BadRequest, Conflict, Fault, Forbidden, NotFound, Unprocessable
from plg.kit.texts import normal_address

LIFE = dt.timedelta(days=7)
MAX_OPEN = 1000


class InvitationExpired(BadRequest):
    """It was accepted, taken back, is too old, or was never one of ours."""


class LinkUsedUp(InvitationExpired):
    """As many have joined by the link as it was made for."""


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


def invite(account_id: int, email: str, role: str, *, by: int | None) -> tuple[Invitation, str]:
    """A new invitation and the token for its mail, which is kept as a hash only. An earlier one to the same
    address stops working. by: the inviting person; None for the host product's server, which may invite anybody."""
    return invite_all(account_id, [(email, role)], by=by)[0]


def invite_all(
    account_id: int, asked: Sequence[tuple[str, str]], *, by: int | None
) -> list[tuple[Invitation, str]]:
    """The same for many (address, role) at once; the number of statements does not grow. All or none."""
    wanted = {_address(email): memberships.check_role(role) for email, role in asked}
    _check_inviter(account_id, set(wanted.values()), by)
    lock(f"invitations:{account_id}")
    moment = now()
    earlier = update(Invitation).where(Invitation.account_id == account_id, *_open(moment))
    earlier = earlier.where(Invitation.email.in_(wanted), Invitation.link_id.is_(None))
    db.session.execute(earlier.values(revoked_at=moment))
    if _count_open(account_id, moment) + len(wanted) > MAX_OPEN:
        raise TooManyInvitations(f"At most {MAX_OPEN} invitations can be open; take some back first.")
    made = [build(account_id, email, role, moment, by=by) for email, role in wanted.items()]
    db.session.add_all([row for row, _ in made])
    db.session.flush()
    log.store([_sent(row) for row, _ in made])
    return made


def build(
    account_id: int,
    email: str,
    role: str,
    moment: dt.datetime,
    *,
    link_id: int | None = None,
    by: int | None,
) -> tuple[Invitation, str]:
    """An invitation that is not stored yet, and its token."""
    token = secrets.token_urlsafe(32)
    row = Invitation(account_id=account_id, email=email, role=role, invited_by_id=by, link_id=link_id)
    row.token_hash, row.created_at, row.expires_at = _hash(token), moment, moment + LIFE
    return row, token


def pending(account_id: int) -> list[Invitation]:
    """Those that can still be accepted, newest first; not those that somebody asked for by a link."""
    query = select(Invitation).where(Invitation.account_id == account_id, *_open(now()))
    query = query.where(Invitation.link_id.is_(None))
    return list(db.session.scalars(query.order_by(Invitation.id.desc())))


def of_account(account_id: int, wanted: str | None, limit: int) -> list[Invitation]:
    """Invitations in this state (see `state`), or in any, newest first; not those of links."""
    moment = now()
    spent = (Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
    conditions: dict[str, tuple[ColumnElement[bool], ...]] = {
        "open": _open(moment),
        "accepted": (Invitation.accepted_at.is_not(None),),
        "revoked": (Invitation.accepted_at.is_(None), Invitation.revoked_at.is_not(None)),
        "expired": (*spent, Invitation.expires_at <= moment),
    }
    query = select(Invitation).where(Invitation.account_id == account_id, Invitation.link_id.is_(None))
    query = query.where(*conditions.get(wanted or "", ()))
    return list(db.session.scalars(query.order_by(Invitation.id.desc()).limit(limit)))


def look_at(token: str) -> Invitation:
    """The invitation, if it can still be accepted; it is not used up (pages shown by GET)."""
    query = select(Invitation).where(Invitation.token_hash == _hash(token), *_open(now()))
    row = db.session.scalar(query)
    if row is None:
        raise InvitationExpired("This invitation does not work any more. Ask for a new one.")
    return row


def accept(token: str, *, by: int, address: str) -> Invitation:
    """Make the person a member. address: the one that the person has shown to be theirs. Of parallel callers
    one succeeds. Raises LinkUsedUp where it came by a link and others were faster."""
    row = look_at(token)
    if row.email != address.lower():
        raise InvitedAddressDiffers("This invitation was sent to another address.")
    accounts.check_open(row.account_id)
    once = update(Invitation).where(Invitation.id == row.id, *_open(now()))
    used = once.values(accepted_at=now(), accepted_by_id=by).returning(Invitation.id)
    if db.session.execute(used).first() is None:
        raise InvitationExpired("This invitation was used already.")
    new = memberships.add(row.account_id, by, row.role, by=f"invitation:{row.public_id}")
    if new and row.link_id is not None:
        _count_on_link(row.link_id)
    properties = {"role": row.role, "invitation": row.public_id}
    log.record(names.INVITE_ACCEPTED, person_id=by, account_id=row.account_id, properties=properties)
    return row


def resend(account_id: int, public_id: str, *, by: int | None) -> tuple[Invitation, str]:
    """A new token and a new week for an invitation that nobody accepted or took back; the old token stops."""
    row = _of_account(account_id, public_id)
    _check_inviter(account_id, {row.role}, by)
    token = secrets.token_urlsafe(32)
    renewed = update(Invitation).where(
        Invitation.id == row.id, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None)
    )
    renewed = renewed.values(token_hash=_hash(token), expires_at=now() + LIFE).returning(Invitation.id)
    if db.session.execute(renewed).first() is None:
        raise InvitationNotFound("This invitation was accepted or taken back.")
    db.session.refresh(row)
    log.store([_sent(row)])
    return row, token


def revoke(account_id: int, public_id: str, *, by: int | None) -> None:
    """Take an open invitation of this account back."""
    if by is not None:
        rights.require(account_id, by, "members.invite")
    query = update(Invitation).where(
        Invitation.account_id == account_id, Invitation.public_id == public_id, *_open(now())
    )
    if db.session.execute(query.values(revoked_at=now()).returning(Invitation.id)).first() is None:
        raise InvitationNotFound("There is no such open invitation.")


def state(row: Invitation) -> str:
    """`open`, `accepted`, `revoked` or `expired`."""
    if row.accepted_at is not None:
        return "accepted"
    if row.revoked_at is not None:
        return "revoked"
    return "open" if row.expires_at > now() else "expired"


def _of_account(account_id: int, public_id: str) -> Invitation:
    query = select(Invitation).where(Invitation.account_id == account_id, Invitation.public_id == public_id)
    row = db.session.scalar(query.where(Invitation.link_id.is_(None)))
    if row is None:
        raise InvitationNotFound("There is no such invitation.")
    return row


def _address(email: str) -> str:
    try:
        return normal_address(email)
    except EmailNotValidError:
        raise InvitedAddressInvalid(errors=[Fault("email", "must be an e-mail address")]) from None


def _check_inviter(account_id: int, roles: set[str], by: int | None) -> None:
    if by is None:
        accounts.check_open(account_id)
        return
    role = rights.require(account_id, by, "members.invite")
    if not all(rights.may_give(role, each) for each in roles):
        raise RoleAboveYours("Only an owner can invite an owner.")


def _count_open(account_id: int, moment: dt.datetime) -> int:
    query = select(func.count()).select_from(Invitation).where(Invitation.account_id == account_id)
    return db.session.scalar(query.where(*_open(moment), Invitation.link_id.is_(None))) or 0


def _count_on_link(link_id: int) -> None:
    """One more has joined by the link. Of parallel callers only so many get through as the link is for."""
    free = (InvitationLink.uses < InvitationLink.max_uses, InvitationLink.revoked_at.is_(None))
    once = update(InvitationLink).where(InvitationLink.id == link_id, *free)
    counted = once.values(uses=InvitationLink.uses + 1).returning(InvitationLink.id)
    if db.session.execute(counted, execution_options={"synchronize_session": False}).first() is None:
        raise LinkUsedUp("As many people have joined by this link as it was made for.")


def _sent(row: Invitation) -> log.NewEvent:
    properties = {"role": row.role, "invitation": row.public_id}
    return log.own(
        names.INVITE_SENT, person_id=row.invited_by_id, account_id=row.account_id, properties=properties
    )


def _open(moment: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > moment,
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
