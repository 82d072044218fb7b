"""Seats that an account needs of a plan: one for each member, where seats are paid for."""

from __future__ import annotations

from plg.accounts import memberships
from plg.plans.catalogue import Plan
from plg.plans.schemas import Price


def needed(account_id: int, plan: Plan, price: Price) -> int:
    """How many seats an account buys that pays nothing yet: one for each member and not fewer than are included; 1
    where seats cost nothing."""
    further = plan.seat_price(price)
    if further is None and not price.seat:
        return 1
    return max(memberships.count(account_id), further.included if further else 0, 1)


def first(account_id: int, plan: Plan, price: Price) -> Price:
    """A price of the plan's, with what the account would pay a period for the seats that it needs."""
    cost = plan.fixed_cost(price, needed(account_id, plan, price))
    return price.model_copy(update={"amount": cost})
