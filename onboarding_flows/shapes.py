"""What definitions are made of: kinds of text, and what all of their parts share."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from plg.accounts.models import ROLES
from plg.kit import rules
from plg.kit.clock import now
from plg.kit.rules import RuleFaulty
from plg.segments import segments

MAX_KEY: Final = 64
MAX_STEPS: Final = 50
LANGUAGES: Final = ("es", "en")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def printable(text: str) -> str:
    """Refuse what no page shows and PostgreSQL cannot keep."""
    if found := _UNPRINTABLE.search(text):
        raise ValueError(f"holds the character U+{ord(found.group()):04X}, which cannot be shown")
    return text


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"", "http", "https", "mailto"} or (not parts.scheme and parts.netloc):
        raise ValueError("must be a path such as /invoices/new, or begin with https://")
    return url


def _role(role: str) -> str:
    if role not in ROLES:
        raise ValueError(f"must be one of {', '.join(ROLES)}")
    return role


def _rule(definition: dict[str, Any]) -> dict[str, Any]:
    try:
        return rules.dump(segments.parse(definition, now()))
    except RuleFaulty as refusal:
        raise ValueError("; ".join(f"{fault.field}: {fault.message}" for fault in refusal.errors)) from None


Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=MAX_KEY)]
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(printable)
]
Prose = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), AfterValidator(printable)
]
Url = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000),
    AfterValidator(printable),
    AfterValidator(_address),
]
RoleName = Annotated[str, AfterValidator(_role)]
RuleIn = Annotated[dict[str, Any], AfterValidator(_rule)]
"""A rule about a member of an account, in the language of `plg.kit.rules`, with the fields of `plg.segments`."""


class Shape(BaseModel):
    """What all parts share: never changed once read, and unknown names are faults."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class LineIn(Shape):
    """One line of text in both languages."""

    es: Line
    en: Line

    def text(self, language: str) -> str:
        return self.es if language == "es" else self.en


class ProseIn(Shape):
    """A longer text in both languages."""

    es: Prose
    en: Prose

    def text(self, language: str) -> str:
        return self.es if language == "es" else self.en
