"""Shapes of sign-ups and trials."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from plg.kit.clock import known_zone
from plg.trials import signups
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
    timezone: Annotated[str, AfterValidator(known_zone)] = Field(
        "UTC", max_length=64, description="IANA time zone of the account's calendar"
    )

    @field_validator("email", "password", "name", "company")
    @classmethod
    def _of_the_form(cls, value: str, info: ValidationInfo) -> str:
        """By the rules of the form, here already: a field that is missing and one that is wrong are told at once."""
        faults = signups.faults_of(**{info.field_name or "": value})
        if faults:
            raise ValueError(faults[0].message)
        return value


class TrialOut(BaseModel):
    status: Literal["active", "converted", "ended"]
    plan: str
    started_at: dt.datetime
    ends_at: dt.datetime
    days_left: int = Field(description="In the account's calendar: 1 ends tomorrow, 0 today")

    @classmethod
    def of(cls, trial: Trial, moment: dt.datetime, calendar: dt.tzinfo) -> TrialOut:
        return cls(
            status=trial.status,
            plan=trial.plan_key,
            started_at=trial.started_at,
            ends_at=trial.ends_at,
            days_left=trial.days_left(moment, calendar),
        )


class SignUpOut(BaseModel):
    person: str = Field(description="`per_…`")
    account: str = Field(description="`acct_…`")
    trial: TrialOut | None
