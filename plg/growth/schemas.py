"""Shapes of saved reports, and of the people behind a number."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator

from plg.growth.models import CohortSource, SavedReport
from plg.growth.reports import Report
from plg.segments.models import Cohort

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


class PeopleBehind(BaseModel):
    """total: in all."""

    data: list[ActorRef]
    total: int
    next: str | None = Field(description="Give it as `cursor` to read on; null at the end")


class ReportedIn(BaseModel):
    """Those behind a number of a report; days: of the last days, whatever the definition says."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[str, Field(max_length=40)]
    definition: dict[str, Any]
    number: dict[str, Any]
    days: Days | None = None


class CohortIn(BaseModel):
    """Either `ids`, any of people (or of accounts: see actor), or `of`, a number of a report. dynamic: that number is
    counted again every quarter of an hour."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "title": "Stopped before paying",
                "dynamic": True,
                "of": {
                    "kind": "funnel",
                    "definition": SAVED["definition"],
                    "days": 90,
                    "number": {"step": 2, "dropped": True},
                },
            }
        },
    )

    title: Name
    ids: Annotated[list[Annotated[str, Field(max_length=320)]], Field(max_length=100_000)] | None = None
    actor: Literal["person", "account"] = "person"
    of: ReportedIn | None = None
    dynamic: bool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.ids is None) == (self.of is None):
            raise ValueError("must have either ids or of")
        if self.dynamic and self.of is None:
            raise ValueError("only a number of a report can be counted again")
        return self


class CohortOut(BaseModel):
    """id: also its name as a segment. fault: why a dynamic one could not be counted last time. unknown: ids that are
    known of nobody, at most 100 of them."""

    id: str
    title: str
    actor: str
    dynamic: bool
    size: int
    counted_at: dt.datetime
    created_at: dt.datetime
    created_by: str
    fault: str = ""
    unknown: list[str] = []

    @classmethod
    def of(cls, row: Cohort, source: CohortSource | None = None, unknown: list[str] | None = None) -> Self:
        told = ("title", "actor", "dynamic", "size", "counted_at", "created_at", "created_by")
        given = {name: getattr(row, name) for name in told}
        fault = source.fault if source else ""
        return cls(id=row.public_id, fault=fault, unknown=(unknown or [])[:100], **given)


class CohortList(BaseModel):
    data: list[CohortOut] = Field(description="The newest first")


class CohortPath(BaseModel):
    cohort: str = Field(max_length=40, description="`coh_…`")


class MembersQuery(BaseModel):
    cursor: int | None = Field(None, ge=1, description="`next` of the page before")
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class CohortMembers(BaseModel):
    """Who joined it last stands first."""

    data: list[ActorRef]
    next: int | None = Field(description="Give it as `cursor` to read on; null at the end")
