"""The commonest faults of a draft in the reader's language; what is rarer is told as it was found."""

from __future__ import annotations

import re
from typing import Any, Final

from flask_babel import lazy_gettext

_WORDS: Final[tuple[tuple[str, Any], ...]] = (
    (r"Field required|is missing", lazy_gettext("is missing")),
    (r"Extra inputs are not permitted", lazy_gettext("is no name that is known here")),
    (r"Input should be a valid (?:integer|number|decimal).*", lazy_gettext("needs a number")),
    (r"Input should be a valid string", lazy_gettext("needs a text")),
    (r"Input should be a valid boolean", lazy_gettext("needs true or false")),
    (
        r"Input should be (?:a valid (?:dictionary|list|tuple)|an object).*",
        lazy_gettext("has not the right form"),
    ),
    (r"Input should be less than or equal to (?P<limit>\S+)", lazy_gettext("is at most {limit}")),
    (r"Input should be greater than or equal to (?P<limit>\S+)", lazy_gettext("is at least {limit}")),
    (r"(?:String|Tuple|List) should have at least (?P<limit>\d+) .*", lazy_gettext("has at least {limit}")),
    (r"(?:String|Tuple|List) should have at most (?P<limit>\d+) .*", lazy_gettext("has at most {limit}")),
    (r"String should match pattern .*", lazy_gettext("has small letters, digits and single hyphens")),
    (
        r"starts with one '# Title' and has no other heading of level 1",
        lazy_gettext("starts with one “# Title” and has no other heading of level 1"),
    ),
    (
        r"a single choice needs exactly one correct option, not (?P<limit>\d+)",
        lazy_gettext("needs exactly one right option, and has {limit}"),
    ),
    (
        r"needs small letters, digits and single hyphens",
        lazy_gettext("has small letters, digits and single hyphens"),
    ),
    (
        r"A module has at least one lesson\.",
        lazy_gettext("A module has at least one lesson; remove the module."),
    ),
    (r"Another module begins at this lesson\.", lazy_gettext("Another module begins at this lesson.")),
    (r"is no XML: (?P<limit>.*)", lazy_gettext("is no XML: {limit}")),
    (r"has no imsmanifest\.xml", lazy_gettext("has no imsmanifest.xml")),
    (r"declares a document type or entities", lazy_gettext("declares a document type or entities")),
    (r"is no text", lazy_gettext("is no text")),
    (
        r"has (?P<limit>\d+) questions, and the Spanish file has (?P<other>\d+)",
        lazy_gettext("has {limit} questions, and the Spanish file has {other}"),
    ),
    (r"another lesson has this key", lazy_gettext("Another lesson has this key.")),
    (r"another question has this key", lazy_gettext("Another question has this key.")),
)


def said(message: str) -> str:
    """The fault in the reader's language, where it is one of these."""
    for pattern, words in _WORDS:
        if match := re.fullmatch(pattern, message):
            return str(words).format(**match.groupdict())
    return message
