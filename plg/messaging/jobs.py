"""What messaging does as time passes: mails leave the outbox."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from flask import current_app
from sqlalchemy import select

from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db
from plg.messaging.models import OutgoingMail
from plg.messaging.smtp import MailServerError, PermanentMailError, SmtpGateway, TemporaryMailError

BATCH = 20
LEASE = dt.timedelta(minutes=10)
MINUTES_BEFORE_RETRY = (1, 5, 15, 60, 180, 360, 720)
"""A mail that was delayed seven times (a day and more) is given up."""


def deliver_mails(moment: dt.datetime) -> int:
    """Send the mails that are due. No transaction is open while the mail server is spoken to; each mail's
    outcome is committed by itself. Returns how many were handled."""
    claimed = _claim(moment)
    gateway: SmtpGateway = current_app.extensions["plg.smtp"]
    with gateway.connection() as line:
        for place, row in enumerate(claimed):
            try:
                line.deliver(_letter(row))
            except PermanentMailError as error:
                _give_up(row, str(error))
            except MailServerError as error:
                for waiting in claimed[place:]:
                    _try_later(waiting, str(error), moment)
                db.session.commit()
                break
            except TemporaryMailError as error:
                _try_later(row, str(error), moment)
            else:
                _sent(row)
            db.session.commit()
    return len(claimed)


def _claim(moment: dt.datetime) -> Sequence[OutgoingMail]:
    """Take due mails for LEASE; should this process die, they fall due again after it."""
    due = select(OutgoingMail).where(OutgoingMail.due_at <= moment).order_by(OutgoingMail.due_at)
    rows = db.session.scalars(due.limit(BATCH).with_for_update(skip_locked=True)).all()
    for row in rows:
        row.due_at = moment + LEASE
        row.attempts += 1
    db.session.commit()
    return rows


def _letter(row: OutgoingMail) -> EmailMessage:
    """Raises PermanentMailError where it cannot be written: it must not hold up those behind it."""
    try:
        return _message(row)
    except (ValueError, IndexError, MessageError) as error:  # IndexError: "a@", to the parser of Python 3.11
        raise PermanentMailError(f"The mail cannot be written: {error}") from error


def _message(row: OutgoingMail) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = current_app.extensions["plg.settings"].mail_from
    mail["To"] = _recipient(row.email)
    mail["Subject"] = row.subject
    mail["Date"] = format_datetime(row.created_at)
    mail["Message-ID"] = row.message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(row.text)
    mail.add_alternative(row.html, subtype="html")
    mail["Content-Language"] = row.locale
    return mail


def _recipient(email: str) -> Address:
    """One, whatever it holds: of a plain text, a comma would make several."""
    if email.isascii():
        return Address(addr_spec=email)
    name, _, domain = email.rpartition("@")  # the parser takes the "é" of a name for a defect
    return Address(username=name, domain=domain)


def _sent(row: OutgoingMail) -> None:
    row.sent_at, row.due_at, row.last_error = now(), None, None
    row.text = row.html = ""
    properties = {"template": row.template, "channel": "mail"}
    log.record(names.MESSAGE_SENT, person_id=row.person_id, properties=properties, id=f"mail-sent:{row.id}")


def _try_later(row: OutgoingMail, reason: str, moment: dt.datetime) -> None:
    if row.attempts > len(MINUTES_BEFORE_RETRY):
        _give_up(row, reason)
        return
    row.last_error = reason
    row.due_at = moment + dt.timedelta(minutes=MINUTES_BEFORE_RETRY[row.attempts - 1])


def _give_up(row: OutgoingMail, reason: str) -> None:
    row.failed_at, row.due_at, row.last_error = now(), None, reason
    row.text = row.html = ""
    properties = {"template": row.template, "channel": "mail", "reason": reason}
    log.record(
        names.MESSAGE_FAILED, person_id=row.person_id, properties=properties, id=f"mail-failed:{row.id}"
    )
