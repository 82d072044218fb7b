"""A step of a flow as people write it."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, Field, StrictBool, model_validator

from onboarding_flows.action_definition import Action
from onboarding_flows.completion import CompletesOn
from onboarding_flows.shapes import MAX_STEPS, Key, LineIn, ProseIn, RuleIn, Shape

MAX_DAYS: Final = 365
ANYONE: Final = "anyone"


def _of_somebody(role: str | None) -> str | None:
    return None if role == ANYONE else role


StepRole = Annotated[Key | None, AfterValidator(_of_somebody)]
"""Who should do it: a role in the account, or what people are by their traits `role` or `job`, such as developer.
`anyone` is the same as no role."""


class Reward(Shape):
    """What doing a step earns, once: days of the account's trial, as far as its cap allows, and points."""

    trial_days: int = Field(0, ge=0, le=60)
    points: int = Field(0, ge=0, le=10_000)

    @model_validator(mode="after")
    def _something(self) -> Reward:
        if not self.trial_days and not self.points:
            raise ValueError("needs trial_days, or points")
        return self


class Step(Shape):
    """One thing to do; body is Markdown. What happens completes it (completes_on), or a rule that holds for its owner
    (completes_when), or the person marks it as done (manual), or fills in its form (action).

    requires: steps that come first. role: who should do it; whoever does it completes it. due: days after the
    beginning of the flow. skippable: people may leave it out. visible_when: it is not there before this held once.
    stays_done: false takes back what completes_when did when it holds no more."""

    key: Key
    title: LineIn
    body: ProseIn | None = None
    action: Action | None = None
    completes_on: CompletesOn | None = None
    completes_when: RuleIn | None = None
    manual: StrictBool = False
    requires: list[Key] = Field([], max_length=MAX_STEPS)
    role: StepRole = None
    due: int | None = Field(None, ge=1, le=MAX_DAYS)
    skippable: StrictBool = False
    visible_when: RuleIn | None = None
    stays_done: StrictBool = True
    reward: Reward | None = None

    @property
    def has_form(self) -> bool:
        return self.action is not None and self.action.form is not None

    @model_validator(mode="after")
    def _one_way(self) -> Step:
        ways = (self.completes_on is not None, self.completes_when is not None, self.manual, self.has_form)
        if sum(ways) != 1:
            raise ValueError("needs either completes_on, or completes_when, or manual: true, or a form")
        if not self.stays_done and self.completes_when is None:
            raise ValueError("stays_done: false means something only with completes_when")
        if self.manual and self.reward is not None and self.reward.trial_days:
            raise ValueError("trial days are earned by what plg sees, not by what people say by hand")
        return self


class Part(Shape):
    """A section: steps under a heading of their own."""

    title: LineIn
    steps: list[Step] = Field(min_length=1, max_length=MAX_STEPS)
