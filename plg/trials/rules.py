"""Which rule a trial goes by: the one that was published when it began."""

from __future__ import annotations

from plg.kit.errors import NotFound
from plg.plans import catalogue
from plg.plans.trial_rules import TrialRule


class NoTrialOffered(NotFound):
    """The catalogue has no such trial."""


def offered(plan: str | None = None) -> tuple[int, TrialRule]:
    """The rule of a new trial and the version that holds it: that of sign-ups, or that of a plan."""
    published = catalogue.published()
    general = published.catalogue.trial
    if plan is None or (general and general.plan == plan and not catalogue.plan(plan).trial):
        if general is None:
            raise NoTrialOffered("There is no trial to start.")
        return published.version_id, general
    found = catalogue.plan(plan)
    if found.trial is None:
        raise NoTrialOffered(f"The plan {plan!r} has no trial.")
    return found.version_id, catalogue.trial_rules()[found.version_id]


def of(rule_id: int) -> TrialRule:
    return catalogue.trial_rules()[rule_id]
