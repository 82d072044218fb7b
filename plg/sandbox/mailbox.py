"""The mail that arrived in the sandbox: parsed, kept in memory and, where asked, in a folder.

A kept file is one line of JSON (the envelope and the time) and below it the mail as it came.
"""

from __future__ import annotations

import email
import email.policy
import itertools
import json
import re
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

MOST_MAILS = 1000
_LINK = re.compile(r"https?://[^\s<>\"']+")


@dataclass(frozen=True)
class Attachment:
    """A file that came with a mail."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Mail:
    """One mail as its reader sees it. `sender` and `recipients` are the envelope's, not the header's."""

    id: int
    received_at: datetime
    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()

    @property
    def links(self) -> list[str]:
        """Every address in the text part, in order."""
        return [link.rstrip(".,;)") for link in _LINK.findall(self.text)]

    def as_json(self) -> dict[str, Any]:
        """The shape of `/api/messages`: times in ISO 8601, attachments by name only."""
        shown = asdict(self) | {"received_at": self.received_at.isoformat(), "links": self.links}
        return shown | {"attachments": [attachment.name for attachment in self.attachments]}


class Mailbox:
    """Thread-safe store of the newest `MOST_MAILS` mails; reads back what an earlier run left in `folder`."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._mails: dict[int, Mail] = {}
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            kept = (_read_kept(file) for file in sorted(folder.glob("*.mail"))[-MOST_MAILS:])
            self._mails = {mail.id: mail for mail in kept}
        self._ids = itertools.count(max(self._mails, default=0) + 1)

    def deliver(self, raw: bytes, sender: str, recipients: list[str]) -> Mail:
        """Keep one mail as it came over SMTP and give it back parsed."""
        received_at = datetime.now(UTC)
        with self._lock:
            mail = _parse(next(self._ids), raw, sender, tuple(recipients), received_at)
            if self._folder:
                _keep(self._folder / f"{mail.id:08}.mail", mail, raw)
            self._mails[mail.id] = mail
            for old in list(self._mails)[:-MOST_MAILS]:
                self._forget(old)
        return mail

    def mails(self, to: str | None = None) -> list[Mail]:
        """Newest first; `to` keeps those whose envelope names this recipient."""
        with self._lock:
            newest_first = list(reversed(self._mails.values()))
        wanted = (to or "").strip().casefold()
        return [m for m in newest_first if not wanted or wanted in map(str.casefold, m.recipients)]

    def get(self, mail_id: int) -> Mail | None:
        """One mail, or None when there is no such mail (any more)."""
        return self._mails.get(mail_id)

    def empty(self) -> None:
        """Throw every mail away."""
        with self._lock:
            for mail_id in list(self._mails):
                self._forget(mail_id)

    def _forget(self, mail_id: int) -> None:
        del self._mails[mail_id]
        if self._folder:
            (self._folder / f"{mail_id:08}.mail").unlink(missing_ok=True)


def _keep(file: Path, mail: Mail, raw: bytes) -> None:
    envelope = {
        "sender": mail.sender,
        "recipients": mail.recipients,
        "received_at": mail.received_at.isoformat(),
    }
    unfinished = file.with_suffix(".part")
    unfinished.write_bytes(json.dumps(envelope).encode() + b"\n" + raw)
    unfinished.rename(file)


def _read_kept(file: Path) -> Mail:
    head, _, raw = file.read_bytes().partition(b"\n")
    envelope = json.loads(head)
    received_at = datetime.fromisoformat(envelope["received_at"])
    return _parse(int(file.stem), raw, envelope["sender"], tuple(envelope["recipients"]), received_at)


def _parse(mail_id: int, raw: bytes, sender: str, recipients: tuple[str, ...], received_at: datetime) -> Mail:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    return Mail(
        mail_id,
        received_at,
        sender,
        recipients,
        subject=" ".join(str(message.get("Subject", "")).split()),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        attachments=tuple(_attachment(part) for part in message.iter_attachments()),
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    try:
        return _decoded(part).decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:  # a charset that Python does not know
        return _decoded(part).decode("utf-8", "replace")


def _attachment(part: Any) -> Attachment:
    name = Path(part.get_filename() or "attachment").name
    return Attachment(name, part.get_content_type(), _decoded(part))


def _decoded(part: Any) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""
