"""A flow as people write it (`flows/*.yaml`) and as versions keep it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from onboarding_flows.experiment_definition import Experiment
from onboarding_flows.shapes import MAX_STEPS, Key, Line, LineIn, ProseIn, RoleName, RuleIn, Shape
from onboarding_flows.step_definition import Part, Step


class Audience(Shape):
    """Who gets a flow; an empty list means everybody. plans: keys of the account's plan. when: a rule that holds for
    the person, or for anybody of the account that shares the flow."""

    roles: list[RoleName] = []
    plans: list[Line] = []
    when: RuleIn | None = None


class Flow(Shape):
    """A checklist: steps, or sections of steps. scope: whose progress it is; an account's is shared by its people."""

    key: Key
    title: LineIn
    description: ProseIn | None = None
    scope: Literal["person", "account"] = "person"
    audience: Audience = Audience()
    steps: list[Step] = Field([], max_length=MAX_STEPS)
    sections: list[Part] = Field([], max_length=MAX_STEPS)
    experiment: Experiment | None = None

    @property
    def all_steps(self) -> list[Step]:
        """The steps in their order, whatever section they stand in."""
        return [*self.steps, *(step for part in self.sections for step in part.steps)]

    def in_arm(self, arm: str) -> Flow:
        """The flow with what that arm of its experiment changes."""
        return self.model_copy(update=self.experiment.changes(arm) if self.experiment else {})
