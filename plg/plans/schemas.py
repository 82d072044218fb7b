"""Shapes of `plans.toml`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,49}$")]
Limit = Annotated[int, Field(ge=0)] | Literal["unlimited"] | bool
Texts = dict[Literal["es", "en"], Annotated[str, StringConstraints(min_length=1, max_length=500)]]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Feature(_Strict):
    """What a plan can give. metered: counted from `event`, a period long; boolean: given or not; static: a
    number that the product holds itself."""

    name: Texts
    type: Literal["metered", "boolean", "static"]
    event: str | None = None
    per: Literal["month", "lifetime"] = "month"

    @model_validator(mode="after")
    def _event_where_metered(self) -> Feature:
        if (self.event is not None) != (self.type == "metered"):
            raise ValueError("`event` is needed for a metered feature, and only there")
        return self


class Price(_Strict):
    """amount: in the currency's minor unit; currency: ISO 4217, lower case."""

    amount: int = Field(gt=0)
    currency: Annotated[str, StringConstraints(pattern=r"^[a-z]{3}$")]
    interval: Literal["month", "year"]


class PlanDefinition(_Strict):
    """A plan: `features` gives for each feature a number, "unlimited", or true or false."""

    name: Texts
    description: Texts = Field(default_factory=dict)
    prices: list[Price] = Field(default_factory=list)
    features: dict[Key, Limit] = Field(default_factory=dict)


class TrialRule(_Strict):
    plan: Key
    days: int = Field(ge=1, le=365)
    at_end: Key


class Activation(_Strict):
    """The account's first moment of value: the first event of this name."""

    event: str


class Catalogue(_Strict):
    """Everything of `plans.toml` but the plans themselves. `order`: as they are shown, cheapest first."""

    default: Key
    order: list[Key]
    trial: TrialRule | None = None
    activation: Activation | None = None
    features: dict[Key, Feature] = Field(default_factory=dict)


class PlansFile(Catalogue):
    """The whole file; what it says must fit together."""

    plans: dict[Key, PlanDefinition]

    @field_validator("plans")
    @classmethod
    def _some(cls, plans: dict[str, Any]) -> dict[str, Any]:
        if not plans:
            raise ValueError("at least one plan is needed")
        if "catalogue" in plans:
            raise ValueError("`catalogue` is not a name for a plan")
        return plans

    def faults(self) -> list[tuple[str, str]]:
        """(path, message) of everything that does not fit together."""
        named = [("default", self.default), *((f"order.{i}", key) for i, key in enumerate(self.order))]
        if self.trial:
            named += [("trial.plan", self.trial.plan), ("trial.at_end", self.trial.at_end)]
        found = [(path, f"there is no plan {key!r}") for path, key in named if key not in self.plans]
        for key, plan in self.plans.items():
            if key not in self.order:
                found.append((f"plans.{key}", "is missing from `order`"))
            for feature, limit in plan.features.items():
                found += self._limit_faults(f"plans.{key}.features.{feature}", feature, limit)
        return found

    def _limit_faults(self, path: str, feature: str, limit: Limit) -> list[tuple[str, str]]:
        if feature not in self.features:
            return [(path, f"there is no feature {feature!r}")]
        if (self.features[feature].type == "boolean") != isinstance(limit, bool):
            wanted = (
                "true or false" if self.features[feature].type == "boolean" else 'a number or "unlimited"'
            )
            return [(path, f"must be {wanted}")]
        return []
