"""Rate limits that the pages share, beside those by network address."""

from __future__ import annotations

from flask import request
from flask_limiter.util import get_remote_address

from plg.kit.rate_limits import limiter


def address_typed() -> str:
    """The address of the form, as one key however it is written."""
    return request.form.get("email", "").strip().lower()[:320]


def address_and_network() -> str:
    return f"{get_remote_address()} {address_typed()}"


# However somebody makes us write to one address, it does not become a flood.
mail_limit = limiter.shared_limit("6/hour", scope="mails to one address", key_func=address_typed)
