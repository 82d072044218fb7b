"""What accounts do when something happened."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from plg.accounts.models import ROLES, Invitation, InvitationLink, JoinRequest, Membership
from plg.events.stream import Batch
from plg.kit.db import db


def on_people_merged(batch: Batch) -> None:
    """Memberships, invitations and requests of a merged record become the survivor's."""
    for event in batch.events:
        gone, into = event.properties["from_person_id"], event.properties["into_person_id"]
        _hand_over(gone, into)
        _hand_requests_over(gone, into)
        for column in (
            Invitation.invited_by_id,
            Invitation.accepted_by_id,
            InvitationLink.created_by_id,
            JoinRequest.decided_by_id,
        ):
            db.session.execute(update(column.class_).where(column == gone).values({column.key: into}))


def _hand_over(gone: int, into: int) -> None:
    """Of two memberships in one account the stronger role stays: an owner who is merged remains an owner."""
    theirs = {membership.account_id: membership for membership in _held(into)}
    for membership in _held(gone):
        own = theirs.get(membership.account_id)
        if own is None:
            membership.person_id = into
        else:
            own.role = min(own.role, membership.role, key=ROLES.index)
            db.session.delete(membership)
    db.session.flush()


def _hand_requests_over(gone: int, into: int) -> None:
    """Of two requests to one account the survivor's own stays."""
    own = select(JoinRequest.account_id).where(JoinRequest.person_id == into)
    theirs = JoinRequest.person_id == gone
    db.session.execute(delete(JoinRequest).where(theirs, JoinRequest.account_id.in_(own)))
    db.session.execute(update(JoinRequest).where(theirs).values(person_id=into))


def _held(person_id: int) -> list[Membership]:
    query = select(Membership).where(Membership.person_id == person_id).order_by(Membership.id)
    return list(db.session.scalars(query.with_for_update().execution_options(populate_existing=True)))
