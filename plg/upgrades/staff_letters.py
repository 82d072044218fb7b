"""Mails to the firm's own staff about money that goes back."""

from __future__ import annotations

from flask import current_app
from sqlalchemy import select

from plg.access.models import StaffMember
from plg.accounts import accounts
from plg.events.stream import LoggedEvent
from plg.kit.db import db
from plg.messaging import mail


def tell_of_dispute(event: LoggedEvent) -> None:
    """A payment is disputed, or a dispute was decided: every member of the staff is told, once."""
    about, account_id = event.properties, event.account_id
    if account_id is None or "dispute" not in about:
        return
    settings, account = current_app.extensions["plg.settings"], accounts.get(account_id)
    context = {
        "account": account.name or account.public_id,
        "amount": about["amount"],
        "currency": about["currency"],
        "outcome": about.get("outcome", ""),
        "url": f"{settings.public_url}/staff/payments/{account.public_id}",
    }
    for member in db.session.scalars(select(StaffMember).where(StaffMember.disabled_at.is_(None))):
        locale, id = member.locale or settings.default_locale, f"{event.id}:staff:{member.id}"
        mail.send(member.email, "payment-disputed", locale, context | {"name": member.name}, id=id)
