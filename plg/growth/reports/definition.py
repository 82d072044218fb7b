"""What the definitions of reports share: names, filters, the actor counted, the range of time."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from plg.growth.columns import Actor

EventName = Annotated[str, Field(min_length=1, max_length=200)]
EventNames = Annotated[tuple[EventName, ...], Field(min_length=1, max_length=20)]
Value = Annotated[str, Field(max_length=200)] | bool | int | float
Where = Annotated[dict[EventName, Value], Field(max_length=10)]


def _in_calendar(moment: dt.datetime) -> dt.datetime:
    if not 1970 <= moment.year < 2100:
        raise ValueError("must lie between 1970 and 2100")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_in_calendar)]


class Definition(BaseModel):
    """Base of all definitions. `from` is included, `to` is not; both carry their UTC offset."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    actor: Actor = Field("person", description="Whose events are joined and counted")
    start: Moment = Field(alias="from")
    end: Moment = Field(alias="to")

    @field_validator("end")
    @classmethod
    def _after_start(cls, end: Any, info: ValidationInfo) -> Any:
        if "start" in info.data and end <= info.data["start"]:
            raise ValueError("'to' must lie after 'from'")
        return end
