"""The gateway to the learning record store: its Statements resource (xAPI 1.0.3, part three, 2.1)."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import Any, Final

import requests
from flask import Flask

from plg.kit.clock import now
from plg.kit.db import encode_json
from plg.settings import Settings

VERSION: Final = "1.0.3"
TIMEOUT: Final = (5.0, 20.0)
"""Seconds until a connection stands, and between two pieces of an answer."""
CONFLICT: Final = 409
REFUSALS: Final = frozenset({400, 409, 413, 422})
"""Answers about the statements themselves; all others are about the store, and may be better later."""


class StatementsRefused(Exception):  # noqa: N818 - named like every refusal
    """The store took none of them, because of one or more of them. status: 409 where it has another statement of
    the same id."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class StoreUnavailable(Exception):  # noqa: N818
    """No answer, or one that has nothing to do with the statements. retry_after: how long it asks to be
    left alone."""

    def __init__(self, reason: str, retry_after: dt.timedelta | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class LrsGateway:
    """Sends statements, and returns when the store has all of them. Each thread has connections of its own."""

    def __init__(self, settings: Settings) -> None:
        self._url = f"{settings.lrs_url}/statements"
        self._auth = (settings.lrs_username, settings.lrs_password.get_secret_value())
        self._local = threading.local()

    def send(self, statements: Sequence[dict[str, Any]]) -> None:
        """All or none. Raises StatementsRefused or StoreUnavailable."""
        headers = {"Content-Type": "application/json", "X-Experience-API-Version": VERSION}
        body = encode_json(list(statements)).encode()
        try:
            answer = self._session().post(
                self._url, data=body, headers=headers, auth=self._auth, timeout=TIMEOUT, allow_redirects=False
            )
        except requests.RequestException as error:
            raise StoreUnavailable(type(error).__name__) from error
        if answer.status_code in REFUSALS:
            raise StatementsRefused(answer.status_code, f"{answer.status_code}: {answer.text[:300]}")
        if answer.status_code not in (200, 204):
            raise StoreUnavailable(str(answer.status_code), _retry_after(answer))

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        return self._local.session


def gateway_of(app: Flask) -> LrsGateway | None:
    """The one of this app; None where no store is set, and nothing is sent."""
    settings: Settings = app.extensions["plg.settings"]
    if not settings.lrs_url:
        return None
    gateway: LrsGateway = app.extensions.setdefault("academy.lrs", LrsGateway(settings))
    return gateway


def _retry_after(answer: requests.Response) -> dt.timedelta | None:
    """Seconds or a date (RFC 9110, 10.2.3); None where it says neither."""
    said = answer.headers.get("Retry-After", "")
    if said.isdecimal():
        return dt.timedelta(seconds=int(said[:9]))
    try:
        return max(parsedate_to_datetime(said) - now(), dt.timedelta())
    except (ValueError, TypeError):
        return None
