"""A flow as people write it (`flows/*.yaml`) and as versions keep it; shapes of the API."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal
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

MAX_KEY: Final = 64
MAX_STEPS: Final = 50
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
    """One thing to do; body is Markdown. Either an event completes it, or the person marks it as done (manual)."""

    key: Key
    title: LineIn
    body: ProseIn | None = None
    action: Action | None = None
    completes_on: CompletesOn | None = None
    manual: StrictBool = False

    @model_validator(mode="after")
    def _one_way(self) -> Step:
        if (self.completes_on is None) != self.manual:
            raise ValueError("needs either completes_on or manual: true")
        return self


class Audience(Shape):
    """Who gets a flow; an empty list means everybody. plans: keys of the account's plan."""

    roles: list[Annotated[str, AfterValidator(_role)]] = []
    plans: list[Line] = []


class Flow(Shape):
    """A checklist. scope: whose progress it is; an account's is shared by its people."""

    key: Key
    title: LineIn
    description: ProseIn | None = None
    scope: Literal["person", "account"] = "person"
    audience: Audience = Audience()
    steps: list[Step] = Field(min_length=1, max_length=MAX_STEPS)


class FlowPath(BaseModel):
    flow: str = Field(max_length=MAX_KEY)


class StepPath(FlowPath):
    step: str = Field(max_length=MAX_KEY)


class StateQuery(BaseModel):
    person: str | None = Field(
        None, max_length=320, description="Any id of the person", json_schema_extra={"example": "user-42"}
    )
    account: str | None = Field(
        None, max_length=200, description="Any id of the account", json_schema_extra={"example": "company-7"}
    )
    locale: Literal["es", "en"] = "en"


class ActionOut(BaseModel):
    label: str
    url: str


class StepOut(BaseModel):
    key: str
    title: str
    body_html: str = Field(description="Safe HTML")
    done: bool
    done_at: str | None = Field(description="When it happened, ISO 8601")
    done_by: str | None = Field(description="Name of who did it, where an account shares the flow")
    action: ActionOut | None
    manual: bool


class ProgressOut(BaseModel):
    done: int
    total: int


class ChecklistOut(BaseModel):
    flow: str
    version: int
    scope: Literal["person", "account"]
    title: str
    description: str
    progress: ProgressOut
    completed: bool
    dismissed: bool
    steps: list[StepOut]


class StateOut(BaseModel):
    person: str | None = Field(description="Public id")
    account: str | None = Field(description="Public id")
    checklists: list[ChecklistOut]


class StatusOut(BaseModel):
    status: Literal["done", "dismissed"]
