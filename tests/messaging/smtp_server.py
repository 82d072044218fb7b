"""A mail server on loopback that speaks real SMTP and answers as a test wants it to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

ACCEPTED = "250 OK"


@dataclass
class MailServer:
    """answer(number, recipient): what the server says to the number-th mail (from 0) at RCPT.
    `dropping`: it accepts a mail and then cuts the line instead of saying so."""

    answer: Callable[[int, str], str] = lambda number, recipient: ACCEPTED
    dropping: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    connections: int = 0
    attempts: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_EHLO(  # noqa: N802 - named by aiosmtpd
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802 - named by aiosmtpd
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[Any]
    ) -> str:
        said = self.answer(self.attempts, address)
        self.attempts += 1
        if said == ACCEPTED:
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=policy.default))  # type: ignore[arg-type]
        if self.dropping:
            self.dropping -= 1
            assert server.transport is not None
            server.transport.close()
        return ACCEPTED


class _OnAnyPort(Controller):
    """aiosmtpd's controller knocks at its own port once it has started; here that is known by then only."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server(**options: Any) -> Iterator[MailServer]:
    """Serves for the block; `auth=(user, password)` makes it ask for them."""
    auth = options.pop("auth", None)
    server = MailServer(**options)
    extra: dict[str, Any] = {}
    if auth:

        def check(_server: Any, _session: Any, _envelope: Any, _how: str, data: Any) -> AuthResult:
            given = (data.login.decode(), data.password.decode())
            return AuthResult(success=given == auth, handled=False)

        extra = {"authenticator": check, "auth_require_tls": False, "auth_required": True}
    controller = _OnAnyPort(server, hostname="127.0.0.1", port=0, **extra)
    controller.start()
    server.port = controller.port
    try:
        yield server
    finally:
        controller.stop()
