"""The experiment of a flow as people write it: a holdout that gets nothing, and variants that change the flow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

from pydantic import Field

from onboarding_flows.action_definition import Action
from onboarding_flows.shapes import MAX_STEPS, Key, LineIn, ProseIn, Shape
from onboarding_flows.step_definition import Part, Step
from plg.kit import assignment

HOLDOUT: Final = "holdout"
CONTROL: Final = "control"
MAX_VARIANTS: Final = 10
MAX_WEIGHT: Final = 1000


class Changes(Shape):
    """What a variant has in place of the flow's own. Steps replace sections, too, and the other way round."""

    title: LineIn | None = None
    description: ProseIn | None = None
    action: Action | None = None
    steps: Sequence[Step] = Field([], max_length=MAX_STEPS)
    sections: list[Part] = Field([], max_length=MAX_STEPS)

    @property
    def given(self) -> dict[str, Any]:
        return replaced({name: value for name, value in self if value})


class Variant(Shape):
    """One way that the flow looks. weight: its part of those who are not held out."""

    key: Key
    weight: int = Field(1, ge=1, le=MAX_WEIGHT)
    changes: Changes | None = None


class Experiment(Shape):
    """holdout: percent who get nothing. The first variant is the control: the flow as it is; without variants,
    everybody who is not held out is in it."""

    holdout: int = Field(0, ge=0, le=99)
    variants: Sequence[Variant] = Field([], max_length=MAX_VARIANTS)

    @cached_property
    def buckets(self) -> dict[str, range]:
        """Arm -> who is in it, by the number that `assignment.bucket` gives them; the holdout comes first."""
        held_out = range(self.holdout * assignment.BUCKETS // 100)
        weights = {variant.key: variant.weight for variant in self.variants} or {CONTROL: 1}
        shared = assignment.ranges(weights, start=len(held_out))
        return {HOLDOUT: held_out, **shared} if held_out else shared

    @property
    def control(self) -> str:
        return self.variants[0].key if self.variants else CONTROL

    @property
    def baseline(self) -> str:
        """The arm with which the others are compared."""
        return HOLDOUT if self.holdout else self.control

    def changes(self, arm: str) -> dict[str, Any]:
        """Which parts of the flow that arm has in another way."""
        found = next((variant.changes for variant in self.variants if variant.key == arm), None)
        return found.given if found is not None else {}


def replaced(changes: dict[str, Any]) -> dict[str, Any]:
    """These changes with what they take away: a flow has either steps or sections."""
    return ({"steps": [], "sections": []} if changes.keys() & {"steps", "sections"} else {}) | changes
