"""Texts: the reader's language for rooms that choose among texts of their own, and what no database keeps."""

import re
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_babel import get_locale

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def current_locale() -> str:
    """The language code of this request or mail."""
    locale = get_locale()
    return locale.language if locale else "en"


def normal_address(email: str) -> str:
    """The one way to write this e-mail address. Raises email_validator's EmailNotValidError."""
    if len(email) > 320:
        raise EmailNotValidError("The e-mail address is too long.")
    return validate_email(email.strip(), check_deliverability=False).normalized.lower()


def scrub(value: Any) -> Any:
    """The same value without NUL and lone surrogates in any text, keys too."""
    if type(value) is str:
        return _LONE_SURROGATE.sub("\ufffd", value.replace("\0", "\ufffd"))
    if type(value) is dict:
        return {scrub(key): scrub(child) for key, child in value.items()}
    if type(value) is list:
        return [scrub(child) for child in value]
    return value
