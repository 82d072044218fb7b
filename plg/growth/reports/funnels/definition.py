"""What may be asked of a funnel."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from plg.growth.reports.definition import (
    BY_SEGMENTS,
    Chosen,
    Definition,
    EventName,
    Frozen,
    Interval,
    Range,
    Segments,
    Timezone,
)

LONGEST_WINDOW = 366 * 86_400
MOST_PERIODS = 400

Window = Annotated[int, Field(ge=1, le=LONGEST_WINDOW)]


class Step(Chosen):
    """name: what the report calls the step. optional: a chain may go on without it. window_seconds: at most so long
    after the chain's step before."""

    name: str = Field("", max_length=200)
    optional: bool = False
    window_seconds: Window | None = None

    @property
    def title(self) -> str:
        return self.name or " / ".join(self.events)


class Exclusion(Chosen):
    """Breaks a chain that stands between two steps. Steps count from 1; of all steps where nothing is said."""

    after_step: Annotated[int, Field(ge=1, le=19)] = 1
    before_step: Annotated[int, Field(ge=2, le=20)] | None = None

    @field_validator("before_step")
    @classmethod
    def _in_order(cls, before: int | None, info: ValidationInfo) -> int | None:
        if before is not None and before <= info.data.get("after_step", 0):
            raise ValueError("'before_step' must lie after 'after_step'")
        return before


class Breakdown(Frozen):
    """By the value of an event property. attribution: of the first event of the chain that has one, of the last, or
    of the event at `step` (from 1; who did not get there is left out)."""

    property: EventName
    attribution: Literal["first", "last", "step"] = "first"
    step: Annotated[int, Field(ge=1, le=20)] = 1
    most: Annotated[int, Field(ge=1, le=100)] = Field(
        25, description="Values shown; the rest are one row, `other`"
    )


class Periods(Frozen):
    """The funnel of those who start in each day, week or month of the time zone."""

    interval: Interval = "week"
    timezone: Timezone = "UTC"


class Funnel(Definition):
    """Steps in order; the window counts in seconds from the first."""

    model_config = {
        "json_schema_extra": {
            "example": {
                "from": "2026-01-01T00:00:00Z",
                "to": "2027-01-01T00:00:00Z",
                "steps": [{"events": ["Signed Up"]}, {"events": ["Subscription Started"]}],
            }
        }
    }

    steps: Annotated[tuple[Step, ...], Field(min_length=2, max_length=20)]
    window_seconds: Window = 14 * 86_400
    order: Literal["ordered", "strict", "any"] = "ordered"
    counting: Literal["actors", "completions"] = "actors"
    exclusions: Annotated[tuple[Exclusion, ...], Field(max_length=10)] = ()
    hold: Annotated[tuple[EventName, ...], Field(max_length=3)] = Field(
        (), description="Properties that have the same value in every event of a chain"
    )
    breakdown: Breakdown | None = None
    by_segments: Segments = Field((), description=BY_SEGMENTS)
    trend: Periods | None = None
    compare_to: Range | None = Field(None, description="Another range, to compare this one with")

    @field_validator("steps")
    @classmethod
    def _ends_required(cls, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        if steps[0].optional or steps[-1].optional:
            raise ValueError("the first and the last step cannot be optional")
        return steps

    @field_validator("order")
    @classmethod
    def _any_order(cls, order: str, info: ValidationInfo) -> str:
        steps = info.data.get("steps", ())
        if order == "any" and any(step.optional or step.window_seconds for step in steps):
            raise ValueError("in any order, no step can be optional or have a window of its own")
        if order == "any" and len({name for step in steps for name in step.events}) < sum(
            len(set(step.events)) for step in steps
        ):
            raise ValueError("in any order, no two steps can share an event")
        return order

    @field_validator("counting")
    @classmethod
    def _completions(cls, counting: str, info: ValidationInfo) -> str:
        plain = not any(step.optional or step.window_seconds for step in info.data.get("steps", ()))
        if counting == "completions" and not (plain and info.data.get("order") == "ordered"):
            raise ValueError(
                "completions are counted of ordered funnels without optional steps or step windows"
            )
        return counting

    @field_validator("exclusions")
    @classmethod
    def _exclusions(cls, exclusions: tuple[Exclusion, ...], info: ValidationInfo) -> tuple[Exclusion, ...]:
        if exclusions and (info.data.get("order") == "any" or info.data.get("counting") == "completions"):
            raise ValueError("exclusions need an order, and actors to count")
        if any((each.before_step or 2) > len(info.data.get("steps", ())) for each in exclusions):
            raise ValueError("an exclusion names a step that there is not")
        return exclusions

    @field_validator("breakdown")
    @classmethod
    def _known_step(cls, breakdown: Breakdown | None, info: ValidationInfo) -> Breakdown | None:
        if breakdown and breakdown.step > len(info.data.get("steps", ())) > 0:
            raise ValueError("there is no such step")
        return breakdown

    @field_validator("trend")
    @classmethod
    def _few_periods(cls, trend: Periods | None, info: ValidationInfo) -> Periods | None:
        days = {"day": 1, "week": 7, "month": 28}
        if trend and "end" in info.data and "start" in info.data:
            span: Any = info.data["end"] - info.data["start"]
            if span.days / days[trend.interval] > MOST_PERIODS:
                raise ValueError(f"at most {MOST_PERIODS} periods")
        return trend

    @property
    def names(self) -> list[str]:
        """Every event of a step or an exclusion."""
        return sorted({name for each in (*self.steps, *self.exclusions) for name in each.events})

    @property
    def is_plain(self) -> bool:
        """Whether binary search answers it: ordered, each step needed, one window for all."""
        steps = any(step.optional or step.window_seconds for step in self.steps)
        return self.order == "ordered" and not self.exclusions and not steps

    def used_properties(self) -> list[tuple[str, str]]:
        """(field, property) of all that it asks for."""
        used = [(f"steps.{i}.where.{p}", p) for i, step in enumerate(self.steps) for p in step.where]
        used += [
            (f"exclusions.{i}.where.{p}", p) for i, each in enumerate(self.exclusions) for p in each.where
        ]
        used += [(f"hold.{i}", name) for i, name in enumerate(self.hold)]
        return used + ([("breakdown.property", self.breakdown.property)] if self.breakdown else [])
