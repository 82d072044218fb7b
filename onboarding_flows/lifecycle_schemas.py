"""Shapes of the API about flows themselves: versions, drafts, migrations."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from onboarding_flows.prompt_definition import Kind
from onboarding_flows.schemas import FlowPath
from onboarding_flows.shapes import MAX_KEY, MAX_STEPS

Number = Annotated[int, Field(ge=1, le=2**31 - 1)]


class FlowSummary(BaseModel):
    flow: str
    title: dict[str, str] | None = Field(description="Language -> text; null where no version is live")
    kind: Kind | None
    scope: Literal["person", "account"] | None
    live_version: int | None
    published_at: dt.datetime | None
    draft_saved_at: dt.datetime | None
    enrolled: int
    seen: int = Field(description="On whose screen it came")
    completed: int
    dismissed: int = Field(description="How often people put it away")


class FlowsOut(BaseModel):
    data: list[FlowSummary] = Field(description="By key")


class VersionOut(BaseModel):
    version: int
    live: bool
    published_at: dt.datetime
    published_by: str
    retired_at: dt.datetime | None
    enrolled: int = Field(description="How many are on this version")
    completed: int
    definition: dict[str, Any]


class VersionsOut(BaseModel):
    data: list[VersionOut] = Field(description="Newest first")


class FaultOut(BaseModel):
    field: str = Field(description="A path such as `sections.0.steps.2.requires.0`")
    message: str


DRAFT_EXAMPLE: Final[dict[str, Any]] = {
    "key": "getting-started",
    "title": {"en": "Getting started", "es": "Primeros pasos"},
    "steps": [
        {
            "key": "invoice",
            "title": {"en": "Send your first invoice", "es": "Envía tu primera factura"},
            "completes_on": {"event": "Invoice Sent"},
        },
        {
            "key": "skilled",
            "title": {"en": "Know how to get paid", "es": "Aprende a cobrar"},
            "action": {"label": {"en": "Learn it", "es": "Aprender"}, "lesson": "basics/reminders"},
            "completes_on": {
                "all": [{"quiz": "basics"}, {"event": "Payment Recorded", "count": 3, "within": "7d"}]
            },
            "reward": {"trial_days": 2, "points": 50},
        },
    ],
}


class DraftIn(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"definition": DRAFT_EXAMPLE}})

    definition: dict[str, Any] = Field(description="The flow, as `flows/*.yaml` says it; it may have faults")


class DraftOut(BaseModel):
    flow: str
    definition: dict[str, Any]
    faults: list[FaultOut] = Field(description="All that keeps it from being published")
    saved_at: dt.datetime
    saved_by: str


class PublishedOut(BaseModel):
    flow: str
    version: int = Field(description="The live one")


class RollBackIn(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"version": 2}})

    version: Number


class MigrationPath(FlowPath):
    migration: str = Field(max_length=40)


class MigrationIn(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"from_version": 1, "mapping": {"first-invoice": "invoice"}}},
    )

    from_version: Number
    mapping: dict[
        Annotated[str, Field(max_length=MAX_KEY)], Annotated[str, Field(max_length=MAX_KEY)] | None
    ] = Field(
        {},
        max_length=MAX_STEPS,
        description="Old step -> new step, or null: what was done there is forgotten. Steps that are not named keep "
        "their key.",
    )


class StepChange(BaseModel):
    what: Literal["kept", "renamed", "gained", "lost"]
    from_step: str | None
    to_step: str | None
    settled: int = Field(description="How many have done or skipped it")


class PreviewOut(BaseModel):
    flow: str
    from_version: int
    to_version: int
    enrolments: int = Field(description="How many would move")
    completed: int = Field(description="How many of them are complete now")
    would_be_completed: int
    would_be_uncompleted: int = Field(
        description="Steps that are gained count as open here; the migration finds in the log what was done of them"
    )
    steps: list[StepChange]


class MigrationOut(BaseModel):
    id: str = Field(description="`mig_…`")
    flow: str
    from_version: int
    to_version: int
    status: Literal["running", "finished"]
    total: int = Field(description="Enrolments to move, when it was started")
    moved: int
    started_at: dt.datetime
    started_by: str
    finished_at: dt.datetime | None


class TryIn(BaseModel):
    """A definition, or the number of a version; else the draft, or the live version where there is no draft."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"last_days": 90}})

    last_days: int = Field(90, ge=1, le=3650, description="Begun by who acted in an account since then")
    definition: dict[str, Any] | None = Field(None, description="The flow, as `flows/*.yaml` says it")
    version: Number | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> TryIn:
        if self.definition is not None and self.version is not None:
            raise ValueError("give a definition or a version, not both")
        return self


class SomeOut(BaseModel):
    count: int
    ids: list[str] = Field(description="The first ten of them, `acct_…` or `per_…`")


class TriedStep(BaseModel):
    step: str
    manual: bool = Field(description="Done by hand: never done here")
    done: int
    share: float | None = Field(description="Of those who would have begun; null: fewer than five")
    median_seconds: float | None = Field(
        description="From the beginning; of those who did it since. Null: fewer than five"
    )
    stuck: SomeOut = Field(description="Whose next open step this would be")


class StepThenAndNow(BaseModel):
    step: str
    now: int = Field(description="How many of the same owners have done it today")
    then: int = Field(description="How many would have done it")


class AgainstLive(BaseModel):
    version: int
    enrolled: int = Field(description="How many of those who acted have really begun the flow")
    completed: int
    steps: list[StepThenAndNow] = Field(description="The steps that both have, by key")
    would_be_completed: SomeOut = Field(description="Who would be, and are not today")
    would_be_uncompleted: SomeOut = Field(description="Who are completed today, and would not be")


class TryOut(BaseModel):
    flow: str
    tried: Literal["draft", "version", "definition"]
    version: int | None
    scope: Literal["person", "account"]
    since: dt.datetime
    until: dt.datetime
    enrolled: int
    completed: int
    completed_share: float | None = Field(description="Null: fewer than five have begun")
    median_seconds: float | None = Field(description="From the beginning to the last step")
    only_manual_left: int = Field(description="How many would have done all that is not done by hand")
    arms: dict[str, int] = Field(
        description="How many would be in each arm of its experiment; the figures are those of the flow as it is "
        "written, tried on all of them"
    )
    steps: list[TriedStep]
    live: AgainstLive | None = Field(description="Null where no version is live, or it is of another scope")
