"""Shapes of the API."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from onboarding_flows.prompt_definition import Kind
from onboarding_flows.shapes import MAX_KEY

MAX_ROWS: Final = 1000


class FlowPath(BaseModel):
    flow: str = Field(max_length=MAX_KEY)


class StepPath(FlowPath):
    step: str = Field(max_length=MAX_KEY)


PersonId = Annotated[
    str, Field(min_length=1, max_length=320, description="Any id of the person, plg's or yours")
]
AccountId = Annotated[
    str, Field(min_length=1, max_length=200, description="Any id of the account, plg's or yours")
]


class WhoIn(BaseModel):
    """A person, an account, or a person in an account."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"person": "user-42", "account": "company-7"}}
    )

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


class OptionOut(BaseModel):
    key: str
    label: str


class FormFieldOut(BaseModel):
    key: str
    label: str
    kind: Literal["text", "choice", "number", "yes_no"]
    required: bool
    options: list[OptionOut] = Field(description="Of a choice")


class FormOut(BaseModel):
    fields: list[FormFieldOut]


class RewardOut(BaseModel):
    trial_days: int
    points: int


class ActionOut(BaseModel):
    """One of url, tour, video and form is there."""

    label: str
    url: str | None = Field(description="A page; of a lesson, its page in the academy")
    tour: str | None = Field(description="Key of the flow of a short tour")
    video: str | None = Field(description="Its address")
    film: str | None = Field(
        description="What plays the video on the page: the file itself, or the page of its host's player, for a frame"
    )
    captions: str | None = Field(description="The file of its captions (WebVTT)")
    form: FormOut | None


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
    reward: RewardOut | None = Field(description="What doing it earns")


class ProgressOut(BaseModel):
    done: int
    skipped: int
    total: int = Field(description="Steps that are hidden from its owner do not count")


class ChecklistOut(BaseModel):
    flow: str
    version: int
    kind: Literal["checklist"]
    scope: Literal["person", "account"]
    title: str
    description: str
    progress: ProgressOut
    points: int = Field(description="Earned in this flow")
    completed: bool
    dismissed: bool
    dismissible: bool = Field(description="Whether the person may put it away or off")
    snoozed: bool = Field(description="Put off, and the time has not come")
    steps: list[StepOut]


class VerbOut(BaseModel):
    status: Literal["done", "skipped", "open", "dismissed", "shown", "started", "snoozed", "completed"] = (
        Field(description="How it is now")
    )
    changed: bool = Field(description="False where it was so already")
    checklist: ChecklistOut | None = Field(
        description="The flow as they see it now, in the person's language; null where its audience leaves them out"
    )


class StatusOut(BaseModel):
    status: Literal["done", "skipped", "dismissed", "shown", "snoozed", "completed", "noted"]


class AnswersIn(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"answers": {"team_size": 12, "goal": "invoices"}}}
    )

    answers: dict[Annotated[str, Field(max_length=64)], Any] = Field(
        max_length=20, description="Key of the field -> text, key of an option, number, or true or false"
    )


class PointsQuery(WhoIn):
    """Of a person, or of an account."""


class EarnedOut(BaseModel):
    flow: str
    step: str
    points: int
    trial_days: int
    given_at: dt.datetime
    reversed_at: dt.datetime | None = Field(description="When it was taken back")


class PointsOut(BaseModel):
    points: int = Field(description="Of all that was not taken back")
    trial_days: int
    data: list[EarnedOut] = Field(description="The last 100, newest first")


class ExplainQuery(WhoIn):
    flow: str = Field(max_length=MAX_KEY)


class RuleOut(BaseModel):
    rule: Literal[
        "live",
        "owner",
        "plans",
        "percent",
        "locales",
        "when",
        "experiment",
        "roles",
        "completed",
        "dismissed",
        "from",
        "until",
        "snooze",
        "wait",
        "times",
        "every",
        "priority",
        "budget",
    ]
    holds: bool
    wanted: Any = Field(description="What the flow asks for")
    found: Any = Field(description="What there is")


class ExplainedEnrolment(BaseModel):
    enrolled_at: dt.datetime
    completed_at: dt.datetime | None
    dismissed_at: dt.datetime | None = Field(description="When this person put it away")


class ExplainedArm(BaseModel):
    variant: str | None = Field(
        description="Their arm, or the one that they would be in; `holdout`: they are shown nothing; null: they "
        "began outside of the experiment, or in an arm that is no more"
    )
    bucket: int = Field(
        description="Their number in this experiment, 0 to 9,999: a hash of flow and public id"
    )
    buckets: dict[str, list[int]] = Field(description="The numbers of each arm, from and to")
    exposed_at: dt.datetime | None = Field(description="When they first saw the flow, or would have")


class CauseOut(BaseModel):
    id: str
    name: str | None = Field(description="Null where the event was erased")


class ExplainedPart(BaseModel):
    asks_for: dict[str, Any]
    so_far: str
    met: bool


class ExplainedReward(RewardOut):
    """What doing it earns, and what it earned."""

    given_points: int
    given_days: int
    given_at: dt.datetime | None = Field(description="Null where it earned nothing, or all was taken back")
    no_days: Literal["no_account", "no_trial", "before_trial", "cap", "not_believed"] | None = Field(
        description="Why there were no days, or fewer: nobody knows for which account; no trial runs; it was done "
        "before the trial; no more can be earned; only a browser says so"
    )


class ExplainedStep(BaseModel):
    step: str
    state: Literal["open", "locked", "done", "skipped", "hidden"]
    locked_by: list[str]
    asks_for: dict[str, Any] | None = Field(
        description="What completes it; null: by hand, by a rule, or its form"
    )
    so_far: str | None = Field(description="Such as `2 of 3`: events, or parts where there are several")
    parts: list[ExplainedPart] = Field(description="Each of several that are asked for")
    completes_when: dict[str, Any] | None = Field(
        description="The rule that does the step, told as `visible_when` is"
    )
    visible_when: dict[str, Any] | None = Field(
        description="Its condition, with what was found in each of its parts"
    )
    reward: ExplainedReward | None
    at: dt.datetime | None = Field(description="When it happened")
    event: CauseOut | None = Field(description="The event that completed it")
    person: str | None = Field(description="Who did it, `per_…`")
    by: str | None = Field(description="The server that said so, `key:…`")
    due_at: dt.datetime | None
    reset_at: dt.datetime | None = Field(description="Only what happened later counts")


class ExplainedHolding(BaseModel):
    reason: str = Field(description="The rule, or the limit such as `person_hour`")
    first_at: dt.datetime = Field(description="Since when it is held back for this reason")
    last_at: dt.datetime
    times: int


class ExplainOut(BaseModel):
    flow: str
    kind: Kind
    shown: bool
    rules: list[RuleOut] = Field(description="All must hold")
    version: int = Field(description="Theirs, or the one that they would begin")
    live_version: int | None
    enrolment: ExplainedEnrolment | None = Field(description="Null where they have not begun")
    experiment: ExplainedArm | None = Field(description="Null where the flow has none")
    held_back: ExplainedHolding | None = Field(description="The last time that it was not shown, and why")
    steps: list[ExplainedStep]
