"""What comes of trying a flow on many owners, counted one owner at a time."""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from onboarding_flows import progress
from onboarding_flows.flows import PublishedFlow

TOO_FEW: Final = 5
MAX_IDS: Final = 10


@dataclass(frozen=True)
class Today:
    """How far an owner really is: whether they completed the flow, and the steps that are done."""

    completed: bool
    done: Collection[str]


@dataclass(frozen=True)
class Tried:
    """An owner who acted. began: when they first did in that time; done: step -> when it would have been done, or
    None where they are not of the audience; today: None where they have not really begun the flow; hidden: steps
    that would not be there for them."""

    public_id: str
    began: dt.datetime
    done: Mapping[str, dt.datetime] | None
    today: Today | None
    hidden: Collection[str] = ()


@dataclass
class Some:
    """How many, and the first few of them by their public ids."""

    count: int = 0
    ids: list[str] = field(default_factory=list)

    def add(self, public_id: str) -> None:
        self.count += 1
        if len(self.ids) < MAX_IDS:
            self.ids.append(public_id)

    def answer(self) -> dict[str, Any]:
        return {"count": self.count, "ids": self.ids}


@dataclass
class Times:
    """How often something was done, and how many seconds after the beginning; what was done before it has none."""

    done: int = 0
    seconds: array[float] = field(default_factory=lambda: array("d"))

    def add(self, began: dt.datetime, at: dt.datetime) -> None:
        self.done += 1
        if at >= began:
            self.seconds.append((at - began).total_seconds())

    def median_seconds(self) -> float | None:
        return median(self.seconds) if len(self.seconds) >= TOO_FEW else None

    def share(self, of: int) -> float | None:
        return round(self.done / of, 4) if of >= TOO_FEW else None


@dataclass
class Against:
    """The same owners as they are today."""

    enrolled: int = 0
    completed: int = 0
    done: dict[str, int] = field(default_factory=dict)
    would_be_completed: Some = field(default_factory=Some)
    would_be_uncompleted: Some = field(default_factory=Some)

    def add(self, owner: Tried, would_complete: bool) -> None:
        is_complete = owner.today is not None and owner.today.completed
        if owner.today is not None:
            self.enrolled += 1
            self.completed += is_complete
            for key in self.done.keys() & set(owner.today.done):
                self.done[key] += 1
        if would_complete and not is_complete:
            self.would_be_completed.add(owner.public_id)
        if is_complete and not would_complete:
            self.would_be_uncompleted.add(owner.public_id)


class Tally:
    """Counts and times of the flow that is tried, and how they differ from today where it has a live version."""

    def __init__(self, flow: PublishedFlow, live: PublishedFlow | None) -> None:
        self.flow, self.live = flow, live
        self.enrolled, self.only_manual_left = 0, 0
        self.whole = Times()
        self.steps = {key: Times() for key in flow.steps}
        self.stuck = {key: Some() for key in flow.steps}
        in_both = [key for key in flow.steps if live is not None and key in live.steps]
        self.against = Against(done=dict.fromkeys(in_both, 0))
        self.arms = dict.fromkeys(flow.arms, 0)

    def add(self, owner: Tried) -> None:
        """Count one owner, who is not counted again."""
        ended = progress.end_of(self.flow, owner.done, owner.hidden) if owner.done is not None else None
        self.against.add(owner, ended is not None)
        if owner.done is None:
            return
        self.enrolled += 1
        if (arm := self.flow.arm_of(owner.public_id)) is not None:
            self.arms[arm] += 1
        for key, at in owner.done.items():
            self.steps[key].add(owner.began, at)
        if ended is not None:
            self.whole.add(owner.began, ended)
            return
        if not self.flow.steps:
            return
        settled = {*owner.done, *owner.hidden}
        open_steps = [step for step in self.flow.steps.values() if step.key not in settled]
        self.only_manual_left += all(step.manual for step in open_steps)
        next_one = next(step for step in open_steps if not self.flow.locked_by(step.key, settled))
        self.stuck[next_one.key].add(owner.public_id)

    def answer(self) -> dict[str, Any]:
        """Shares of those who would have begun; they and medians are None where fewer than TOO_FEW are behind."""
        return {
            "enrolled": self.enrolled,
            "completed": self.whole.done,
            "completed_share": self.whole.share(self.enrolled),
            "median_seconds": self.whole.median_seconds(),
            "only_manual_left": self.only_manual_left,
            "arms": self.arms,
            "steps": [self._step(key, times) for key, times in self.steps.items()],
            "live": self._against(self.live) if self.live is not None else None,
        }

    def _step(self, key: str, times: Times) -> dict[str, Any]:
        return {
            "step": key,
            "manual": self.flow.steps[key].manual,
            "done": times.done,
            "share": times.share(self.enrolled),
            "median_seconds": times.median_seconds(),
            "stuck": self.stuck[key].answer(),
        }

    def _against(self, live: PublishedFlow) -> dict[str, Any]:
        found = self.against
        steps = [{"step": key, "now": now, "then": self.steps[key].done} for key, now in found.done.items()]
        return {
            "version": live.version,
            "enrolled": found.enrolled,
            "completed": found.completed,
            "steps": steps,
            "would_be_completed": found.would_be_completed.answer(),
            "would_be_uncompleted": found.would_be_uncompleted.answer(),
        }
