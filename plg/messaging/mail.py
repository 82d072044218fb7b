"""Mails: written in the caller's transaction, so that a change and its mail are both kept, or neither is."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask import current_app, render_template
from flask_babel import force_locale

from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.db_bulk import insert_new
from plg.messaging.models import OutgoingMail


def send(
    to: str,
    template: str,
    locale: str,
    context: Mapping[str, Any],
    *,
    id: str | None = None,
    person_id: int | None = None,
) -> bool:
    """Put a mail into the outbox; it leaves within seconds after the caller's commit.

    template: a name under templates/mail: `<name>.txt` (its first line is the subject) and `<name>.html`,
    rendered in that locale with the context that the file's head asks for. With an `id` that was used before
    nothing happens. Returns whether the mail is new. Raises jinja2's TemplateNotFound for an unknown name."""
    row = insert(OutgoingMail).values(write(to, template, locale, context, id=id, person_id=person_id))
    new = row.on_conflict_do_nothing().returning(OutgoingMail.id)
    return db.session.execute(new).first() is not None


def write(
    to: str,
    template: str,
    locale: str,
    context: Mapping[str, Any],
    *,
    id: str | None = None,
    person_id: int | None = None,
) -> dict[str, Any]:
    """The row of a mail, rendered without touching the database; `post` puts many into the outbox."""
    with force_locale(locale):
        subject, _, text = render_template(f"mail/{template}.txt", **context).partition("\n")
        html = render_template(f"mail/{template}.html", subject=subject, **context)
    moment = now()
    return {
        "message_id": f"<{_letters(id)}@{_domain()}>",
        "person_id": person_id,
        "email": to,
        "template": template,
        "locale": locale,
        "subject": " ".join(subject.split())[:300],
        "text": text.strip() + "\n",
        "html": html,
        "created_at": moment,
        "due_at": moment,
        "attempts": 0,
    }


def post(rows: Sequence[dict[str, Any]]) -> None:
    """Put written mails into the outbox, in few statements; those whose `id` was used before are left out."""
    insert_new(OutgoingMail.__table__, rows)


def _letters(id: str | None) -> str:
    return hashlib.sha256(id.encode()).hexdigest()[:40] if id else uuid.uuid4().hex


def _domain() -> str:
    """The sender's domain, which makes our message ids unique in the world."""
    sender: str = current_app.extensions["plg.settings"].mail_from
    return sender.rpartition("@")[2].rstrip("> ") or "localhost"
