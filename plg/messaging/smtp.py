"""The one gateway to the mail server (SMTP, RFC 5321), over one connection."""

from __future__ import annotations

import contextlib
import ipaddress
import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Self
from urllib.parse import unquote, urlsplit

TIMEOUT_SECONDS = 20.0
DEFAULT_PORTS = {"smtp": 587, "smtps": 465}


class PermanentMailError(Exception):
    """The server will never take this mail (5xx): another try is no use."""


class TemporaryMailError(Exception):
    """It did not work this time: the server is away, busy, or said 4xx."""


class MailServerError(TemporaryMailError):
    """There is no connection: it would be the same for every mail."""


@dataclass(frozen=True)
class SmtpAddress:
    """`smtp://` upgrades to TLS where the server offers it; `smtps://` starts with TLS."""

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Raises ValueError for another scheme or a missing host."""
        parts = urlsplit(url)
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
            raise ValueError("smtp_url must be smtp://host:port or smtps://host:port")
        return cls(
            host=parts.hostname,
            port=parts.port or DEFAULT_PORTS[parts.scheme],
            tls=parts.scheme == "smtps",
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )

    @property
    def is_local(self) -> bool:
        with contextlib.suppress(ValueError):
            return ipaddress.ip_address(self.host).is_loopback
        return self.host == "localhost"


class SmtpGateway:
    """Where mails leave: `with gateway.connection() as line: line.deliver(mail)`."""

    def __init__(self, url: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self.address = SmtpAddress.parse(url)
        self.timeout = timeout

    @contextlib.contextmanager
    def connection(self) -> Iterator[SmtpConnection]:
        """A line of one's own, opened by its first mail, closed at the end of the block."""
        line = SmtpConnection(self.address, self.timeout)
        try:
            yield line
        finally:
            line.close()


class SmtpConnection:
    """One connection for many mails; one that was lost is opened anew."""

    def __init__(self, address: SmtpAddress, timeout: float) -> None:
        self.address = address
        self.timeout = timeout
        self._client: smtplib.SMTP | None = None

    def deliver(self, mail: EmailMessage) -> None:
        """Hand one mail to the server. Raises PermanentMailError, TemporaryMailError or MailServerError."""
        fresh = self._client is None
        try:
            self._send(mail)
        except smtplib.SMTPServerDisconnected as error:
            self.close()
            if fresh:
                raise MailServerError(str(error)) from error
            self.deliver(mail)

    def _send(self, mail: EmailMessage) -> None:
        client = self._client = self._client or self._connect()
        try:
            client.send_message(mail)
        except smtplib.SMTPServerDisconnected:
            raise
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            raise _answer(code, text) from error
        except smtplib.SMTPSenderRefused as error:
            raise MailServerError(f"The mail server refuses our sender ({error.smtp_code}).") from error
        except (smtplib.SMTPNotSupportedError, UnicodeError) as error:
            raise PermanentMailError(f"The mail server cannot write to this address: {error}") from error
        except smtplib.SMTPResponseException as error:
            raise _answer(error.smtp_code, error.smtp_error) from error
        except OSError as error:
            self.close()
            raise MailServerError(str(error)) from error

    def _connect(self) -> smtplib.SMTP:
        address = self.address
        try:
            client = self._greet()
            if address.user:
                client.login(address.user, address.password)
        except smtplib.SMTPAuthenticationError as error:
            raise MailServerError(f"The mail server refused our log-in ({error.smtp_code}).") from error
        except (OSError, smtplib.SMTPException) as error:
            raise MailServerError(str(error)) from error
        return client

    def _greet(self) -> smtplib.SMTP:
        address, context = self.address, ssl.create_default_context()
        if address.tls:
            return smtplib.SMTP_SSL(address.host, address.port, timeout=self.timeout, context=context)
        client = smtplib.SMTP(address.host, address.port, timeout=self.timeout)
        client.ehlo()
        if client.has_extn("starttls"):
            client.starttls(context=context)
            client.ehlo()
        elif address.user and not address.is_local:
            client.close()
            raise MailServerError("The mail server offers no TLS, so no password is sent to it.")
        return client

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                client.quit()


def _answer(code: int, text: bytes | str) -> Exception:
    said = text.decode(errors="replace") if isinstance(text, bytes) else text
    return (PermanentMailError if 500 <= code < 600 else TemporaryMailError)(f"{code} {said}")
