"""What accounts do when something happened."""

from __future__ import annotations

from sqlalchemy import select, update

from plg.accounts.models import ROLES, Invitation, Membership
from plg.events.stream import Batch
from plg.kit.db import db


def on_people_merged(batch: Batch) -> None:
    """Memberships and invitations of a merged record become the survivor's."""
    for event in batch.events:
        gone, into = event.properties["from_person_id"], event.properties["into_person_id"]
        _hand_over(gone, into)
        for column in (Invitation.invited_by_id, Invitation.accepted_by_id):
            db.session.execute(update(Invitation).where(column == gone).values({column.key: into}))


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


def _held(person_id: int) -> list[Membership]:
    query = select(Membership).where(Membership.person_id == person_id).order_by(Membership.id)
    return list(db.session.scalars(query.with_for_update().execution_options(populate_existing=True)))
