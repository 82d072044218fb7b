"""What the doors of all formats share: the body is read within bounds, the key is known, the messages are stored."""

from __future__ import annotations

import datetime as dt

from flask import Response, current_app, request
from werkzeug.datastructures import Headers

from plg.access import keys
from plg.capture.decoding import BodyTooLarge, read_body
from plg.capture.desk import Desk, Ticket
from plg.capture.messages import Parsed
from plg.capture.trust import Sender
from plg.kit.db import db, reading, writing
from plg.kit.errors import Unauthorized
from plg.settings import Settings

WHERE_THE_KEY_GOES = (
    "The API key is missing. Give it as the user name of Basic authentication, in the header Authorization (Bearer)"
    " or X-Plg-Key, or in the body (`writeKey` for Segment's calls, `api_key` for PostHog's)."
)


class KeyMissing(Unauthorized):
    title = "The API key is missing"


class KeyUnknown(Unauthorized):
    title = "The API key is unknown or revoked"


def read_request(limit: int, *, data: str | None = None) -> object:
    """The JSON value of this request: of its body, or of `data` (a query parameter). `limit`: bytes unpacked."""
    query = request.args
    if data is not None:
        return read_body(data.encode(), limit, compression=query.get("compression", ""))
    return read_body(
        _body(limit),
        limit,
        encoding=request.headers.get("Content-Encoding", ""),
        compression=query.get("compression", ""),
        content_type=request.headers.get("Content-Type", ""),
    )


def _body(limit: int) -> bytes:
    if (request.content_length or 0) > limit:
        raise BodyTooLarge(f"The body has more than {limit} bytes.")
    request.max_content_length = limit
    return request.get_data(cache=False)


def authenticate(*candidates: str | None) -> Sender:
    """Who sends, by the first key that was given in any form. Raises KeyMissing or KeyUnknown."""
    plain = next((key for key in (*candidates, request.headers.get("X-Plg-Key")) if key), None)
    if plain is None:
        raise KeyMissing(WHERE_THE_KEY_GOES)
    with reading():  # so that asking about a key takes no write lock
        found = keys.check(plain)
        if db.session.registry.has():
            db.session.rollback()
    if found is None:
        raise KeyUnknown(
            "The API key is unknown or revoked; `plg keys list` and the staff pages show those in force."
        )
    key_id, kind = found
    return Sender(by=f"key:{key_id}", trusted=kind == "secret")


def account_groups() -> tuple[str, ...]:
    settings: Settings = current_app.extensions["plg.settings"]
    return settings.account_groups


def deliver(parsed: Parsed, moment: dt.datetime, sender: Sender) -> Parsed:
    """Store what was parsed and commit. Returns it, with a fault for each event that the sender may not send."""
    parsed = sender.filter(parsed)
    if parsed.messages:
        with writing():  # some clients send events by GET
            _desk().store(Ticket(parsed.messages, sender, moment))
    return parsed


def _desk() -> Desk:
    found: Desk = current_app.extensions.setdefault("plg.capture.desk", Desk())
    return found


def allow_any_origin(response: Response) -> Response:
    """CORS for browsers on every page: these doors look at no cookie and tell nothing about anybody."""
    headers: Headers = response.headers
    headers["Access-Control-Allow-Origin"] = request.headers.get("Origin", "*")
    headers["Access-Control-Allow-Credentials"] = "true"
    headers["Vary"] = "Origin, Access-Control-Request-Headers"
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
        headers["Access-Control-Allow-Headers"] = request.headers.get("Access-Control-Request-Headers", "*")
        headers["Access-Control-Max-Age"] = "86400"
    else:
        headers["Access-Control-Expose-Headers"] = "Retry-After, X-RateLimit-Reset"
    return response
