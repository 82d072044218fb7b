"""Shapes of the API by which questions of other formats come and go."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Base64Bytes, BaseModel, Field

from academy.endpoints.authoring_shapes import Edition
from academy.endpoints.shapes import In
from academy.texts import Key
from plg.kit.query import Query

FormatName = Annotated[str, Field(max_length=20, description="gift, moodle, aiken, qti22, qti3, olx")]


class ImportIn(In):
    """content: the file, as base64, of at most 20 MB. english: another one with the same questions in English, where
    `content` has them in Spanish. bank: which one they come into; the quiz itself, without."""

    name: str = Field(min_length=1, max_length=200, json_schema_extra={"example": "exam.gift"})
    content: Base64Bytes = Field(json_schema_extra={"example": "VHJ1ZT97VH0="})
    english: Base64Bytes | None = None
    format: FormatName | None = Field(None, description="Found out from the file, where absent")
    bank: Key | None = None
    dry_run: bool = Field(False, json_schema_extra={"example": True})
    edition: Edition = None


class NoteOut(BaseModel):
    outcome: Literal["lost", "changed", "noted"]
    where: str = Field(description="A line, an item, or a question's key")
    what: str = Field(description="The element, as its format calls it")
    why: str


class ReportOut(BaseModel):
    format: str
    found: int
    carried: int
    notes: list[NoteOut]


class ImportOut(BaseModel):
    course: str
    dry_run: bool
    edition: int | None = Field(description="Of the draft now; null for a dry run")
    questions: list[str] = Field(description="Their keys in the draft")
    report: ReportOut


class ExportQuery(Query):
    format: FormatName = Field("gift", json_schema_extra={"example": "gift"})
    language: Literal["es", "en"] = "es"
    bank: Annotated[str | None, Field(None, max_length=64, description="All questions, where absent")] = None


class ExportOut(BaseModel):
    name: str
    media_type: str
    content: str = Field(description="The file, as base64")
    report: ReportOut
