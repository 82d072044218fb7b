"""Shapes of exports."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from plg.exports.models import Export, ExportRun


class ExportIn(BaseModel):
    """folder: below the folder `exports` of plg's data, or below the bucket's prefix. report: a saved report's id."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"content": "events", "format": "parquet", "target": "folder", "folder": "events"}
        },
    )

    content: Literal["events", "people", "accounts", "report"]
    format: Literal["parquet", "csv"] = "parquet"
    target: Literal["folder", "s3"] = "folder"
    folder: Annotated[str, Field(max_length=50, pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    every: Literal["hour", "day"] = "day"
    report: Annotated[str, Field(max_length=40)] = ""


class RunOut(BaseModel):
    """pending: how many parts have not left yet; error: why not."""

    status: Literal["running", "done", "failed"]
    files: int
    rows: int
    bytes: int
    pending: int
    attempts: int
    error: str
    started_at: dt.datetime
    ended_at: dt.datetime | None

    @classmethod
    def of(cls, run: ExportRun) -> Self:
        told = ("status", "files", "rows", "bytes", "attempts", "error", "started_at", "ended_at")
        return cls(pending=len(run.pending), **{name: getattr(run, name) for name in told})


class ExportOut(BaseModel):
    id: str
    content: str
    format: str
    target: str
    folder: str
    every: str
    report: str
    due_at: dt.datetime
    created_at: dt.datetime
    created_by: str
    last_run: RunOut | None

    @classmethod
    def of(cls, row: Export, last: ExportRun | None = None) -> Self:
        told = ("content", "format", "target", "folder", "every", "report")
        told += ("due_at", "created_at", "created_by")  # type: ignore[assignment]
        given = {name: getattr(row, name) for name in told}
        return cls(id=row.public_id, last_run=RunOut.of(last) if last else None, **given)


class ExportList(BaseModel):
    data: list[ExportOut] = Field(description="The newest first")


class RunList(BaseModel):
    data: list[RunOut] = Field(description="The newest first, at most fifty")


class ExportPath(BaseModel):
    export: str = Field(max_length=40, description="`exp_…`")


class RunIn(BaseModel):
    """anew: everything leaves again, not only what is new."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"anew": False}})

    anew: bool = False
