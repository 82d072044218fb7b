"""Shapes of saved reports, and of the people behind a number."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from plg.growth.models import SavedReport
from plg.growth.reports.funnel import Funnel

Name = Annotated[str, Field(min_length=1, max_length=200)]
Days = Annotated[int, Field(ge=1, le=3660)]

SAVED: dict[str, Any] = {
    "name": "From sign-up to payment",
    "kind": "funnel",
    "days": 90,
    "definition": {
        "from": "2026-01-01T00:00:00Z",
        "to": "2026-04-01T00:00:00Z",
        "steps": [{"events": ["Signed Up"]}, {"events": ["Subscription Started"]}],
    },
}


class ReportQuery(BaseModel):
    """format: all tables as JSON, one as CSV, or the report's chart as a picture or as a Vega-Lite specification."""

    format: Literal["json", "csv", "svg", "vega-lite"] = "json"
    table: str | None = Field(None, max_length=40, description="For CSV; else the one that the chart shows")


class SavedReportIn(BaseModel):
    """days: the range is so many days up to today, whatever the definition says."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": SAVED})

    name: Name
    kind: Annotated[str, Field(max_length=40)]
    definition: dict[str, Any]
    days: Days | None = None


class SavedReportOut(BaseModel):
    id: str
    name: str
    kind: str
    definition: dict[str, Any]
    days: int | None
    created_at: dt.datetime
    created_by: str

    @classmethod
    def of(cls, row: SavedReport) -> Self:
        told = ("name", "kind", "definition", "days", "created_at", "created_by")
        return cls(id=row.public_id, **{name: getattr(row, name) for name in told})


class SavedReportList(BaseModel):
    data: list[SavedReportOut]


class SavedReportPath(BaseModel):
    report: str = Field(max_length=40, description="`rep_…`")


class PeopleIn(BaseModel):
    """dropped: not those who reached the step, but those who got as far as the one before and not there."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"funnel": SAVED["definition"], "step": 2, "dropped": True}},
    )

    funnel: Funnel
    step: Annotated[int, Field(ge=1, le=20)]
    dropped: bool = False
    offset: Annotated[int, Field(ge=0, le=20_000_000)] = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class ActorRef(BaseModel):
    id: str
    name: str


class PeoplePage(BaseModel):
    """total: in all. next: the offset of the next page, null on the last."""

    data: list[ActorRef]
    total: int
    next: int | None
