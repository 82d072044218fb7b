"""Shapes of `plans.toml`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field, field_validator

from plg.plans.features import Allowance as Allowance
from plg.plans.features import Feature as Feature
from plg.plans.features import Features, Limit
from plg.plans.strict import Currency, Key, Strict, Texts
from plg.plans.trial_rules import Misfits, TrialRule, TrialTerms


class Price(Strict):
    """amount: in the currency's minor unit. seat: for each seat instead of for the plan as such. Beside a price of
    the plan itself in the same currency and interval, it is for each seat beyond those `included` there."""

    amount: int = Field(gt=0)
    currency: Currency
    interval: Literal["month", "year"]
    seat: bool = Field(False, exclude_if=lambda value: not value)
    included: int = Field(0, ge=0, le=100_000, exclude_if=lambda value: not value)

    @property
    def rhythm(self) -> tuple[str, str]:
        """In which currency, and how often, it is paid."""
        return self.currency, self.interval


class PlanDefinition(Strict):
    """A plan: `features` gives for each feature a number, "unlimited", or true or false. trial: how a trial goes
    that is started with this plan."""

    name: Texts
    description: Texts = Field(default_factory=dict)
    prices: list[Price] = Field(default_factory=list)
    features: Features = Field(default_factory=dict)
    trial: TrialTerms | None = Field(None, exclude_if=lambda value: value is None)


def price_faults(prices: Sequence[Price]) -> Misfits:
    """(path, message) of prices that do not fit to each other."""
    of_plans = {price.rhythm for price in prices if not price.seat}
    found, seen = Misfits(), set[tuple[str, str]]()
    for number, price in enumerate(prices):
        if price.included and not (price.seat and price.rhythm in of_plans):
            why = "is for the price of a seat beside a price of the plan in the same currency and interval"
            found.append((f"{number}.included", why))
        if price.seat and price.rhythm in seen:
            found.append((f"{number}.seat", "one for each currency and interval"))
        if price.seat:
            seen.add(price.rhythm)
    return found


class AddOn(Strict):
    """Something to buy beside a plan: how much more of each feature one of it gives."""

    name: Texts
    prices: list[Price] = Field(default_factory=list)
    features: dict[Key, int] = Field(min_length=1)


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
    add_ons: dict[Key, AddOn] = Field(default_factory=dict, exclude_if=lambda value: not value)


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
            found += [(f"plans.{key}.prices.{where}", why) for where, why in price_faults(plan.prices)]
            for feature, limit in plan.features.items():
                found += self._limit_faults(f"plans.{key}.features.{feature}", feature, limit)
            if plan.trial:
                found += self._trial_faults(f"plans.{key}.trial", plan.trial)
        found += self._add_on_faults()
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
        kind = self.features[feature].type
        if (kind == "boolean") != isinstance(limit, bool):
            return [
                (path, "must be true or false" if kind == "boolean" else 'must be a number or "unlimited"')
            ]
        if not isinstance(limit, Allowance):
            return []
        found: Misfits = []
        if limit.rollover and (kind != "metered" or self.features[feature].per == "lifetime"):
            found.append((f"{path}.rollover", "is for what is metered by periods"))
        if limit.charges and not limit.soft:
            found.append((f"{path}.charges", "are paid beyond the limit: it must be `soft`"))
        currencies = [charge.currency for charge in limit.charges]
        if len(set(currencies)) < len(currencies):
            found.append((f"{path}.charges", "one a currency"))
        return found

    def _add_on_faults(self) -> Misfits:
        known = {key for key, feature in self.features.items() if feature.type != "boolean"}
        return [
            (f"add_ons.{key}.features.{feature}", f"there is no feature {feature!r} that is a number")
            for key, add_on in self.add_ons.items()
            for feature in add_on.features
            if feature not in known
        ]
