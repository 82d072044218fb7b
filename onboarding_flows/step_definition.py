"""A step of a flow as people write it, its parts, and the kinds of text that it is made of."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    model_validator,
)

from onboarding_flows.conditions import faults as condition_faults
from plg.accounts.models import ROLES
from plg.kit import rules
from plg.kit.clock import now
from plg.kit.rules import RuleFaulty
from plg.segments import segments

MAX_KEY: Final = 64
MAX_STEPS: Final = 50
MAX_DAYS: Final = 365
LANGUAGES: Final = ("es", "en")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def _printable(text: str) -> str:
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


def _condition(condition: Any) -> Any:
    if found := condition_faults(condition):
        raise ValueError("; ".join(found))
    return condition


Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=MAX_KEY)]
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_printable)
]
Prose = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), AfterValidator(_printable)
]
Url = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000),
    AfterValidator(_printable),
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


class Action(Shape):
    """Where a step leads: a page of the product, or another address."""

    label: LineIn
    url: Url


class CompletesOn(Shape):
    """The event that does a step, so often, with such properties."""

    event: Line
    count: int = Field(1, ge=1, le=1000)
    where: dict[Line, Annotated[Any, AfterValidator(_condition)]] = {}


class Step(Shape):
    """One thing to do; body is Markdown. An event completes it (completes_on), or a rule that holds for its owner
    (completes_when), or the person marks it as done (manual).

    requires: steps that come first. role: who should do it; whoever does it completes it. due: days after the
    beginning of the flow. skippable: people may leave it out."""

    key: Key
    title: LineIn
    body: ProseIn | None = None
    action: Action | None = None
    completes_on: CompletesOn | None = None
    completes_when: RuleIn | None = None
    manual: StrictBool = False
    requires: list[Key] = Field([], max_length=MAX_STEPS)
    role: RoleName | None = None
    due: int | None = Field(None, ge=1, le=MAX_DAYS)
    skippable: StrictBool = False

    @model_validator(mode="after")
    def _one_way(self) -> Step:
        if (self.completes_on is not None) + (self.completes_when is not None) + self.manual != 1:
            raise ValueError("needs either completes_on, or completes_when, or manual: true")
        return self
