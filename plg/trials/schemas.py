"""Shapes of sign-ups and trials."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from plg.trials.models import Trial


class SignUpIn(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "email": "ana@example.com",
                "password": "correct horse battery",
                "name": "Ana Ruiz",
                "company": "Acme",
            }
        }
    )

    email: str = Field(max_length=320)
    password: str = Field(max_length=1024)
    name: str = Field(max_length=200)
    company: str = Field(max_length=200)
    locale: Literal["es", "en"] | None = None


class TrialOut(BaseModel):
    status: Literal["active", "converted", "ended"]
    plan: str
    started_at: dt.datetime
    ends_at: dt.datetime
    days_left: int

    @classmethod
    def of(cls, trial: Trial, moment: dt.datetime) -> TrialOut:
        return cls(
            status=trial.status,
            plan=trial.plan_key,
            started_at=trial.started_at,
            ends_at=trial.ends_at,
            days_left=trial.days_left(moment),
        )


class SignUpOut(BaseModel):
    person: str = Field(description="`per_…`")
    account: str = Field(description="`acct_…`")
    trial: TrialOut | None
