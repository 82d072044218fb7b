"""One POST to an address that was checked: no redirects, no proxies, no cookies, and an end after 15 seconds whatever
the other side does."""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cached_property
from urllib.parse import SplitResult, urlsplit

from plg.kit.clock import now
from plg.kit.texts import scrub
from plg.webhooks import targets
from plg.webhooks.targets import TargetRefused

TIMEOUT_SECONDS = 15.0
KEPT_BYTES, KEPT_CHARACTERS = 4000, 1000


@dataclass(frozen=True)
class Answer:
    """What came of one try. status: None where there was no answer; `error` says why. retry_after: how long the
    other side asks to be left alone."""

    status: int | None
    body: str
    duration_ms: int
    error: str | None = None
    retry_after: dt.timedelta | None = None

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class WebhookGateway:
    """Where webhooks leave. private: whether they may go to addresses that are not public. tls: whose certificates
    are believed; None for those that this machine believes."""

    def __init__(
        self, *, private: bool, timeout: float = TIMEOUT_SECONDS, tls: ssl.SSLContext | None = None
    ) -> None:
        self.private = private
        self.timeout = timeout
        self._given_tls = tls

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self._given_tls or ssl.create_default_context()  # reads the machine's certificates: slow

    def post(self, url: str, body: str, headers: Mapping[str, str]) -> Answer:
        """Never raises: whatever goes wrong is an answer without a status."""
        started = time.monotonic()
        try:
            status, text, retry_after = self._post(urlsplit(url), body, headers)
        except (OSError, http.client.HTTPException, ValueError, TargetRefused) as error:
            seconds = time.monotonic() - started
            late = seconds >= self.timeout
            said = f"no answer within {self.timeout:g} seconds" if late else _said(error)
            return Answer(None, "", round(seconds * 1000), said)
        seconds = time.monotonic() - started
        return Answer(status, text, round(seconds * 1000), None, _pause(retry_after))

    def _post(self, url: SplitResult, body: str, headers: Mapping[str, str]) -> tuple[int, str, str | None]:
        host, port = url.hostname or "", targets.port_of(url)
        addresses = targets.lookup(host, port, private=self.private)
        connection = _Connection(
            host, port, self.timeout, addresses, self._tls if url.scheme == "https" else None
        )
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        with contextlib.closing(connection), _cut_after(self.timeout, connection):
            connection.request("POST", path, body.encode(), dict(headers))
            answer = connection.getresponse()
            text = answer.read(KEPT_BYTES).decode(errors="replace")
            return answer.status, scrub(text)[:KEPT_CHARACTERS], answer.headers.get("Retry-After")


class _Connection(http.client.HTTPConnection):
    """To one of these network addresses, whatever the host's name leads to by now. tls: None for plain http."""

    def __init__(
        self, host: str, port: int, timeout: float, addresses: list[str], tls: ssl.SSLContext | None
    ) -> None:
        super().__init__(host, port, timeout=timeout)
        self.default_port = 443 if tls else 80
        self._patience = timeout
        self._addresses = addresses
        self._tls = tls
        self.was_cut = False

    def connect(self) -> None:
        self.sock = self._reach()
        if self._tls is not None:
            secured = self._tls.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock = secured
            secured.do_handshake()

    def _reach(self) -> socket.socket:
        for address in self._addresses[:-1]:
            with contextlib.suppress(OSError):
                return socket.create_connection((address, self.port), self._patience / len(self._addresses))
        return socket.create_connection((self._addresses[-1], self.port), self._patience)

    def cut(self) -> None:
        """End it from another thread: whoever waits for a byte gets the end of the stream."""
        self.was_cut, sock = True, self.sock
        if sock is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


@contextlib.contextmanager
def _cut_after(seconds: float, connection: _Connection) -> Iterator[None]:
    """A socket's own timeout begins anew with each byte; this one does not. Raises TimeoutError where it was cut, for
    http.client takes the end of the stream for the end of the headers."""
    timer = threading.Timer(seconds, connection.cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    if connection.was_cut:
        raise TimeoutError


def _said(error: Exception) -> str:
    return scrub(f"{type(error).__name__}: {error}")[:500]


def _pause(retry_after: str | None) -> dt.timedelta | None:
    """`Retry-After` as RFC 9110 §10.2.3 has it: seconds, or a date."""
    if retry_after is None:
        return None
    with contextlib.suppress(ValueError, OverflowError):
        return dt.timedelta(seconds=int(retry_after))
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        return parsedate_to_datetime(retry_after) - now()
    return None
