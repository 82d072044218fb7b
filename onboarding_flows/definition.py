"""A flow as people write it (`flows/*.yaml`) and as versions keep it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from onboarding_flows.action_definition import Action
from onboarding_flows.experiment_definition import MAX_VARIANTS, Changes, Experiment, Variant
from onboarding_flows.prompt_definition import PROMPTS, Kind, Show, TourStep
from onboarding_flows.shapes import MAX_STEPS, Key, Line, LineIn, ProseIn, RoleName, RuleIn, Shape
from onboarding_flows.step_definition import Part, Step

Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=10)]


class Audience(Shape):
    """Who gets a flow; an empty list means everybody. plans: keys of the account's plan. when: a rule that holds for
    the person, or for anybody of the account that shares the flow. percent: a share of the people (or accounts),
    always the same ones. locales: of people whose language is one of these; `es` is also `es-MX`."""

    roles: list[RoleName] = []
    plans: list[Line] = []
    when: RuleIn | None = None
    percent: int | None = Field(None, ge=0, le=100)
    locales: list[Locale] = Field([], max_length=50)


class Flow(Shape):
    """A checklist: steps, or sections of steps; a tour: steps that point at places of a page; a banner or an
    announcement: its description, and an action. scope: whose progress it is; an account's is shared by its
    people."""

    key: Key
    kind: Kind = "checklist"
    title: LineIn
    description: ProseIn | None = None
    scope: Literal["person", "account"] = "person"
    audience: Audience = Audience()
    show: Show = Show()
    action: Action | None = None
    placement: Literal["top", "bottom", "modal", "corner"] | None = None
    steps: Sequence[Step] = Field([], max_length=MAX_STEPS)
    sections: list[Part] = Field([], max_length=MAX_STEPS)
    experiment: Experiment | None = None

    @property
    def all_steps(self) -> list[Step]:
        """The steps in their order, whatever section they stand in."""
        return [*self.steps, *(step for part in self.sections for step in part.steps)]

    def in_arm(self, arm: str) -> Flow:
        """The flow with what that arm of its experiment changes."""
        return self.model_copy(update=self.experiment.changes(arm) if self.experiment else {})

    @property
    def is_prompt(self) -> bool:
        """Whether it comes up by itself."""
        return self.kind in PROMPTS


class TourChanges(Changes):
    steps: Sequence[TourStep] = Field([], max_length=MAX_STEPS)


class TourVariant(Variant):
    changes: TourChanges | None = None


class TourExperiment(Experiment):
    variants: Sequence[TourVariant] = Field([], max_length=MAX_VARIANTS)


class Tour(Flow):
    """A flow whose steps are those of a tour."""

    steps: Sequence[TourStep] = Field([], max_length=MAX_STEPS)
    experiment: TourExperiment | None = None


def of(definition: Any, context: Any = None) -> Flow:
    """The flow of a definition. Raises ValidationError."""
    is_tour = isinstance(definition, dict) and definition.get("kind") == "tour"
    return (Tour if is_tour else Flow).model_validate(definition, context=context)
