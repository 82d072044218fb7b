"""An enrolment with all that decides what its owner is shown, as one query tells it (see `looking`)."""

from __future__ import annotations

import datetime as dt
from functools import cached_property

import msgspec

from onboarding_flows.showings import NEVER, Showing
from plg.attention.held_back import Kept


class SettledStep(msgspec.Struct, array_like=True):
    """A step that is done or skipped; by: the name of the person who did it, if one did."""

    key: str
    at: dt.datetime
    skipped: bool = False
    by: str | None = None


class Begun(msgspec.Struct, array_like=True, dict=True, kw_only=True):
    """The fields are the columns of the query in their order. revealed: the steps with a condition that are there."""

    flow_key: str = ""
    id: int = 0
    variant: str | None = None
    exposed_at: dt.datetime | None = None
    version_id: int = 0
    enrolled_at: dt.datetime
    completed_at: dt.datetime | None = None
    revealed: dict[str, str] = {}
    reward_points: int | None = None
    dismissed_by: int | None = None
    times: int | None = None
    last_shown_at: dt.datetime | None = None
    snoozed_until: dt.datetime | None = None
    asked_at: dt.datetime | None = None
    held_reason: str | None = None
    held_at: dt.datetime | None = None
    steps: list[SettledStep] | None = None

    @property
    def completed(self) -> bool:
        return self.completed_at is not None

    @property
    def dismissed(self) -> bool:
        return self.dismissed_by is not None

    @property
    def points(self) -> int:
        return self.reward_points or 0

    @property
    def unmet(self) -> bool:
        """Whether it is part of an experiment that its owner has not met yet."""
        return self.variant is not None and self.exposed_at is None

    @property
    def is_untouched(self) -> bool:
        """Whether it never came up, and nobody has completed it or put it away."""
        return self.times is None and self.completed_at is None and self.dismissed_by is None

    @cached_property
    def showing(self) -> Showing:
        if self.times is None:
            return NEVER
        return Showing(self.times, self.last_shown_at, self.snoozed_until, self.asked_at)

    @cached_property
    def settled(self) -> dict[str, SettledStep]:
        return {step.key: step for step in self.steps or ()}

    @property
    def held_back(self) -> Kept | None:
        return Kept(self.held_reason or "", self.held_at) if self.held_at is not None else None
