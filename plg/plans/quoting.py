"""What an account pays for a plan: pure, exact, in one currency."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from plg.plans.catalogue import Plan
from plg.plans.pricing import cost


def quote(
    plan: Plan, currency: str, interval: str, *, seats: int, used: Mapping[str, Decimal | int]
) -> int | None:
    """The plan's price, its seats, and what `used` costs beyond what is included, in the minor unit. None: it is not
    sold in this currency by this interval. A plan without prices costs nothing."""
    if not plan.prices:
        return 0
    price = next((each for each in plan.prices if each.rhythm == (currency, interval)), None)
    if price is None:
        return None
    return plan.fixed_cost(price, seats) + sum(
        use_costs(plan, key, amount, currency) for key, amount in used.items()
    )


def use_costs(plan: Plan, feature: str, used: Decimal | int, currency: str) -> int:
    """What the use of a feature beyond what the plan includes costs."""
    charge, limit = plan.charge(feature, currency), plan.limit(feature)
    return 0 if charge is None or limit is None else cost(charge, Decimal(used) - limit)
