"""Shapes of the API."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from onboarding_flows.definition import MAX_KEY

MAX_ROWS: Final = 1000


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


PersonId = Annotated[
    str, Field(min_length=1, max_length=320, description="Any id of the person, plg's or yours")
]
AccountId = Annotated[
    str, Field(min_length=1, max_length=200, description="Any id of the account, plg's or yours")
]


class WhoIn(BaseModel):
    """A person, an account, or a person in an account."""

    model_config = ConfigDict(extra="forbid")

    person: PersonId | None = None
    account: AccountId | None = None


class EnrolIn(WhoIn):
    """One (person, account), or many (rows)."""

    rows: list[WhoIn] | None = Field(None, min_length=1, max_length=MAX_ROWS)

    @model_validator(mode="after")
    def _one_or_many(self) -> EnrolIn:
        if (self.rows is None) != bool(self.person or self.account):
            raise ValueError("give a person or an account, or rows of them")
        return self

    def all_rows(self) -> list[WhoIn]:
        return self.rows or [WhoIn(person=self.person, account=self.account)]


class EnrolResult(BaseModel):
    index: int = Field(description="Of the row, from 0")
    status: Literal["enrolled", "already_enrolled", "refused"]
    code: str | None = Field(description="Why it was refused, such as `person_not_found`")
    detail: str | None


class EnrolOut(BaseModel):
    enrolled: int
    already_enrolled: int
    refused: int
    results: list[EnrolResult] = Field(description="One a row, in the order of the rows")


class VerbOut(BaseModel):
    status: Literal["done", "skipped", "open", "dismissed", "shown"] = Field(description="How it is now")
    changed: bool = Field(description="False where it was so already")


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
    status: Literal["done", "skipped", "dismissed", "shown"]
