"""What an offer comes down to for one account: a plan to buy, a lesson to take, or days to have."""

from __future__ import annotations

from collections.abc import Sequence

from flask import current_app

from plg.kit.wing import Learning
from plg.offers.definition import NEXT, Answer, Teach
from plg.plans import assignments, catalogue
from plg.plans.catalogue import Plan
from plg.trials import states, trials
from plg.usage import paywall


def plan_for(account_id: int, answer: Answer, feature: str) -> str | None:
    """The key of the plan that is offered, empty where none is; None where there is nothing to offer to this account:
    it has as much already, or no trial that could be longer."""
    if answer.extend is not None:
        trial = trials.of_account(account_id)
        may_be_longer = trial is not None and trial.status in (states.ACTIVE, states.GRACE)
        return "" if may_be_longer else None
    if answer.upgrade is None:
        return ""
    present = assignments.current(account_id).plan
    if answer.upgrade.plan == NEXT:
        return next((plan.key for plan in _better(present, feature)), None)
    return answer.upgrade.plan if answer.upgrade.plan in {plan.key for plan in higher(present)} else None


def _better(present: Plan, feature: str) -> list[Plan]:
    if feature:
        return paywall.better_plans(catalogue.published(), present, feature)
    return higher(present)


def higher(present: Plan) -> list[Plan]:
    """The paid plans that come after this one in the catalogue's order; all, where it is not paid itself."""
    paid = catalogue.paid_plans()
    keys = [plan.key for plan in paid]
    return paid[keys.index(present.key) + 1 :] if present.key in keys else paid


def lesson_address(teach: Teach) -> str | None:
    """Where the lesson is: an address, or the path of a course on plg's pages; None where no wing has such
    a course."""
    if teach.url is not None:
        return teach.url
    teachers: Sequence[Learning] = current_app.extensions["plg.learning"]
    found = (teacher.address(teach.course or "") for teacher in teachers)
    return next((address for address in found if address is not None), None)
