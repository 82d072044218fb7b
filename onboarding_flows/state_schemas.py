"""Shapes of the API about what somebody is shown: all of it, and what comes up by itself."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from onboarding_flows.schemas import ActionOut, ChecklistOut


class StateQuery(BaseModel):
    person: str | None = Field(
        None, max_length=320, description="Any id of the person", json_schema_extra={"example": "user-42"}
    )
    account: str | None = Field(
        None, max_length=200, description="Any id of the account", json_schema_extra={"example": "company-7"}
    )
    locale: Literal["es", "en"] = "en"


class TourStepOut(BaseModel):
    key: str
    title: str
    body_html: str = Field(description="Safe HTML")
    anchor: list[str] = Field(description="CSS selectors, tried in order; none: in the middle of the page")
    placement: Literal["top", "bottom", "start", "end"] | None
    page: str | None = Field(description="Path on which it is shown, `*` for any run of letters")
    advance: Literal["button", "click"]
    action: ActionOut | None


class PromptOut(BaseModel):
    """A tour, a banner or an announcement."""

    flow: str
    version: int
    kind: Literal["tour", "banner", "announcement"]
    variant: str | None
    title: str
    body_html: str = Field(description="Safe HTML")
    placement: Literal["top", "bottom", "modal", "corner"] | None
    action: ActionOut | None
    dismissible: bool
    snoozable: bool
    steps: list[TourStepOut]
    at: str | None = Field(description="Key of the first step not seen yet")


class StateOut(BaseModel):
    person: str | None = Field(description="Public id")
    account: str | None = Field(description="Public id")
    checklists: list[ChecklistOut] = Field(description="Those of higher priority first")
    prompts: list[PromptOut] = Field(description="What comes up by itself now, at most one of each kind")


class LocaleQuery(BaseModel):
    locale: Literal["es", "en"] | None = Field(None, description="Else the person's own")


class MissingIn(BaseModel):
    """anchor: the selector that was tried last; the flow knows them all."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"anchor": "#new-report", "path": "/reports"}}
    )

    anchor: str = Field("", max_length=1000)
    path: str = Field(max_length=2000, description="Path of the page, such as `/reports`")
