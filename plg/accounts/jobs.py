"""What accounts do as time passes."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from plg.accounts import deletion
from plg.accounts.models import Account
from plg.kit.db import db

BATCH = 50


def delete_accounts(moment: dt.datetime) -> int:
    """Delete a batch of the workspaces whose day has come; the index of due ones is all that is read."""
    due = select(Account).where(Account.delete_at <= moment).order_by(Account.delete_at).limit(BATCH)
    batch = db.session.scalars(due.with_for_update(skip_locked=True)).all()
    if batch:
        deletion.delete_for_good(batch, moment)
    return len(batch)
