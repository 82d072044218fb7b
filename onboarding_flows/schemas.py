"""Shapes of the API."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from onboarding_flows.definition import MAX_KEY


class FlowPath(BaseModel):
    flow: str = Field(max_length=MAX_KEY)


class StepPath(FlowPath):
    step: str = Field(max_length=MAX_KEY)


class StateQuery(BaseModel):
    person: str | None = Field(
        None, max_length=320, description="Any id of the person", json_schema_extra={"example": "user-42"}
    )
    account: str | None = Field(
        None, max_length=200, description="Any id of the account", json_schema_extra={"example": "company-7"}
    )
    locale: Literal["es", "en"] = "en"


class ActionOut(BaseModel):
    label: str
    url: str


class StepOut(BaseModel):
    key: str
    title: str
    body_html: str = Field(description="Safe HTML")
    done: bool
    done_at: str | None = Field(description="When it happened, ISO 8601")
    done_by: str | None = Field(description="Name of who did it, where an account shares the flow")
    action: ActionOut | None
    manual: bool
    section: str | None = Field(description="Title of the section that it stands in")
    locked: bool = Field(description="Other steps come first")
    locked_by: list[str] = Field(description="Keys of the steps that come first and are not done")
    skipped: bool = Field(description="Left out: it counts as settled, not as done")
    skippable: bool
    for_role: str | None = Field(description="Who should do it, where that is not the viewer")
    due_at: str | None = Field(description="ISO 8601")


class ProgressOut(BaseModel):
    done: int
    skipped: int
    total: int


class ChecklistOut(BaseModel):
    flow: str
    version: int
    scope: Literal["person", "account"]
    title: str
    description: str
    progress: ProgressOut
    completed: bool
    dismissed: bool
    steps: list[StepOut]


class StateOut(BaseModel):
    person: str | None = Field(description="Public id")
    account: str | None = Field(description="Public id")
    checklists: list[ChecklistOut]


class StatusOut(BaseModel):
    status: Literal["done", "dismissed"]
