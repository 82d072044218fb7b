"""Shapes of the API about experiments of flows."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from onboarding_flows.lifecycle_schemas import Number
from plg.kit.proportions import MIN_EXPOSED, MIN_OUTCOMES

Days = Annotated[int, Field(ge=1, le=90)]
MAX_WITHIN = 4


class ExperimentQuery(BaseModel):
    within: list[Days] = Field(
        [14, 30],
        max_length=MAX_WITHIN,
        description="Days after the exposure in which an outcome counts; whose days are not over are left out",
        json_schema_extra={"example": [14, 30]},
    )
    version: Number | None = Field(
        None, description="Only who is on this version; else on all that divide people as the newest does"
    )


class EstimateOut(BaseModel):
    value: float
    low: float = Field(description="The interval of 95 %")
    high: float


class OutcomeOut(BaseModel):
    outcome: Literal["completed", "activated", "upgraded"]
    within_days: int | None = Field(description="Null: until now")
    of: int = Field(description="How many could have done it")
    count: int = Field(description="How many did, each counted once")
    share: EstimateOut | None = Field(description=f"Wilson's interval. Null: fewer than {MIN_EXPOSED}")
    difference: EstimateOut | None = Field(
        description="Against the baseline, in points (0.05: five in a hundred more), Newcombe's interval. Null for "
        f"the baseline, and where one of the two has fewer than {MIN_EXPOSED}, or both together fewer than "
        f"{MIN_OUTCOMES} who did it"
    )
    lift: EstimateOut | None = Field(
        description="The same in proportion (0.1: a tenth more), Katz's interval. Null, too, where one of the two "
        f"has fewer than {MIN_OUTCOMES} who did it"
    )
    missing: int | None = Field(
        description="How many more each of the two needs, roughly, before there is a difference to tell; null where "
        "nobody did it yet"
    )
    more: int | None = Field(
        description="How many more each needs before a difference as large as the one seen would be certain (power "
        "80 %); null where it is, or where none is seen"
    )


class ArmStepOut(BaseModel):
    step: str
    done: int
    share: float | None = Field(description=f"Of those who were exposed. Null: fewer than {MIN_EXPOSED}")
    skipped: int
    stopped: int = Field(description="How many have not completed the flow and settled this step last")
    median_seconds: float | None = Field(description="Since the exposure. Null: fewer than five did it")


class ArmOut(BaseModel):
    variant: str = Field(description="`holdout`: they are shown nothing")
    planned: float = Field(description="Its part of everybody")
    enrolled: int
    exposed: int = Field(description="How many have been shown the flow, or would have been")
    median_seconds: float | None = Field(description="From the exposure to the completed flow")
    steps: list[ArmStepOut]
    outcomes: list[OutcomeOut]


class ExperimentOut(BaseModel):
    flow: str
    versions: list[int] = Field(description="Whose people are counted, the newest first")
    scope: Literal["person", "account"] = Field(description="Who is counted")
    baseline: str = Field(description="With which the others are compared: the holdout, else the control")
    since: dt.datetime | None = Field(description="The first exposure")
    uneven: bool = Field(
        description="The arms are farther from their planned parts than chance makes them (p < 0.001, from 100 "
        "exposures on): do not trust the rest before you know why"
    )
    arms: list[ArmOut]
