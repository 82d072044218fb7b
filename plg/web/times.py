"""Days and times as pages write them: in the reader's language, by the calendar of the workspace that they look
at. Where no workspace is in play (staff, visitors) it is UTC, and a time says so. All are <time> elements."""

from __future__ import annotations

import datetime as dt

from flask import has_request_context
from flask_babel import format_date, format_time
from markupsafe import Markup

from plg.accounts import accounts
from plg.kit.caller import current_caller
from plg.kit.clock import zone


def calendar_of_reader() -> dt.tzinfo:
    """The zone of the workspace that the caller is in; UTC where there is none."""
    account_id = current_caller().account_id if has_request_context() else None
    return dt.UTC if account_id is None else zone(accounts.get(account_id).timezone)


def day(value: dt.date, length: str = "medium") -> Markup:
    """`Nov 22, 2026` or `22 nov 2026`; length "long": `November 22, 2026`. A plain date stays that date."""
    return _time(value, _day(value, length))


def clock(value: dt.datetime) -> Markup:
    """The time of day: `3:04 PM` or `15:04`."""
    return _time(value, _clock(value, "short"))


def moment(value: dt.datetime, seconds: bool = False) -> Markup:
    """Day and time of day: `Nov 22, 2026, 3:04 PM`."""
    return _time(value, f"{_day(value, 'medium')}, {_clock(value, 'medium' if seconds else 'short')}")


def _day(value: dt.date, length: str) -> str:
    local = value.astimezone(calendar_of_reader()) if isinstance(value, dt.datetime) else value
    return format_date(local, length, rebase=False)


def _clock(value: dt.datetime, length: str) -> str:
    local = value.astimezone(calendar_of_reader())
    text: str = format_time(local, length, rebase=False)
    return f"{text} UTC" if local.tzname() == "UTC" else text


def _time(value: dt.date, text: str) -> Markup:
    exact = value.astimezone(dt.UTC).replace(microsecond=0) if isinstance(value, dt.datetime) else value
    return Markup('<time datetime="{}">{}</time>').format(exact.isoformat(), text)
