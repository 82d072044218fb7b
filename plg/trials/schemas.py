"""Shapes of trials."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from plg.trials.ledger import Step
from plg.trials.models import Trial

Status = Literal[
    "held",
    "awaiting_card",
    "awaiting_activation",
    "active",
    "paused",
    "grace",
    "converting",
    "converted",
    "ended",
    "cancelled",
]


class TrialOut(BaseModel):
    status: Status
    plan: str
    started_at: dt.datetime | None = Field(
        description="null: the clock waits (for review, card or activation)"
    )
    ends_at: dt.datetime | None = Field(description="null: it waits or is paused")
    days_left: int = Field(description="In the account's calendar: 1 ends tomorrow, 0 today")

    @classmethod
    def of(cls, trial: Trial, moment: dt.datetime, calendar: dt.tzinfo) -> TrialOut:
        return cls(**_values(trial, moment, calendar))


class LedgerRow(BaseModel):
    kind: Literal["grant", "extension", "earned", "reversal", "pause", "resume", "credits", "stop"]
    days: int = Field(description="Days of the account's calendar that it gives or (below 0) takes")
    at: dt.datetime
    reason: str
    by: str
    event_id: str | None = Field(description="The event behind it")
    ends_at: dt.datetime | None = Field(description="When the trial would end were this the last row")


class TrialDetail(TrialOut):
    """A trial and why it ends when it ends."""

    continues: bool = Field(
        description="Whether the account goes on as a paying one at the end (with a card)"
    )
    ledger: list[LedgerRow]

    @classmethod
    def explained(
        cls, trial: Trial, steps: list[Step], moment: dt.datetime, calendar: dt.tzinfo
    ) -> TrialDetail:
        rows = [
            LedgerRow(
                kind=step.row.kind,
                days=step.row.days,
                at=step.row.at,
                reason=step.row.reason,
                by=step.row.actor,
                event_id=step.row.event_id,
                ends_at=step.ends_at,
            )
            for step in steps
        ]
        continues = trial.is_open and trial.card is not None and trial.stays
        return cls(**_values(trial, moment, calendar), continues=continues, ledger=rows)


def _values(trial: Trial, moment: dt.datetime, calendar: dt.tzinfo) -> dict[str, Any]:
    return {
        "status": trial.status,
        "plan": trial.plan_key,
        "started_at": trial.started_at,
        "ends_at": trial.ends_at,
        "days_left": trial.days_left(moment, calendar),
    }


class TrialIn(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"plan": "pro"}})

    plan: str | None = Field(
        None, max_length=50, description="A plan with a trial of its own; else the trial of sign-ups"
    )
    again: bool = Field(False, description="Another one although the account had its trial")
    reason: str = Field("", max_length=200)


class ExtensionIn(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"days": 7, "reason": "was on holiday"}})

    days: int = Field(ge=-365, le=365, description="Below 0: shorter")
    reason: str = Field(min_length=1, max_length=200)


class ReasonIn(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"reason": "on holiday until Monday"}})

    reason: str = Field(min_length=1, max_length=200)


class OptionalReasonIn(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"reason": "back from holiday"}})

    reason: str = Field("", max_length=200)
