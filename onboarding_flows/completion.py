"""How a step is done by what happens: a family of ways, told apart by the name that they begin with.

- `{event: "Invoice Sent", count: 3, within: 7d, where: {amount: {gte: 100}}}`: so many events with such properties,
  all of them within such a span. where: by name a value, a list of values, or operators of `plg.kit.rules`; a time
  such as `within_last` counts until the event.
- `{page: "/reports*"}`: a page is looked at whose path is so; `*` stands for any run of letters.
- `{flow: tour}`, `{flow: tour, step: invite}`: another flow is completed, or one step done, by who owns this one.
- `{quiz: basics}`: the quiz of that course is passed.
- `{all: [...]}`, `{any: [...]}`: all of these ways, or one of them.

Each comes down to needs: so many events of one name. A need is asked of all that ever happened and never of the order
in which it was heard, so live, late, twice, in parallel and read back from the log give one answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationInfo,
    model_validator,
)
from sqlalchemy import ColumnElement, SQLColumnExpression, and_, func, or_

from onboarding_flows import event_names
from onboarding_flows.needs import Happening, Need, in_order
from onboarding_flows.shapes import Key, Line, Shape
from plg.events import names
from plg.kit import rules
from plg.kit.clock import now
from plg.kit.db_expressions import json_at
from plg.kit.rules import RuleFaulty
from plg.kit.rules.times import span

KINDS: Final = ("event", "page", "flow", "quiz", "all", "any")
MAX_DEPTH: Final = 4
MAX_NEEDS: Final = 20
QUIZ_PASSED: Final = (
    "Quiz Passed"  # the academy's event: wings know of each other what the log tells, no more
)
RELATIVE: Final = frozenset({"within_last", "not_within_last", "within_next"})
"""Operators that ask about the time of the event itself."""
PUBLISHED: Final = "published"
"""The key of pydantic's context by which a stored definition is read; see `_condition`."""


def _condition(condition: Any, info: ValidationInfo) -> Any:
    """A condition on a property. One that was published before all rules were read by `plg.kit.rules`, which
    compares no lists, still stands in its version; it holds for nothing."""
    if info.context != PUBLISHED:
        try:
            rules.parse({"event": "x", "where": {"": condition}})
        except RuleFaulty as refusal:
            raise ValueError(
                "; ".join(_told(fault.field, fault.message) for fault in refusal.errors)
            ) from None
    return condition


def _told(field: str, message: str) -> str:
    name = field.removeprefix("where").strip(".")
    return f"{name}: {message}" if name else message


def _spans(text: str) -> str:
    span(text)
    return text


def _need(event: str, where: Mapping[str, Any], count: int = 1, within: str | None = None) -> Need:
    """Events whose properties are so: a rule, asked of one of them in Python and of the whole log in SQL."""
    time = span(within) if within is not None else None
    if not where:
        return Need(event, count, time)
    try:
        (leaf,) = rules.event_leaves(rules.parse({"event": event, "where": dict(where)}))
    except RuleFaulty:
        return Need(event, count, time, fits=lambda _: False)
    is_relative = any(not RELATIVE.isdisjoint(test.operators) for test in leaf.where.values())
    return Need(
        event,
        count,
        time,
        fits=lambda each: rules.fits(leaf, each.properties, each.occurred_at),
        in_log=None if is_relative else lambda told: and_(*rules.conditions(leaf, told, now())),
    )


class OnEvent(Shape):
    """So many events with such properties; within: of a span such as 7d."""

    event: Line
    count: int = Field(1, ge=1, le=1000)
    within: Annotated[str, AfterValidator(_spans)] | None = None
    where: dict[Line, Annotated[Any, AfterValidator(_condition)]] = {}

    @model_validator(mode="after")
    def _span_of_several(self) -> OnEvent:
        if self.within is not None and self.count < 2:
            raise ValueError("within means something only with a count of 2 or more")
        return self

    def needs(self) -> list[Need]:
        return [_need(self.event, self.where, self.count, self.within)]


class OnPage(Shape):
    """A page of the product is looked at, by its path."""

    page: Annotated[str, StringConstraints(pattern=r"^[/*]", max_length=500)]

    def needs(self) -> list[Need]:
        return [Need(names.PAGE_VIEWED, fits=self._fits, in_log=self._begins)]

    def _fits(self, event: Happening) -> bool:
        return path_fits(self.page, _path(event.properties))

    def _begins(self, told: SQLColumnExpression[Any]) -> ColumnElement[bool]:
        """The path begins as the pattern does, where it is told."""
        path, start = json_at(told, ["path"]).text, self.page.partition("*")[0]
        return or_(path.is_(None), path == "", func.substr(path, 1, len(start)) == start)


class OnFlow(Shape):
    """Another flow is completed, or a step of it (or of this one) is done."""

    flow: Key
    step: Key | None = None

    def needs(self) -> list[Need]:
        asked = {"flow": self.flow} | ({"step": self.step} if self.step is not None else {})
        name = event_names.COMPLETED if self.step is None else event_names.STEP_COMPLETED
        return [_need(name, asked)]


class OnQuiz(Shape):
    """The quiz of a course is passed."""

    quiz: Key

    def needs(self) -> list[Need]:
        return [_need(QUIZ_PASSED, {"course": self.quiz})]


class AllOf(Shape):
    """Every one of these ways."""

    all: list[CompletesOn] = Field(min_length=1, max_length=MAX_NEEDS)

    @model_validator(mode="after")
    def _small(self) -> AllOf:
        return _small(self)

    @property
    def inner(self) -> list[CompletesOn]:
        return self.all

    def needs(self) -> list[Need]:
        return [need for each in self.all for need in each.needs()]


class AnyOf(Shape):
    """One of these ways."""

    any: list[CompletesOn] = Field(min_length=1, max_length=MAX_NEEDS)

    @model_validator(mode="after")
    def _small(self) -> AnyOf:
        return _small(self)

    @property
    def inner(self) -> list[CompletesOn]:
        return self.any

    def needs(self) -> list[Need]:
        return [need for each in self.any for need in each.needs()]


def _kind(value: Any) -> str | None:
    known = value if isinstance(value, Mapping) else getattr(type(value), "model_fields", ())
    return next((f"<{kind}>" for kind in KINDS if kind in known), None)


CompletesOn = Annotated[
    Annotated[OnEvent, Tag("<event>")]
    | Annotated[OnPage, Tag("<page>")]
    | Annotated[OnFlow, Tag("<flow>")]
    | Annotated[OnQuiz, Tag("<quiz>")]
    | Annotated[AllOf, Tag("<all>")]
    | Annotated[AnyOf, Tag("<any>")],
    Discriminator(
        _kind,
        custom_error_type="no_way",
        custom_error_message=f"must be an object with one of {', '.join(KINDS)}",
    ),
]
for _model in (AllOf, AnyOf):
    _model.model_rebuild()


def _small(way: Any) -> Any:
    if _depth(way) > MAX_DEPTH:
        raise ValueError(f"is nested deeper than {MAX_DEPTH}")
    if len(way.needs()) > MAX_NEEDS:
        raise ValueError(f"asks for more than {MAX_NEEDS} things")
    return way


def _depth(way: CompletesOn) -> int:
    return 1 + max(map(_depth, way.inner)) if isinstance(way, AllOf | AnyOf) else 1


def leaves(way: CompletesOn, at: str = "") -> Iterator[tuple[str, CompletesOn]]:
    """The ways that stand for themselves, each with its path, in the order of their needs."""
    if not isinstance(way, AllOf | AnyOf):
        yield at, way
        return
    kind = "all" if isinstance(way, AllOf) else "any"
    for number, each in enumerate(way.inner):
        yield from leaves(each, f"{at}.{kind}.{number}".lstrip("."))


@dataclass(frozen=True)
class Way:
    """The way in which a step is done, ready to be asked again and again. A part is the number of a need."""

    told: CompletesOn
    needs: list[Need]

    @cached_property
    def at_once(self) -> bool:
        """Whether one event does the step, so that nothing need be kept until there are more."""
        return not self.has_parts and self.needs[0].count == 1

    @cached_property
    def has_parts(self) -> bool:
        return len(self.needs) > 1

    def gathered(self, *sources: Mapping[int, Iterable[Happening]]) -> list[list[Happening]]:
        """By part, what these sources know of it: each event once, in order, as far as it can matter."""
        found = []
        for part, need in enumerate(self.needs):
            events = [event for source in sources for event in source.get(part, ())]
            if len(events) > 1:
                events = need.relevant(in_order({event.id: event for event in events}.values()))
            found.append(events)
        return found

    def done_by(self, gathered: list[list[Happening]]) -> Happening | None:
        """The event with which the step was done: of all the last one, of any the first."""
        met = (need.met_by(events) for need, events in zip(self.needs, gathered, strict=True))
        return _done_by(self.told, met)


def way_of(told: CompletesOn) -> Way:
    return Way(told, told.needs())


def _done_by(way: CompletesOn, met: Iterator[Happening | None]) -> Happening | None:
    if not isinstance(way, AllOf | AnyOf):
        return next(met)
    inner = [_done_by(each, met) for each in way.inner]
    came = in_order(event for event in inner if event is not None)
    if isinstance(way, AllOf):
        return came[-1] if len(came) == len(inner) else None
    return came[0] if came else None


def path_fits(pattern: str, path: str) -> bool:
    """Whether the path is so; each `*` of the pattern stands for any run of letters, or for none."""
    start, *rest = pattern.split("*")
    if not rest:
        return path == start
    *between, end = rest
    if not path.startswith(start) or not path.endswith(end):
        return False
    at = len(start)
    for part in between:
        at = path.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return at <= len(path) - len(end)


def _path(properties: Mapping[str, Any]) -> str:
    """Of a `Page Viewed`: Segment's SDKs and plg.js tell `path`; others at least `url`."""
    path, url = properties.get("path"), properties.get("url")
    if isinstance(path, str) and path:
        return path
    try:
        return urlsplit(url).path if isinstance(url, str) else ""
    except ValueError:
        return ""
