"""Shapes of the API by which courses are written, in and out."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Base64Bytes, BaseModel, Field, StrictInt

from academy.endpoints.shapes import In

What = Literal["added", "changed", "moved", "removed"]
Edition = Annotated[
    StrictInt | None,
    Field(
        None,
        ge=0,
        le=2_000_000_000,
        description="The `edition` that you read, 0 where there was no draft; 409 `draft_changed` where somebody "
        "else saved meanwhile. Absent: whatever there is.",
    ),
]


class DraftIn(In):
    """files: all of them, name to text, in place of those before. media: images and downloads by name, as base64,
    which come to stand in `files.yaml`."""

    files: dict[Annotated[str, Field(max_length=200)], str] = Field(
        max_length=500,
        json_schema_extra={"example": {"course.yaml": "title: {es: Curso, en: Course}\n"}},
    )
    media: dict[Annotated[str, Field(max_length=200)], Base64Bytes] = Field({}, max_length=100)
    edition: Edition = None


class PublishIn(In):
    edition: Edition = None
    dry_run: bool = Field(False, json_schema_extra={"example": True})


class RollBackIn(In):
    version: StrictInt = Field(ge=1, le=1_000_000, json_schema_extra={"example": 1})


class DraftFaultOut(BaseModel):
    field: str = Field(description="The file, and the path in it")
    message: str
    line: int | None = Field(None, description="The line of the file, from 1")


class DraftOut(BaseModel):
    course: str
    edition: int
    saved_at: dt.datetime
    saved_by: str
    files: dict[str, str]
    faults: list[DraftFaultOut] = Field(description="All that keeps it from being published")


class PlanOut(BaseModel):
    course: str
    dry_run: bool
    version: int | None = Field(description="The live version: the new one, unless it is a dry run")
    faults: list[DraftFaultOut] = []
    lessons: dict[str, What] = Field({}, description="What changes, by key")
    questions: dict[str, What] = Field({}, description="What changes, by key")
    settings: list[str] = Field([], description="Parts of course.yaml and quiz.yaml that change")
    files: dict[str, str] = Field({}, description="What changes line by line, by file")
    learners: dict[int, int] = Field({}, description="People on each version; they stay on it")


class CourseVersionOut(BaseModel):
    version: int
    live: bool
    published_at: dt.datetime
    published_by: str
    learners: int


class CourseVersionsOut(BaseModel):
    data: list[CourseVersionOut]
