"""What use costs: tiers and packages, by a pure function that is exact until it rounds once, at the end."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from plg.plans.strict import Currency, Strict

DecimalText = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}(\.[0-9]{1,12})?$")]


class Tier(Strict):
    """unit: price of one, flat: price of the tier as such, both in the minor unit (`"2.5"` is two and a half cents).
    up_to: the last quantity of the tier; left out: without end."""

    up_to: int | None = Field(None, gt=0)
    unit: DecimalText = "0"
    flat: DecimalText = "0"


class Charge(Strict):
    """What the use of a feature costs in one currency, beyond what is included.

    graduated: each tier's price holds for the part of the quantity within it. volume: the tier that the whole
    quantity falls into sets the price of all of it. package: `tiers[0].flat` for each package of `package` that was
    begun."""

    currency: Currency
    model: Literal["graduated", "volume", "package"] = "graduated"
    tiers: list[Tier] = Field(min_length=1, max_length=20)
    package: int | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _fits(self) -> Charge:
        ends = [tier.up_to for tier in self.tiers]
        bounded = [end for end in ends[:-1] if end is not None]
        if len(bounded) < len(ends) - 1 or ends[-1] is not None:
            raise ValueError("every tier but the last needs `up_to`, and the last has none")
        if sorted(set(bounded)) != bounded:
            raise ValueError("each tier's `up_to` must be above the one before")
        if (self.package is not None) != (self.model == "package"):
            raise ValueError("`package` is the size of a package: needed there, and only there")
        if self.model == "package" and len(self.tiers) > 1:
            raise ValueError("packages have one tier")
        return self


def cost(charge: Charge, quantity: Decimal | int) -> int:
    """What so much costs, in the currency's minor unit; half a unit is rounded up, once."""
    amount = max(Decimal(quantity), Decimal(0))
    return int(exact(charge, amount).quantize(Decimal(1), ROUND_HALF_UP)) if amount else 0


def exact(charge: Charge, quantity: Decimal) -> Decimal:
    """The same before it is rounded; quantity is above 0."""
    if charge.model == "package":
        packages = (quantity / (charge.package or 1)).to_integral_value(ROUND_CEILING)
        return packages * Decimal(charge.tiers[0].flat)
    if charge.model == "volume":
        tier = next(one for one in charge.tiers if one.up_to is None or quantity <= one.up_to)
        return Decimal(tier.flat) + quantity * Decimal(tier.unit)
    return _graduated(charge.tiers, quantity)


def _graduated(tiers: Sequence[Tier], quantity: Decimal) -> Decimal:
    total, start = Decimal(0), Decimal(0)
    for tier in tiers:
        if quantity <= start:
            break
        end = quantity if tier.up_to is None else min(quantity, Decimal(tier.up_to))
        total += Decimal(tier.flat) + (end - start) * Decimal(tier.unit)
        start = end if tier.up_to is None else Decimal(tier.up_to)
    return total
