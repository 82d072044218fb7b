"""When it happened: the client's clock corrected by how far it is off."""

from __future__ import annotations

import datetime as dt
from email.utils import parsedate_to_datetime
from typing import Any

EARLIEST = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
FUTURE = dt.timedelta(hours=23)

_MILLISECONDS_FROM = 100_000_000_000  # as seconds this is the year 5138, as milliseconds 1973


def parse_time(value: Any) -> dt.datetime | None:
    """An aware UTC time from ISO 8601 (no zone: UTC), RFC 2822, or (milli)seconds since 1970; else None."""
    try:
        if type(value) is str:
            return _from_text(value)
        if type(value) in (int, float):
            return _from_number(value)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _from_text(text: str) -> dt.datetime:
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError:
        stripped = text.strip()
        return _from_number(float(stripped)) if _is_number(stripped) else _from_mail(stripped)
    if time.tzinfo is dt.UTC:
        return time
    return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time.astimezone(dt.UTC)


def _is_number(text: str) -> bool:
    return text.isascii() and text.replace(".", "", 1).isdigit()


def _from_number(number: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(number / 1000 if abs(number) >= _MILLISECONDS_FROM else number, dt.UTC)


def _from_mail(text: str) -> dt.datetime:
    time = parsedate_to_datetime(text)
    return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time.astimezone(dt.UTC)


def skew_of(sent_at: dt.datetime | None, received_at: dt.datetime) -> dt.timedelta:
    """How far the sender's clock is ahead; zero when it does not say when it sent."""
    return dt.timedelta(0) if sent_at is None else sent_at - received_at


def occurred_at(timestamp: Any, skew: dt.timedelta, received_at: dt.datetime) -> dt.datetime:
    """`timestamp - skew`, which is PostHog's rule and Segment's `receivedAt - (sentAt - timestamp)`.

    No or unreadable time, before 1970, or more than 23 hours ahead: the time of receipt.
    """
    time = parse_time(timestamp)
    if time is None:
        return received_at
    try:
        time -= skew
    except OverflowError:
        return received_at
    return time if EARLIEST <= time <= received_at + FUTURE else received_at
