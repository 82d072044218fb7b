"""What accounts do when something happened."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from plg.accounts.models import Invitation, Membership
from plg.events.stream import Batch
from plg.kit.db import db


def on_people_merged(batch: Batch) -> None:
    """Memberships and invitations of a merged record become the survivor's."""
    for event in batch.events:
        gone, into = event.properties["from_person_id"], event.properties["into_person_id"]
        theirs = select(Membership.account_id).where(Membership.person_id == into)
        double = (Membership.person_id == gone) & Membership.account_id.in_(theirs)
        db.session.execute(delete(Membership).where(double))
        db.session.execute(update(Membership).where(Membership.person_id == gone).values(person_id=into))
        for column in (Invitation.invited_by_id, Invitation.accepted_by_id):
            db.session.execute(update(Invitation).where(column == gone).values({column.key: into}))
