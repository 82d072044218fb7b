"""Checks of what people type into forms, with answers in their language. The verbs below check again."""

from __future__ import annotations

import re

from email_validator import EmailNotValidError
from flask import request
from flask_babel import gettext

from plg.access.credentials import MAX_PASSWORD, MIN_PASSWORD
from plg.kit.clock import is_zone
from plg.kit.texts import normal_address

MAX_TEXT = 100
_LINK = re.compile(r"://|www\.|https?:|[\r\n\t]", re.IGNORECASE)


def typed(name: str) -> str:
    """A field as it was typed, without the space around it (never use it for passwords)."""
    return request.form.get(name, "").strip()


def email(value: str) -> tuple[str, str]:
    """(address in its normal form, fault). One of the two is empty."""
    if not value:
        return "", gettext("Enter your e-mail address.")
    try:
        return normal_address(value), ""
    except EmailNotValidError:
        return "", gettext("Enter an address such as ana@example.com.")


def password(value: str) -> str:
    """The fault of a new password: length only, any letters, pasted or typed."""
    if len(value) < MIN_PASSWORD:
        return gettext("Use at least %(num)s characters.", num=MIN_PASSWORD)
    if len(value) > MAX_PASSWORD:
        return gettext("Use at most %(num)s characters.", num=MAX_PASSWORD)
    return ""


def text(value: str, missing: str) -> str:
    """The fault of a name. Names go into mails to addresses that nobody has confirmed yet, so they carry no
    links: our mails shall not be anybody's spam."""
    if not value:
        return missing
    if len(value) > MAX_TEXT:
        return gettext("Use at most %(num)s characters.", num=MAX_TEXT)
    if _LINK.search(value):
        return gettext("Leave out links and line breaks.")
    return ""


def timezone(value: str) -> str:
    """The IANA zone that the browser told; UTC where it told none that is known."""
    return value if is_zone(value) else "UTC"


def faults(**found: str) -> dict[str, str]:
    """Those that are faults, by field, in the order of the form."""
    return {name: fault for name, fault in found.items() if fault}
