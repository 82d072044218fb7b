"""Shapes of sign-ups."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from plg.kit.clock import known_zone
from plg.signups import signups
from plg.signups.cases import MAX_REASON
from plg.signups.models import Reason
from plg.signups.queue import Shown
from plg.signups.reasons import sentence
from plg.trials.schemas import TrialOut

DecisionName = Literal["allow", "join", "verify", "hold"]
WaitsFor = Literal["confirmation", "choice", "card", "staff"]


class SignUpIn(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "email": "ana@example.com",
                "password": "correct horse battery",
                "name": "Ana Ruiz",
                "company": "Acme",
                "ip": "203.0.113.7",
                "device": "2f1c0d6e-8f43-4a6e-9d53-8a5b0e6f7a11",
            }
        }
    )

    email: str = Field(max_length=320)
    password: str | None = Field(
        None, max_length=1024, description="Left out: the link of the mail signs the person in"
    )
    name: str = Field(max_length=200)
    company: str = Field(max_length=200)
    locale: Literal["es", "en"] | None = None
    timezone: Annotated[str, AfterValidator(known_zone)] = Field(
        "UTC", max_length=64, description="IANA time zone of the account's calendar"
    )
    plan: str | None = Field(None, max_length=50, description="The plan that they came for")
    ip: str = Field("", max_length=64, description="The person's network address, not your server's")
    user_agent: str | None = Field(None, max_length=1000, description="Of the person's browser")
    device: str = Field(
        "",
        max_length=200,
        description="What knows the browser again: `plg.device()` of the widget, or a lasting cookie of yours",
    )

    @field_validator("email", "password", "name", "company")
    @classmethod
    def _of_the_form(cls, value: str | None, info: ValidationInfo) -> str | None:
        """By the rules of the form, here already: a field that is missing and one that is wrong are told at once."""
        faults = signups.faults_of(**{info.field_name or "": value}) if value is not None else []
        if faults:
            raise ValueError(faults[0].message)
        return value


class ReasonOut(BaseModel):
    """A signal that spoke, in words."""

    signal: str
    points: int
    text: str
    detail: dict[str, Any]

    @classmethod
    def of(cls, row: Reason) -> ReasonOut:
        return cls(
            signal=row.signal, points=row.points, text=sentence(row.signal, row.detail), detail=row.detail
        )


class SignUpOut(BaseModel):
    id: str = Field(description="`sgn_…`")
    person: str = Field(description="`per_…`")
    account: str = Field(description="`acct_…`")
    trial: TrialOut | None = Field(description="null where it waits, or none is offered")
    decision: DecisionName
    waits_for: WaitsFor | None = Field(description="What the trial waits for")
    reasons: list[ReasonOut]


class DecisionOut(BaseModel):
    """One decision by rule, with its reasons."""

    decision: DecisionName
    score: int
    cause: Literal["sign-up", "confirmation", "card"]
    policy: int = Field(description="Version of the rules; 0 are the defaults")
    decided_at: dt.datetime
    reasons: list[ReasonOut]


class OverruleOut(BaseModel):
    """What staff decided, and why."""

    decision: Literal["allow", "hold"]
    reason: str
    by: str
    decided_at: dt.datetime


class CaseOut(BaseModel):
    """A sign-up, where it stands, and how that came about."""

    id: str
    person: str
    account: str
    way: str
    decision: DecisionName
    waits_for: WaitsFor | None
    created_at: dt.datetime
    confirmed_at: dt.datetime | None
    granted_at: dt.datetime | None = Field(description="Since when the trial may run")
    decisions: list[DecisionOut] = Field(description="By rule, oldest first; they never change")
    overrules: list[OverruleOut] = Field(description="By staff, oldest first; the last one counts")

    @classmethod
    def of(cls, shown: Shown) -> CaseOut:
        case = shown.case
        return cls(
            id=case.public_id,
            person=shown.person.public_id,
            account=shown.account.public_id,
            way=case.way,
            decision=case.decision,
            waits_for=case.waits_for,
            created_at=case.created_at,
            confirmed_at=case.confirmed_at,
            granted_at=case.granted_at,
            decisions=[
                DecisionOut(
                    decision=row.decision,
                    score=row.score,
                    cause=row.cause,
                    policy=row.policy,
                    decided_at=row.decided_at,
                    reasons=[ReasonOut.of(reason) for reason in shown.reasons.get(row.id, [])],
                )
                for row in shown.decisions
            ],
            overrules=[
                OverruleOut(decision=row.decision, reason=row.reason, by=row.actor, decided_at=row.decided_at)
                for row in shown.overrules
            ],
        )


class CasePath(BaseModel):
    signup: str = Field(max_length=40, description="`sgn_…`")


class CasesQuery(BaseModel):
    decision: DecisionName | None = None
    waits_for: WaitsFor | None = None
    before: str | None = Field(None, max_length=40, description="`next` of the page before")
    limit: int = Field(50, ge=1, le=200)


class CasePage(BaseModel):
    data: list[CaseOut]
    has_more: bool
    next: str | None


class OverruleIn(BaseModel):
    decision: Literal["allow", "hold"] = Field(json_schema_extra={"example": "allow"})
    reason: str = Field(
        min_length=1,
        max_length=MAX_REASON,
        description="For whoever asks later",
        json_schema_extra={"example": "We know them: a second team of the same company"},
    )
