"""Rate limits that the pages share, beside those by network address."""

from __future__ import annotations

from flask import Response
from flask_limiter.util import get_remote_address

from plg.kit.rate_limits import limiter
from plg.web.pages import checks


def address_typed() -> str:
    """The address of the form, as one key however it is written: `ANA@ａcme.example` is a way to write it, too."""
    typed = checks.typed("email")
    return checks.email(typed)[0] or typed.lower()[:320]


def address_and_network() -> str:
    return f"{get_remote_address()} {address_typed()}"


def _was_taken(response: Response) -> bool:
    """A form with faults sends no mail: whoever mends theirs is not kept waiting."""
    return response.status_code == 303


# However somebody makes us write to one address, it does not become a flood.
mail_limit = limiter.shared_limit(
    "6/hour", scope="mails to one address", key_func=address_typed, deduct_when=_was_taken
)
