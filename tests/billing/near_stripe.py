"""A guard beside Stripe: whoever speaks to it while a transaction of the database is open is stopped, and noted.

On SQLite an open transaction keeps every other writer waiting for as long as Stripe takes; on either database, what
was read before the request may be out of date after it."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import stripe
from flask import has_app_context
from stripe._http_client import HTTPClient
from stripe._stripe_object import StripeObject
from stripe._util import _convert_to_stripe_object as _converted

from plg.kit.db import db


class TransactionOpenError(BaseException):
    """Stripe was spoken to while a transaction was open. Nothing that catches mistakes catches this."""


def _impatient() -> Any:
    """The SDK asks again after hundredths of a second, not after half of one."""
    return patch.multiple(HTTPClient, INITIAL_DELAY=0.01, MAX_DELAY=0.02)


@contextmanager
def guarded() -> Iterator[None]:
    """Within, every request of the official SDK is watched; the end raises what a thread's end has swallowed."""
    seen: list[str] = []
    request = stripe.RequestsClient.request

    def watched(client: Any, method: str, url: str, *more: Any, **options: Any) -> Any:
        if has_app_context() and db.session().in_transaction():
            where = "".join(traceback.format_stack(limit=12)[:-1])
            seen.append(f"{method} {url}\n{where}")
            raise TransactionOpenError(f"{method} {url} while a transaction is open")
        return request(client, method, url, *more, **options)

    with patch.object(stripe.RequestsClient, "request", watched), _impatient():
        yield
    assert not seen, "\n".join(seen)


@contextmanager
def shallow() -> Iterator[None]:
    """Within, the SDK makes objects of an answer and of a list's members; what is inside them stays as JSON said it.
    plg asks for nothing else, and the SDK spends more than half of its time on the rest."""

    def fill(self: Any, *, values: Any, requestor: Any = None, api_mode: Any = "V1", **_: Any) -> None:
        told = dict(values._data if isinstance(values, StripeObject) else values)
        if told.get("object") == "list":
            told["data"] = [
                _converted(resp=each, requestor=requestor, api_mode=api_mode) for each in told["data"]
            ]
        self._requestor = requestor or self._requestor
        self._last_response, self._previous = None, told
        self._data.clear()
        self._data.update(told)

    with patch.object(StripeObject, "_refresh_from", fill):
        yield
