"""What may be asked of a retention."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from plg.growth.reports.definition import (
    BY_SEGMENTS,
    EXAMPLE_RANGE,
    Calendared,
    Chosen,
    EventName,
    Moment,
    Segments,
)

MOST_COHORTS = 400


class Retention(Calendared):
    model_config = {
        "json_schema_extra": {
            "example": {
                **EXAMPLE_RANGE,
                "interval": "week",
                "start_event": {"events": ["Signed Up"]},
                "return_event": {"events": ["Invoice Sent"]},
            }
        }
    }

    start_event: Chosen
    return_event: Chosen
    first: bool = Field(True, description="Only who did the start event for the first time")
    periods: Annotated[int, Field(ge=1, le=100)] = Field(
        8, validate_default=True, description="How many after period 0"
    )
    kind: Literal["n_day", "unbounded", "bracket"] = "n_day"
    brackets: Annotated[tuple[Annotated[int, Field(ge=1, le=400)], ...], Field(max_length=30)] = Field(
        (), validate_default=True
    )
    clock: Literal["calendar", "rolling"] = "calendar"
    amount: EventName | None = Field(None, description="A number property of the return event that is summed")
    as_of: Moment | None = None
    by_segments: Segments = Field((), description=BY_SEGMENTS)
    own_calendar: bool = Field(False, description="Each by the zone of their own account, if they have one")

    @field_validator("brackets")
    @classmethod
    def _where_used(cls, brackets: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        if bool(brackets) != (info.data.get("kind") == "bracket"):
            raise ValueError("brackets belong to the kind 'bracket', which needs some")
        if sum(brackets) > MOST_COHORTS:
            raise ValueError(f"at most {MOST_COHORTS} periods")
        return brackets

    @field_validator("periods")
    @classmethod
    def _few_cohorts(cls, count: int, info: ValidationInfo) -> int:
        if "start" in info.data and "end" in info.data:
            days = (info.data["end"] - info.data["start"]).days
            if days / {"day": 1, "week": 7, "month": 28}[info.data.get("interval", "day")] > MOST_COHORTS:
                raise ValueError(f"at most {MOST_COHORTS} cohorts")
        return count

    @field_validator("own_calendar")
    @classmethod
    def _fits_one_table(cls, own: bool, info: ValidationInfo) -> bool:
        if own and (info.data.get("clock") == "rolling" or info.data.get("by_segments")):
            raise ValueError("own calendars go neither with a rolling clock nor with segments side by side")
        return own

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many periods each column of the table is long."""
        return self.brackets or (1,) * (self.periods + 1)
