"""What the report on an experiment should count, in plain Python: one owner after the other."""

from __future__ import annotations

import datetime as dt
from statistics import median
from typing import Any

from sqlalchemy import select

from onboarding_flows.experiment_report import FEW
from onboarding_flows.models import FlowEnrolment, StepCompletion
from plg.accounts.models import Membership
from plg.events import names
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db


def recount(key: str, versions: list[int], arms: list[str], within: list[int], scope: str) -> dict[str, Any]:
    """The same figures, one owner after the other."""
    moment, counted = now(), {arm: Counted(within) for arm in arms}
    events = db.session.execute(select(Event.account_id, Event.name, Event.occurred_at)).all()
    members = db.session.execute(select(Membership.person_id, Membership.account_id)).all()
    for row in db.session.scalars(select(FlowEnrolment).where(FlowEnrolment.flow_key == key)):
        if row.version_id not in versions or row.variant not in arms:
            continue
        theirs = {row.account_id} if scope == "account" else {a for p, a in members if p == row.person_id}
        steps = select(StepCompletion).where(StepCompletion.enrolment_id == row.id)
        known = [(name, at) for account, name, at in events if account in theirs]
        counted[row.variant].add(row, list(db.session.scalars(steps)), known, moment)
    return {arm: each.told() for arm, each in counted.items()}


class Counted:
    def __init__(self, within: list[int]) -> None:
        self.begun = self.met = self.completed = 0
        self.whole: list[int] = []
        self.steps: dict[str, dict[str, Any]] = {}
        self.outcomes = {(n, d): [0, 0] for n in ("activated", "upgraded") for d in within}

    def add(
        self, row: FlowEnrolment, steps: list[StepCompletion], events: list[Any], moment: dt.datetime
    ) -> None:
        self.begun += 1
        if row.exposed_at is None:
            return
        self.met += 1
        if row.completed_at is not None:
            self.completed += 1
            self.whole.append(seconds(row.exposed_at, row.completed_at))
        for each in steps:
            found = self.steps.setdefault(each.step_key, {"done": 0, "skipped": 0, "stopped": 0, "times": []})
            found["skipped" if each.skipped else "done"] += 1
            if not each.skipped:
                found["times"].append(seconds(row.exposed_at, each.occurred_at))
        if steps and row.completed_at is None:
            # The last one; of two at the same moment the first by its key.
            last = min(steps, key=lambda each: (-each.occurred_at.timestamp(), each.step_key))
            self.steps[last.step_key]["stopped"] += 1
        for (name, days), counts in self.outcomes.items():
            until = row.exposed_at + dt.timedelta(days=days)
            if until <= moment:
                wanted = {"activated": names.ACTIVATED, "upgraded": names.SUBSCRIPTION_STARTED}[name]
                counts[1] += 1
                counts[0] += any(n == wanted and row.exposed_at < at <= until for n, at in events)

    def told(self) -> dict[str, Any]:
        steps = {
            key: (s["done"], s["skipped"], s["stopped"], middle(s["times"])) for key, s in self.steps.items()
        }
        completed = {("completed", None): (self.completed, self.met)}
        outcomes = completed | {asked: (done, of) for asked, (done, of) in self.outcomes.items()}
        return {
            "begun": self.begun,
            "met": self.met,
            "median": middle(self.whole),
            "steps": steps,
            "outcomes": outcomes,
        }


def seconds(since: dt.datetime, until: dt.datetime) -> int:
    return max(int(until.timestamp()) - int(since.timestamp()), 0)


def middle(times: list[int]) -> float | None:
    return float(median(times)) if len(times) >= FEW else None
