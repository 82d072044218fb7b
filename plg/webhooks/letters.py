"""Mails about webhooks: to all of the firm's own staff."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import select

from plg.access.models import StaffMember
from plg.kit.db import db
from plg.messaging import mail
from plg.settings import Settings
from plg.webhooks.models import WebhookEndpoint


def tell_disabled(endpoint: WebhookEndpoint, reason: str) -> None:
    """Write to staff that plg has turned an endpoint off, in the caller's transaction. reason: gone or failing."""
    settings: Settings = current_app.extensions["plg.settings"]
    url = f"{settings.public_url}/staff/webhooks/{endpoint.public_id}"
    context = {"address": urlsplit(endpoint.url).hostname, "reason": reason, "url": url}
    staff = db.session.scalars(select(StaffMember).where(StaffMember.disabled_at.is_(None)))
    mail.post(
        [
            mail.write(
                member.email,
                "webhook-endpoint-disabled",
                member.locale or settings.default_locale,
                context | {"name": member.name},
            )
            for member in staff
        ]
    )
