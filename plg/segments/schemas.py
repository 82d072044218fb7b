"""Shapes of segments."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from plg.kit.clock import now
from plg.kit.rules.operators import OPERATORS
from plg.segments.subjects import fields

LANGUAGE = (
    "`{all: […]}`, `{any: […]}`, `{not: …}`, a field with operators (`{field: person.traits.job, eq: dev}`), or an "
    "event (`{event: Invoice Sent, count: {gte: 3}, within: 7d, where: {amount: {gte: 100}}, by: person}`). "
    f"Operators: {', '.join(OPERATORS)}. Fields: {', '.join(field.name for field in fields(now()))}. What is missing "
    "satisfies only those with `not` or `ne`, and `exists: false`; the days of a trial are spans of 24 hours."
)
EXAMPLE: dict[str, Any] = {
    "all": [
        {"field": "account.plan", "eq": "free"},
        {"event": "Invoice Sent", "count": {"gte": 3}, "within": "7d"},
    ]
}


class RuleIn(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"rule": EXAMPLE}})

    rule: dict[str, Any] | None = Field(None, description=LANGUAGE)
    segment: str | None = Field(
        None, max_length=50, description="In place of `rule`: a published segment's name"
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.rule is None) == (self.segment is None):
            raise ValueError("must have either rule or segment")
        return self


class SegmentOut(BaseModel):
    name: str
    title: dict[str, str] = Field(description="By language, `es` and `en`")
    rule: dict[str, Any] = Field(description=LANGUAGE)


class SegmentList(BaseModel):
    data: list[SegmentOut] = Field(description="By name")


class MemberRef(BaseModel):
    person: str = Field(description="`per_…`")
    account: str = Field(description="`acct_…`")


class CountOut(BaseModel):
    count: int = Field(description="Members of accounts for whom it holds; in two accounts, twice")
    sample: list[MemberRef] = Field(description="At most ten of them, newest first")


class ExplainIn(RuleIn):
    model_config = ConfigDict(
        json_schema_extra={"example": {"rule": EXAMPLE, "person": "user-42", "account": "company-7"}}
    )

    person: str = Field(max_length=320, description="Any id of the person")
    account: str | None = Field(
        None, max_length=200, description="Any id of the account; else the one that the person joined first"
    )


class ExplainOut(MemberRef):
    holds: bool
    why: dict[str, Any] = Field(
        description="The rule with `holds` in each part; in each leaf `found`: the value, or how often it happened"
    )
