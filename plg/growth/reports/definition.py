"""What the definitions of reports share: names, filters, the actor counted, the range of time, the periods."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from plg.growth.columns import Actor, Events, PropertyNotKept
from plg.growth.columns.batch import LONGEST_VALUE, Scalar
from plg.kit.clock import known_zone
from plg.kit.errors import Fault
from plg.kit.rules import checks
from plg.kit.rules.language import Test

EventName = Annotated[str, Field(min_length=1, max_length=200)]
EventNames = Annotated[tuple[EventName, ...], Field(min_length=1, max_length=20)]


def _value(value: Any) -> Scalar | None:
    told: Scalar | None = checks.scalar(value)
    if isinstance(told, str) and len(told) > LONGEST_VALUE:
        raise ValueError(f"must have at most {LONGEST_VALUE} characters")
    return told


def _operators(test: Test) -> Test:
    if not test.operators:
        raise ValueError("holds no operator")
    return test


def _kind(told: Any) -> str:
    if isinstance(told, Mapping | Test):
        return "<operators>"
    return "<values>" if isinstance(told, list | tuple) else "<value>"


Value = Annotated[
    Any,
    AfterValidator(_value),
    WithJsonSchema({"anyOf": [{"type": each} for each in ("string", "number", "boolean", "null")]}),
]
Values = Annotated[tuple[Value, ...], Field(min_length=1, max_length=50)]
Operators = Annotated[Test, AfterValidator(_operators), PlainSerializer(lambda test: test.operators)]
Condition = Annotated[
    Annotated[Value, Tag("<value>")]
    | Annotated[Values, Tag("<values>")]
    | Annotated[Operators, Tag("<operators>")],
    Discriminator(_kind),
]
Where = Annotated[dict[EventName, Condition], Field(max_length=10)]
Timezone = Annotated[str, Field(max_length=64), AfterValidator(known_zone)]
MOST_DAYS = 3660
EXAMPLE_RANGE: Final = {"from": "2026-05-01T00:00:00Z", "to": "2026-06-01T00:00:00Z"}

Interval = Literal["day", "week", "month"]


def _in_calendar(moment: dt.datetime) -> dt.datetime:
    if not 1970 <= moment.year < 2100:
        raise ValueError("must lie between 1970 and 2100")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_in_calendar)]


class Frozen(BaseModel):
    """A part of a definition: nothing unknown in it, and it does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Range(Frozen):
    """`from` is included, `to` is not; both carry their UTC offset."""

    start: Moment = Field(alias="from")
    end: Moment = Field(alias="to")

    @field_validator("end")
    @classmethod
    def _after_start(cls, end: Any, info: ValidationInfo) -> Any:
        if "start" in info.data and end <= info.data["start"]:
            raise ValueError("'to' must lie after 'from'")
        return end


SegmentName = Annotated[str, Field(min_length=1, max_length=100)]
Segments = Annotated[tuple[SegmentName, ...], Field(max_length=10)]
BY_SEGMENTS: Final = "Each of these segments, too, side by side: names of published ones, or ids of cohorts"


class Definition(Range):
    """Base of all definitions."""

    version: Literal[1] = Field(1, description="Of the definition's form")
    actor: Actor = Field("person", description="Whose events are joined and counted")
    segment: SegmentName | None = Field(
        None,
        description="Only who is in this published segment, or cohort, now (accounts: who has a member in it)",
    )


class Calendared(Definition):
    """A definition that counts by days, weeks (from Monday) or months of a time zone."""

    interval: Interval = "day"
    timezone: Timezone = "UTC"

    @field_validator("end")
    @classmethod
    def _few_days(cls, end: Any, info: ValidationInfo) -> Any:
        if "start" in info.data and end - info.data["start"] > dt.timedelta(days=MOST_DAYS):
            raise ValueError(f"at most {MOST_DAYS} days")
        return end


class Chosen(Frozen):
    """Some events: of one of these names, with all these properties. where: a property's value (null: it has none),
    several of which it has one, or operators as those of rules: {"total": {"gte": 100}}."""

    events: EventNames
    where: Where = Field(default_factory=dict)


def where_fields(field: str, chosen: Chosen) -> list[tuple[str, str]]:
    """(field, property) of each filter of the events that `field` of a definition chooses."""
    return [(f"{field}.where.{name}", name) for name in chosen.where]


def refuse_unkept(asked: Iterable[tuple[str, str]], events: Events) -> None:
    """Raises `PropertyNotKept` naming each (field, property) that the columns do not keep."""
    faults = [
        Fault(field, "this property is not kept for reports")
        for field, name in asked
        if name not in events.properties
    ]
    if faults:
        kept = ", ".join(events.properties) or "none"
        raise PropertyNotKept(f"Reports can use: {kept}", errors=faults)
