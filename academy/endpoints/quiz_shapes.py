"""Shapes of the API about the quizzes of all people, in and out."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, StrictInt

from academy.endpoints.shapes import In, Query
from academy.item_data import Which
from academy.regrades import Policy

Interval = tuple[float, float] | None


class AnalysisQuery(Query):
    version: int | None = Field(None, ge=1, le=1_000_000, description="The newest one, where absent")
    attempts: Which = Field("first", description="Which attempts of each person count")
    format: Literal["json", "csv"] = "json"


class OptionUseOut(BaseModel):
    option: str
    right: bool
    chosen: int
    share: float | None
    discrimination: float | None
    flags: list[str]


class ItemOut(BaseModel):
    question: str
    kind: str
    attempts: int
    answered: int
    facility: float | None
    facility_interval: Interval
    sd: float | None
    random_guess: float | None
    discrimination_index: float | None
    discrimination_interval: Interval
    discriminative_efficiency: float | None
    intended_weight: float
    effective_weight: float | None
    flags: list[str]
    options: list[OptionUseOut]


class AnalysisOut(BaseModel):
    course: str
    version: int
    which: Which
    attempts: int
    small: bool = Field(description="Fewer than 30 attempts: mostly chance")
    mean: float | None
    median: float | None
    sd: float | None
    skewness: float | None
    kurtosis: float | None
    alpha: float | None = Field(description="Cronbach's, times 100; may be negative")
    alpha_interval: Interval
    alpha_attempts: int
    alpha_by: Literal["all", "listwise", "pairwise"] = Field(
        description="How attempts without some of the questions were treated"
    )
    error_ratio: float | None
    standard_error: float | None
    items: list[ItemOut]


class ExtensionIn(In):
    person: str | None = Field(
        None,
        max_length=400,
        description="Any id: plg's, yours, or the e-mail address",
        json_schema_extra={"example": "user-42"},
    )
    account: str | None = Field(
        None, max_length=400, description="Instead of a person: everybody of it who has begun the course"
    )
    extra_minutes: StrictInt = Field(0, ge=0, le=10_080, json_schema_extra={"example": 15})
    extra_attempts: StrictInt = Field(0, ge=0, le=100, json_schema_extra={"example": 1})
    reason: str = Field(
        min_length=1, max_length=500, json_schema_extra={"example": "Reads with a screen reader"}
    )


class ExtensionOut(BaseModel):
    course: str
    person: str | None
    account: str | None
    people: int = Field(description="To how many it was given")
    extra_minutes: int
    extra_attempts: int


class RegradeIn(In):
    version: StrictInt = Field(
        ge=1, le=1_000_000, description="Whose attempts are marked again", json_schema_extra={"example": 1}
    )
    against: StrictInt = Field(
        ge=1, le=1_000_000, description="The corrected version", json_schema_extra={"example": 2}
    )
    certificates: Policy = Field(
        "keep",
        description="keep: whoever passed has passed; revoke: who would not any more loses the certificate",
    )
    reason: str = Field(
        min_length=1, max_length=500, json_schema_extra={"example": "Question 3 had the wrong key"}
    )
    dry_run: bool = True


class MarkChangeOut(BaseModel):
    attempt: str
    person: str
    number: int
    old_score_percent: float
    score_percent: float
    old_passed: bool
    passed: bool


class RegradeOut(BaseModel):
    dry_run: bool
    attempts: int = Field(description="How many were marked again")
    changed: int
    now_passed: int
    passed_no_more: int
    changes: list[MarkChangeOut] = Field(description="The first thousand")
