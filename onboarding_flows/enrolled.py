"""Enrolments and their steps as verbs pass them on, and holding them against each other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, select

from onboarding_flows import flows
from onboarding_flows.flows import PublishedFlow
from onboarding_flows.models import FlowEnrolment, StepCompletion
from plg.kit.db import db
from plg.kit.db_expressions import is_among, numbers


class Enrolled(NamedTuple):
    """An enrolment as verbs pass it on."""

    id: int
    flow_key: str
    version_id: int
    account_id: int | None
    person_id: int | None
    completed_at: dt.datetime | None
    reopened: int
    counts_from: dict[str, str]
    revealed: dict[str, str]
    variant: str | None = None

    @property
    def flow(self) -> PublishedFlow:
        """Their version, as their arm of its experiment has it."""
        return flows.version(self.version_id).in_arm(self.variant)

    def heeds(self, step_key: str, at: dt.datetime) -> bool:
        """Whether what happened at that moment counts for the step: not where it was reset since."""
        reset = self.counts_from.get(step_key) if self.counts_from else None
        return reset is None or at > dt.datetime.fromisoformat(reset)


COLUMNS: Final = tuple(getattr(FlowEnrolment, name) for name in Enrolled._fields)


class Place(NamedTuple):
    """A step of an enrolment."""

    enrolment_id: int
    step_key: str


@dataclass(frozen=True)
class Done:
    """A step that is completed (or skipped) now, by whom, and by which event (none: by hand)."""

    enrolment_id: int
    step_key: str
    occurred_at: dt.datetime
    person_id: int | None
    event_id: str | None = None
    position: int | None = None
    account_id: int | None = None
    actor: str | None = None
    skipped: bool = False

    def to_row(self, moment: dt.datetime) -> dict[str, Any]:
        """As a row of StepCompletion that is written at that moment."""
        row = vars(self) | {"completed_at": moment}
        del row["account_id"]
        return row


@dataclass
class Held:
    """An enrolment that nobody else changes until the transaction ends: its steps with their times."""

    enrolled: Enrolled
    done: dict[str, dt.datetime] = field(default_factory=dict)
    skipped: dict[str, dt.datetime] = field(default_factory=dict)

    @cached_property
    def flow(self) -> PublishedFlow:
        return self.enrolled.flow

    @property
    def settled(self) -> dict[str, dt.datetime]:
        return self.skipped | self.done

    @property
    def hidden(self) -> set[str]:
        return self.flow.hidden(self.enrolled.revealed, self.settled)


def hold(enrolment_ids: Collection[int]) -> dict[int, Held]:
    """Hold these enrolments until the transaction ends, as they are now; those that are gone are left out.

    Whoever settles a step holds the enrolment first, so that of two last steps one sees the other."""
    enrolments, steps = _statements()
    rows = db.session.execute(enrolments, {"ids": list(enrolment_ids)})
    held = {row.id: Held(Enrolled(*row)) for row in rows}
    for enrolment_id, key, at, skipped in db.session.execute(steps, {"ids": list(held)}):
        (held[enrolment_id].skipped if skipped else held[enrolment_id].done)[key] = at
    return held


@cache
def _statements() -> tuple[Select[*tuple[Any, ...]], Select[*tuple[Any, ...]]]:
    """Built once: the enrolments to hold, and their settled steps."""
    ids = numbers("ids")
    rows = select(*COLUMNS).where(is_among(FlowEnrolment.id, ids)).order_by(FlowEnrolment.id)
    steps = select(
        StepCompletion.enrolment_id,
        StepCompletion.step_key,
        StepCompletion.occurred_at,
        StepCompletion.skipped,
    )
    return rows.with_for_update(), steps.where(is_among(StepCompletion.enrolment_id, ids))
