"""Shapes of `plans.toml`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from plg.plans.strict import Key, Strict, Texts
from plg.plans.trial_rules import Misfits, TrialRule, TrialTerms

Limit = Annotated[int, Field(ge=0)] | Literal["unlimited"] | bool


class Feature(Strict):
    """What a plan can give. metered: counted from `event`, a period long; boolean: given or not; static: a
    number that the product holds itself. while_locked: stays usable where a trial's end left the account read-only
    or locked (such as the export of its data)."""

    name: Texts
    type: Literal["metered", "boolean", "static"]
    event: str | None = None
    per: Literal["month", "lifetime"] = "month"
    while_locked: bool = Field(False, exclude_if=lambda value: not value)

    @model_validator(mode="after")
    def _event_where_metered(self) -> Feature:
        if (self.event is not None) != (self.type == "metered"):
            raise ValueError("`event` is needed for a metered feature, and only there")
        return self


class Price(Strict):
    """amount: in the currency's minor unit; currency: ISO 4217, lower case."""

    amount: int = Field(gt=0)
    currency: Annotated[str, StringConstraints(pattern=r"^[a-z]{3}$")]
    interval: Literal["month", "year"]


class PlanDefinition(Strict):
    """A plan: `features` gives for each feature a number, "unlimited", or true or false. trial: how a trial goes
    that is started with this plan."""

    name: Texts
    description: Texts = Field(default_factory=dict)
    prices: list[Price] = Field(default_factory=list)
    features: dict[Key, Limit] = Field(default_factory=dict)
    trial: TrialTerms | None = Field(None, exclude_if=lambda value: value is None)


class Activation(Strict):
    """The account's first moment of value: the first event of this name."""

    event: str


class Catalogue(Strict):
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

    def faults(self) -> Misfits:
        """(path, message) of everything that does not fit together."""
        named = [("default", self.default), *((f"order.{i}", key) for i, key in enumerate(self.order))]
        named += [("trial.plan", self.trial.plan)] if self.trial else []
        found = [(path, f"there is no plan {key!r}") for path, key in named if key not in self.plans]
        for key, plan in self.plans.items():
            if key not in self.order:
                found.append((f"plans.{key}", "is missing from `order`"))
            for feature, limit in plan.features.items():
                found += self._limit_faults(f"plans.{key}.features.{feature}", feature, limit)
            if plan.trial:
                found += self._trial_faults(f"plans.{key}.trial", plan.trial)
        return found + (self._trial_faults("trial", self.trial) if self.trial else [])

    def _trial_faults(self, path: str, rule: TrialTerms) -> Misfits:
        found = rule.misfits()
        if rule.at_end and rule.at_end not in self.plans:
            found.append(("at_end", f"there is no plan {rule.at_end!r}"))
        if rule.clock == "activation" and self.activation is None:
            found.append(("clock", "there is no [activation] that could start it"))
        if rule.credits and getattr(self.features.get(rule.credits.feature), "type", "") != "metered":
            found.append(("credits.feature", f"there is no metered feature {rule.credits.feature!r}"))
        if rule.continues_as and rule.continues_as.plan not in self.plans:
            found.append(("continues_as.plan", f"there is no plan {rule.continues_as.plan!r}"))
        elif rule.continues_as and rule.continues_as.interval not in self._intervals(rule.continues_as.plan):
            found.append(
                ("continues_as.interval", f"the plan has no price by the {rule.continues_as.interval}")
            )
        return [(f"{path}.{where}", why) for where, why in found]

    def _intervals(self, plan: str) -> set[str]:
        return {price.interval for price in self.plans[plan].prices}

    def _limit_faults(self, path: str, feature: str, limit: Limit) -> Misfits:
        if feature not in self.features:
            return [(path, f"there is no feature {feature!r}")]
        if (self.features[feature].type == "boolean") != isinstance(limit, bool):
            wanted = (
                "true or false" if self.features[feature].type == "boolean" else 'a number or "unlimited"'
            )
            return [(path, f"must be {wanted}")]
        return []
