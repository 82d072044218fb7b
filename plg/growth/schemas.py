"""Shapes of saved reports, and of the people behind a number."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, create_model

from plg.growth.models import SavedReport
from plg.growth.reports import Report

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


class PeopleQuery(BaseModel):
    """format: a page as JSON, or all of them as CSV."""

    format: Literal["json", "csv"] = "json"


class PeopleIn(BaseModel):
    """report: its definition. number: which of its numbers."""

    model_config = ConfigDict(extra="forbid")

    cursor: str | None = Field(None, max_length=40, description="`next` of the page before")
    limit: Annotated[int, Field(ge=1, le=500)] = 100


def people_in(report: Report) -> type[PeopleIn]:
    """What is asked of the people behind a number of one kind of report."""
    extra: Any = report.definition.model_config["json_schema_extra"]
    number: Any = report.number.model_config["json_schema_extra"]
    asked = create_model(
        f"{report.definition.__name__}PeopleIn",
        __base__=PeopleIn,
        report=(report.definition, ...),
        number=(report.number, ...),
    )
    example = {"report": extra["example"], "number": number["example"]}
    asked.model_config = PeopleIn.model_config | {"json_schema_extra": {"example": example}}
    asked.model_rebuild(force=True)
    return asked


class ActorRef(BaseModel):
    id: str
    name: str


class PeoplePage(BaseModel):
    """total: in all."""

    data: list[ActorRef]
    total: int
    next: str | None = Field(description="Give it as `cursor` to read on; null at the end")
