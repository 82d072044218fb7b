"""Invitation links: passed on by hand, good for so many people and so many days. A link by itself lets nobody in:
who opens it gets an invitation by mail, at an address of theirs."""

from __future__ import annotations

import datetime as dt

from flask import current_app
from itsdangerous import BadSignature, Signer
from sqlalchemy import ColumnElement, select, update

from plg.accounts import accounts, invitations, rights
from plg.accounts.invitations import InvitationExpired, LinkUsedUp, RoleAboveYours
from plg.accounts.models import Invitation, InvitationLink
from plg.kit import addresses
from plg.kit.clock import now
from plg.kit.db import db, lock
from plg.kit.errors import Conflict, Fault, Forbidden, NotFound, Unprocessable
from plg.kit.texts import normal_address

ROLES = ("member", "admin")
MAX_USES = 1000
MAX_DAYS = 90
MAX_OPEN = 20


class BadLink(Unprocessable):
    """Role, cap, days or domain of the link are not possible."""


class LinkNotFound(NotFound):
    pass


class TooManyLinks(Conflict):
    pass


class OtherDomain(Forbidden):
    """The link is for addresses of another domain."""


def create(
    account_id: int, role: str, *, max_uses: int, days: int, domain: str = "", by: int
) -> InvitationLink:
    """A new link. max_uses: how many people may join by it. days: how long it works. domain: only addresses of it
    are invited. Faults are told all at once."""
    domain = domain.strip().removeprefix("@").rstrip(".").lower()
    if faults := _faults(role, max_uses, days, domain):
        raise BadLink("The link cannot be made so.", errors=faults)
    if not rights.may_give(rights.require(account_id, by, "members.invite"), role):
        raise RoleAboveYours("Your role cannot give this one.")
    lock(f"invitations:{account_id}")
    if len(of_account(account_id)) >= MAX_OPEN:
        raise TooManyLinks(f"At most {MAX_OPEN} links can be open; close some first.")
    link = InvitationLink(account_id=account_id, role=role, max_uses=max_uses, uses=0, created_by_id=by)
    link.domain, link.created_at = addresses.domain_of(f"@{domain}") or None, now()
    link.expires_at = link.created_at + dt.timedelta(days=days)
    db.session.add(link)
    db.session.flush()
    return link


def _faults(role: str, max_uses: int, days: int, domain: str) -> list[Fault]:
    faults = []
    if role not in ROLES:
        faults.append(Fault("role", f"must be one of {', '.join(ROLES)}"))
    if not 1 <= max_uses <= MAX_USES:
        faults.append(Fault("max_uses", f"must be a number from 1 to {MAX_USES}"))
    if not 1 <= days <= MAX_DAYS:
        faults.append(Fault("days", f"must be a number from 1 to {MAX_DAYS}"))
    if domain and addresses.registrable(domain) is None:
        faults.append(Fault("domain", "must be a domain such as example.com"))
    return faults


def of_account(account_id: int) -> list[InvitationLink]:
    """Those that still work, newest first."""
    query = select(InvitationLink).where(InvitationLink.account_id == account_id, *_open(now()))
    return list(db.session.scalars(query.order_by(InvitationLink.id.desc())))


def revoke(account_id: int, public_id: str, *, by: int) -> None:
    """Close the link; invitations that were asked for by it and are not accepted yet close with it."""
    rights.require(account_id, by, "members.invite")
    moment = now()
    link = update(InvitationLink).where(
        InvitationLink.account_id == account_id,
        InvitationLink.public_id == public_id,
        InvitationLink.revoked_at.is_(None),
    )
    closed = db.session.scalar(link.values(revoked_at=moment).returning(InvitationLink.id))
    if closed is None:
        raise LinkNotFound("There is no such open link.")
    asked = update(Invitation).where(Invitation.link_id == closed, Invitation.accepted_at.is_(None))
    db.session.execute(asked.where(Invitation.revoked_at.is_(None)).values(revoked_at=moment))


def token_of(link: InvitationLink) -> str:
    """What stands in the link's address. It is computed, not kept: members see it again, the database does not."""
    return _signer().sign(link.public_id).decode()


def look_at(token: str) -> InvitationLink:
    """The link, if it still works. Raises InvitationExpired, or LinkUsedUp."""
    try:
        public_id = _signer().unsign(token).decode()
    except BadSignature:
        raise InvitationExpired("This link is not one of ours.") from None
    link = db.session.scalar(select(InvitationLink).where(InvitationLink.public_id == public_id))
    if link is None or link.revoked_at is not None or link.expires_at <= now():
        raise InvitationExpired("This link does not work any more. Ask for a new one.")
    if link.uses >= link.max_uses:
        raise LinkUsedUp("As many people have joined by this link as it was made for.")
    return link


def ask(token: str, email: str) -> tuple[Invitation, str]:
    """An invitation for this address and the token for its mail. Whose address it is, the mail shows; asking again
    replaces what the same link has sent there before."""
    link = look_at(token)
    address = normal_address(email)
    if link.domain is not None and addresses.domain_of(address) != link.domain:
        raise OtherDomain(f"This link is for addresses of {link.domain}.")
    accounts.check_open(link.account_id)
    lock(f"invitations:{link.account_id}")
    moment = now()
    earlier = update(Invitation).where(Invitation.link_id == link.id, Invitation.email == address)
    earlier = earlier.where(Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
    db.session.execute(earlier.values(revoked_at=moment))
    made = invitations.build(
        link.account_id, address, link.role, moment, link_id=link.id, by=link.created_by_id
    )
    db.session.add(made[0])
    db.session.flush()
    return made


def _open(moment: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        InvitationLink.revoked_at.is_(None),
        InvitationLink.expires_at > moment,
        InvitationLink.uses < InvitationLink.max_uses,
    )


def _signer() -> Signer:
    return Signer(current_app.config["SECRET_KEY"], salt="plg invitation link")
