"""The reader's language, for rooms that choose among texts of their own."""

from flask_babel import get_locale


def current_locale() -> str:
    """The language code of this request or mail."""
    locale = get_locale()
    return locale.language if locale else "en"
