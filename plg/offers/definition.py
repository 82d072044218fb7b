"""An offer as people write it: when it is raised, for whom, where it appears, what it says and what it offers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final, Literal

from pydantic import Field, ValidationError, model_validator

from plg.kit import assignment, rules
from plg.kit.errors import Fault, NotFound, Unprocessable
from plg.kit.faults import faults_of
from plg.kit.rules import Rule
from plg.offers.shapes import FeatureKey, Key, LineIn, ProseIn, RuleIn, Shape, Span, Time, Url
from plg.offers.triggers import Trigger

HOLDOUT: Final = "holdout"
ALL: Final = "all"
NEXT: Final = "next"
MAX_VARIANTS: Final = 10
Channel = Literal["card", "banner", "modal", "email", "page"]
IN_WIDGET: Final = ("card", "banner", "modal")


class OfferFaulty(Unprocessable):
    """An offer that cannot be published; every fault with its path."""


class OfferNotFound(NotFound):
    pass


class Upgrade(Shape):
    """plan: its key, or `next`: the cheapest that gives more of what is missing. code: a promotion code of Stripe's,
    shown with the offer and typed at the checkout."""

    plan: FeatureKey = NEXT
    code: str | None = Field(None, pattern=r"^[A-Za-z0-9-]{1,50}$")


class Teach(Shape):
    """The lesson that solves it: an address, or the key of a course that a wing finds the address of."""

    title: LineIn
    url: Url | None = None
    course: Key | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Teach:
        if (self.url is None) == (self.course is None):
            raise ValueError("must have either url or course")
        return self


class Extend(Shape):
    """So many more days of the trial, once for an account."""

    days: int = Field(ge=1, le=90)


class Answer(Shape):
    """What closes the gap: one of upgrade, teach and extend."""

    upgrade: Upgrade | None = None
    teach: Teach | None = None
    extend: Extend | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Answer:
        if sum(way is not None for way in (self.upgrade, self.teach, self.extend)) != 1:
            raise ValueError("must have one of upgrade, teach and extend")
        return self


class Frequency(Shape):
    """every: this long after an offer of this key ended, an account may get it anew. most: so often in all. rest: a
    banner or modal that was seen rests so long before the same person sees it again. times: so often they see it."""

    every: Span = "30d"
    most: int = Field(3, ge=1, le=1000)
    rest: Span = "1d"
    times: int = Field(3, ge=1, le=1000)


class Variant(Shape):
    """One way that the offer looks or answers. weight: its part of those who are not held out. when: only where this
    rule holds; variants are chosen among those with the same rule, the first that holds."""

    key: Key
    weight: int = Field(1, ge=1, le=1000)
    when: RuleIn | None = None
    title: LineIn | None = None
    body: ProseIn | None = None
    label: LineIn | None = None
    answer: Answer | None = None

    @property
    def rule(self) -> Rule | None:
        return rules.parse(self.when) if self.when is not None else None


class Offer(Shape):
    """label: of its button. lasts: so long it stays open. snooze: so long "later" puts it off. holdout: percent of
    accounts who are shown nothing. choose: `weights`, or `measured`: once there is enough to tell by, the variant
    that upgrades most (see `arms`). window: an upgrade so long after the first showing is this offer's."""

    trigger: Trigger
    audience: RuleIn | None = None
    channel: Channel = "card"
    title: LineIn
    body: ProseIn
    label: LineIn | None = None
    answer: Answer = Answer(upgrade=Upgrade())
    priority: int = Field(100, ge=0, le=1000)
    starts_at: Time | None = None
    ends_at: Time | None = None
    lasts: Span = "14d"
    frequency: Frequency = Frequency()
    snooze: Span = "3d"
    holdout: int = Field(0, ge=0, le=99)
    variants: Sequence[Variant] = Field((), max_length=MAX_VARIANTS)
    choose: Literal["weights", "measured"] = "weights"
    window: Span = "14d"

    @model_validator(mode="after")
    def _makes_sense(self) -> Offer:
        keys = [variant.key for variant in self.variants]
        if len(set(keys)) < len(keys) or HOLDOUT in keys:
            raise ValueError(f"variants must have different keys, and none is {HOLDOUT!r}")
        if self.starts_at and self.ends_at and self.starts_at >= self.ends_at:
            raise ValueError("ends_at must be after starts_at")
        answers = [self.answer, *(variant.answer for variant in self.variants if variant.answer)]
        if self.channel == "card" and any(answer.upgrade is None for answer in answers):
            raise ValueError("a card sells an upgrade; what teaches or extends needs another channel")
        return self

    @cached_property
    def audience_rule(self) -> Rule | None:
        return rules.parse(self.audience) if self.audience is not None else None

    def in_arm(self, key: str) -> Offer:
        """The offer as this variant has it."""
        found = next((variant for variant in self.variants if variant.key == key), None)
        if found is None:
            return self
        changed = {
            name: value
            for name in ("title", "body", "label", "answer")
            if (value := getattr(found, name)) is not None
        }
        return self.model_copy(update=changed)

    @property
    def arms(self) -> list[str]:
        """Every arm of its experiment, the one that the others are compared with first."""
        shown = [variant.key for variant in self.variants] or [ALL]
        return [HOLDOUT, *shown] if self.holdout else shown

    @property
    def held_out(self) -> range:
        """The buckets of the holdout (see `assignment.bucket`)."""
        return range(self.holdout * assignment.BUCKETS // 100)


def parse(definition: Any, at: str = "") -> dict[str, Any]:
    """The definition as it is published, as short as it was written. Raises OfferFaulty with every fault."""
    try:
        return Offer.model_validate(definition).model_dump(mode="json", by_alias=True, exclude_unset=True)
    except ValidationError as error:
        faults = [Fault(_place(each.field), each.message) for each in faults_of(error, at, "rule")]
        raise OfferFaulty(errors=faults) from None


def _place(path: str) -> str:
    """Without the name of the trigger's kind, which is no part of what was written."""
    if path == "rule":  # the whole
        return "offer"
    steps = path.split(".")
    return ".".join(step for at, step in enumerate(steps) if not (at and steps[at - 1] == "trigger"))
