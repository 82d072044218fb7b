"""Shapes of what a plan can give, and how much of it."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from plg.kit import rules
from plg.plans.pricing import Charge
from plg.plans.strict import Key, Strict, Texts

Aggregation = Literal["count", "sum", "max", "unique", "last"]
Interval = Literal["day", "week", "month", "year", "lifetime"]


def _unless(default: Any) -> Any:
    """A field that is written only where it says something."""
    return Field(default, exclude_if=lambda value: value == default)


class Feature(Strict):
    """What a plan can give. metered: measured from `event`, a period long; boolean: given or not; static: a
    number that the product holds itself; seats: the members of the workspace.

    aggregation: how events become a number: their count, or the sum, the largest, the last, or the number of
    different values of `property`. where: conditions on the event's properties, as in a rule's `where`. group_by: a
    property by which the reading is divided as well. per, anchor: how long a period is, and whether it begins with
    the calendar or on the account's billing day (months only). while_locked: stays usable where a trial's end left
    the account read-only or locked (such as the export of its data)."""

    name: Texts
    type: Literal["metered", "boolean", "static", "seats"]
    event: str | None = None
    per: Interval = "month"
    anchor: Literal["calendar", "billing"] = _unless("calendar")
    aggregation: Aggregation = _unless("count")
    property: Annotated[str, Field(min_length=1, max_length=100)] | None = _unless(None)
    where: dict[str, Any] = Field(default_factory=dict, exclude_if=lambda value: not value)
    group_by: Annotated[str, Field(min_length=1, max_length=100)] | None = _unless(None)
    while_locked: bool = _unless(False)

    @model_validator(mode="after")
    def _fits(self) -> Feature:
        if (self.event is not None) != (self.type == "metered"):
            raise ValueError("`event` is needed for a metered feature, and only there")
        if (self.property is not None) != (self.aggregation != "count"):
            raise ValueError("`property` is needed for every `aggregation` but count, and only there")
        if self.event is None and (self.aggregation != "count" or self.where or self.group_by):
            raise ValueError("only a metered feature is measured")
        if self.anchor == "billing" and self.per != "month":
            raise ValueError('`anchor = "billing"` is for months')
        self.condition()
        return self

    def condition(self) -> rules.EventLeaf | None:
        """The `where` as a rule; None where every event counts."""
        if not self.where or self.event is None:
            return None
        try:
            found = rules.parse({"event": self.event, "where": self.where})
        except rules.RuleFaulty as refused:
            raise ValueError(refused.detail) from None
        assert isinstance(found, rules.EventLeaf)
        return found


class Rollover(Strict):
    """What is left at the end of a period may be used later: at most so much, for so many periods."""

    most: int = Field(gt=0)
    periods: int = Field(1, ge=1, le=12)


MEANT: Final = "~"
"""Begins the parts of a fault's path that only say what was meant."""


def _kind(value: Any) -> str:
    """Which way of saying how much was meant, so that a fault names one of them and not all."""
    if isinstance(value, dict | Allowance):
        return MEANT + "allowance"
    return MEANT + (
        "yes_or_no" if isinstance(value, bool) else "word" if isinstance(value, str) else "number"
    )


Whole = Annotated[int, Field(ge=0), Tag(MEANT + "number")]
Unlimited = Annotated[Literal["unlimited"], Tag(MEANT + "word")]


class Allowance(Strict):
    """How much of a feature a plan gives, where a number does not say it all. soft: use may go beyond it, for the
    prices of `charges`, one a currency."""

    included: Annotated[Whole | Unlimited, Discriminator(_kind)]
    soft: bool = _unless(False)
    rollover: Rollover | None = _unless(None)
    charges: list[Charge] = Field(default_factory=list, exclude_if=lambda value: not value)


YesOrNo = Annotated[bool, Tag(MEANT + "yes_or_no")]
Limit = Annotated[
    Whole | Unlimited | YesOrNo | Annotated[Allowance, Tag(MEANT + "allowance")], Discriminator(_kind)
]
Features = dict[Key, Limit]


def included(limit: Limit) -> int | None:
    """How much is given; None: as much as wanted."""
    given = limit.included if isinstance(limit, Allowance) else limit
    return None if given == "unlimited" else int(given)
