"""What definitions of offers are made of: kinds of text, times, spans and rules."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints

from plg.kit import rules
from plg.kit.clock import now
from plg.kit.rules import RuleFaulty
from plg.kit.rules.checks import duration
from plg.kit.rules.times import moment
from plg.segments import segments

LANGUAGES: Final = ("es", "en")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def _printable(text: str) -> str:
    """Refuse what no page shows and PostgreSQL cannot keep."""
    if found := _UNPRINTABLE.search(text):
        raise ValueError(f"holds the character U+{ord(found.group()):04X}, which cannot be shown")
    return text


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"", "http", "https"} or (not parts.scheme and parts.netloc):
        raise ValueError("must be a path such as /help/import, or begin with https://")
    return url


def _time(value: Any) -> str:
    try:
        return moment(value).isoformat()
    except (ValueError, OverflowError):
        raise ValueError("must be a time such as 2026-12-24T00:00:00Z") from None


def _rule(definition: Any) -> dict[str, Any]:
    try:
        return rules.dump(segments.parse(definition, now()))
    except RuleFaulty as refusal:
        raise ValueError("; ".join(f"{fault.field}: {fault.message}" for fault in refusal.errors)) from None


def _text(most: int) -> Any:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=most)


Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=50)]
FeatureKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,49}$")]
Line = Annotated[str, _text(200), AfterValidator(_printable)]
Prose = Annotated[str, _text(4000), AfterValidator(_printable)]
Url = Annotated[str, _text(2000), AfterValidator(_printable), AfterValidator(_address)]
Time = Annotated[str, BeforeValidator(_time)]
"""A moment, as ISO 8601 in UTC."""
Span = Annotated[str, AfterValidator(duration)]
"""Such as `36h` or `7d`."""
RuleIn = Annotated[dict[str, Any], BeforeValidator(_rule)]
"""A rule about a member of an account, in the language of `plg.kit.rules`, with the fields of `plg.segments`."""


class Shape(BaseModel):
    """What all parts share: never changed once read, and unknown names are faults."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LineIn(Shape):
    """One line of text in both languages."""

    es: Line
    en: Line

    def text(self, language: str) -> str:
        return self.es if language == "es" else self.en


class ProseIn(Shape):
    """A longer text, in Markdown, in both languages."""

    es: Prose
    en: Prose

    def text(self, language: str) -> str:
        return self.es if language == "es" else self.en
