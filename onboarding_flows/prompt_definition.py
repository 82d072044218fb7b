"""What is particular to flows that come up by themselves: when they are shown, and the steps of a tour."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StringConstraints, model_validator

from onboarding_flows.shapes import Shape
from onboarding_flows.step_definition import MAX_DAYS, Step
from plg.kit.rules import times

Kind = Literal["checklist", "tour", "banner", "announcement"]
PROMPTS: Final = ("tour", "announcement", "banner")
"""The kinds that come up by themselves, those that ask for most attention first."""

PLACES: Final = {"banner": ("top", "bottom"), "announcement": ("modal", "corner")}
"""Where each kind may stand; the first unless the flow says otherwise."""

MAX_ANCHORS: Final = 5
MAX_TIMES: Final = 1000
OF_A_TOUR: Final = frozenset({"key", "title", "body", "action", "anchor", "placement", "page", "advance"})
"""What a step of a tour may say."""

_CLOSING: Final = {"(": ")", "[": "]"}
_SELECTOR = re.compile(r"[A-Za-z0-9_*#.\[:][^{}@;\\\x00-\x1f\x7f]*")


def _moment(value: Any) -> dt.datetime:
    if isinstance(value, str | dt.date):
        return times.moment(value)
    raise ValueError("must be a time such as 2026-12-01T00:00:00Z")


def _span(text: str) -> str:
    if times.span(text) > dt.timedelta(days=MAX_DAYS):
        raise ValueError(f"must not be longer than {MAX_DAYS} days")
    return text


def _selector(text: str) -> str:
    """Refuse what no browser could take as a selector; what it finds there, only the page knows."""
    if not _SELECTOR.fullmatch(text) or text.rstrip()[-1] in ">+~,(":
        raise ValueError(f"{text!r} is no CSS selector, such as [data-plg='new'] or #new-report")
    if left := _left_open(text):
        raise ValueError(f"{text!r} is no CSS selector: {left} is missing")
    return text


def _left_open(text: str) -> str | None:
    """The bracket or quotation mark that is missing, if one is."""
    waiting: list[str] = []
    for letter in text:
        if waiting and letter == waiting[-1]:
            waiting.pop()
        elif waiting and waiting[-1] in "'\"":
            continue
        elif letter in "'\"":
            waiting.append(letter)
        elif letter in _CLOSING:
            waiting.append(_CLOSING[letter])
        elif letter in ")]":
            return "(" if letter == ")" else "["
    return waiting[-1] if waiting else None


Moment = Annotated[dt.datetime, BeforeValidator(_moment)]
Span = Annotated[str, StringConstraints(max_length=10), AfterValidator(_span)]
Selector = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_selector)
]
PagePath = Annotated[str, StringConstraints(pattern=r"^/[^\s?#]*$", max_length=200)]


class Show(Shape):
    """When a flow is shown. priority: the higher goes first. from, until: not before and not from then on. wait: so
    long after somebody has begun it. snooze: how long "later" lasts. dismissible: people may put it away.

    Of what comes up by itself only: times: so often for each person at most; every: so long between two times at
    least; essential: whatever their attention was asked for already."""

    priority: int = Field(50, ge=0, le=100)
    from_: Moment | None = Field(None, alias="from")
    until: Moment | None = None
    wait: Span | None = None
    times: int = Field(1, ge=1, le=MAX_TIMES)
    every: Span | None = None
    snooze: Span = "1d"
    dismissible: StrictBool = True
    essential: StrictBool = False

    @model_validator(mode="after")
    def _in_order(self) -> Show:
        if self.from_ is not None and self.until is not None and self.until <= self.from_:
            raise ValueError("until must be after from")
        return self


class TourStep(Step):
    """A place of a page that is pointed at; whoever goes on has done it.

    anchor: CSS selectors, tried in their order; without any, the step stands in the middle. page: the path on which
    it is shown, `*` for any run of letters. advance: a button in the step goes on, or a click on the anchor."""

    manual: StrictBool = True
    anchor: list[Selector] = Field([], max_length=MAX_ANCHORS)
    placement: Literal["top", "bottom", "start", "end"] | None = None
    page: PagePath | None = None
    advance: Literal["button", "click"] = "button"

    @model_validator(mode="after")
    def _nothing_else(self) -> TourStep:
        if more := sorted(self.model_fields_set - OF_A_TOUR):
            raise ValueError(f"a step of a tour has no {', '.join(more)}: it is done by going on")
        if self.advance == "click" and not self.anchor:
            raise ValueError("advance: click needs an anchor to be clicked on")
        return self


def faults_of_kind(definition: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(path, what is wrong) where a definition says what its kind of flow does not have."""
    kind = definition.get("kind", "checklist")
    if kind == "checklist":
        for name in ("action", "placement"):
            if definition.get(name) is not None:
                yield name, f"only a banner or an announcement has {name}"
        return
    if kind not in PROMPTS:
        return
    if definition.get("scope", "person") != "person":
        yield "scope", f"{_named(kind)} is each person's own: scope must be person"
    if definition.get("sections"):
        yield "sections", f"{_named(kind)} has no sections"
    if kind == "tour":
        yield from (
            (n, "a tour has its actions in its steps") for n in ("action", "placement") if n in definition
        )
        return
    if definition.get("steps"):
        yield "steps", f"{_named(kind)} has no steps"
    if not definition.get("description"):
        yield "description", f"{_named(kind)} needs a description: it is its text"
    if (place := definition.get("placement")) is not None and place not in PLACES[kind]:
        yield "placement", f"must be one of {', '.join(PLACES[kind])}"


def _named(kind: str) -> str:
    return f"an {kind}" if kind == "announcement" else f"a {kind}"
