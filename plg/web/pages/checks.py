"""Checks of what people type into forms, with answers in their language. The verbs below check again."""

from __future__ import annotations

import re

from email_validator import EmailNotValidError
from flask import request
from flask_babel import gettext

from plg.access.passwords import MAX_PASSWORD, MIN_PASSWORD, weakness
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


def password(value: str, *context: str) -> str:
    """The fault of a new password: its length, or that everybody would try it; any letters, pasted or typed.
    context: the owner's address and name."""
    found = weakness(value, context)
    texts = {
        "too_short": lambda: gettext("Use at least %(num)s characters.", num=MIN_PASSWORD),
        "too_long": lambda: gettext("Use at most %(num)s characters.", num=MAX_PASSWORD),
        "known": lambda: gettext(
            "This is one of the passwords that are tried first everywhere. Choose another."
        ),
        "about_you": lambda: gettext("Use more than a name or an address, for these are tried first."),
    }
    return texts[found]() if found else ""


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
