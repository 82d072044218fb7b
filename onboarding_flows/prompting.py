"""What comes up by itself: of everything that a person has begun, at most one tour, one announcement and one banner.

Asked in this order: is it over for them, is it the time, did they put it off, was it shown often enough; then what is
of higher priority goes first, and the budget of attention says how many come up at all. What is on a screen stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from onboarding_flows.begun import Begun
from onboarding_flows.definition import Flow
from onboarding_flows.flows import PublishedFlow
from onboarding_flows.showings import source_of
from plg.attention.budget import Budget
from plg.kit.rules.times import span

NOT_NOW: Final = frozenset({"from", "snooze", "wait", "every"})
"""Rules that will hold one day by themselves: until then it is held back. Where another rule fails, it is over."""


class Check(NamedTuple):
    """A rule with what it asks for and what was found."""

    rule: str
    holds: bool
    wanted: Any
    found: Any


class Candidate(NamedTuple):
    """A flow that somebody has begun and may see."""

    flow: PublishedFlow
    begun: Begun

    def is_free(self, moment: dt.datetime) -> bool:
        """Whether it takes nothing of the budget: it was asked for, is counted already, or has to be shown."""
        if self.flow.flow.show.essential or self.begun.is_untouched:
            return self.flow.flow.show.essential
        showing = self.begun.showing
        return showing.is_asked(moment) or showing.is_open(moment)

    def turn(self, moment: dt.datetime) -> tuple[Any, ...]:
        """What was asked for goes first, then what is on a screen already, then by priority."""
        if self.begun.is_untouched:
            return True, True, self.flow.place_in_line
        showing = self.begun.showing
        return not showing.is_asked(moment), not showing.is_open(moment), self.flow.place_in_line

    @property
    def is_untouched(self) -> bool:
        """Whether no rule about this one alone can fail: most of what waits for somebody has never come up for them,
        and has no times of its own."""
        return self.begun.is_untouched and self.flow.is_for_all_times


@dataclass
class Choice:
    """chosen: what is shown, in its order. held_back: the key of each other one that might be -> why it is not."""

    chosen: list[Candidate] = field(default_factory=list)
    held_back: dict[str, str] = field(default_factory=dict)


def choose(candidates: Sequence[Candidate], budget: Budget, moment: dt.datetime) -> Choice:
    """What comes up now. The same again for the same state: nothing is drawn."""
    choice = Choice()
    due: list[Candidate] = []
    for each in candidates:
        failed = None if each.is_untouched else _first_failed(each, moment)
        if failed is None:
            due.append(each)
        elif failed in NOT_NOW:
            choice.held_back[each.flow.key] = failed
    taken: set[str] = set()
    for each in sorted(due, key=lambda one: one.turn(moment)):
        kind = each.flow.flow.kind
        reason = "priority" if kind in taken else None
        if reason is None and not each.is_free(moment):
            reason = budget.admit(source_of(each.flow.key))
        if reason is None:
            taken.add(kind)
            choice.chosen.append(each)
        else:
            choice.held_back[each.flow.key] = reason
    return choice


def _first_failed(each: Candidate, moment: dt.datetime) -> str | None:
    return next((check.rule for check in standing(each, moment) if not check.holds), None)


def standing(each: Candidate, moment: dt.datetime) -> Iterator[Check]:
    """Each rule about this one alone, in the order in which they are asked. What was asked for has none."""
    begun, flow = each.begun, each.flow.flow
    if begun.showing.is_asked(moment):
        return
    yield Check("completed", not begun.completed, False, begun.completed)
    yield Check("dismissed", not begun.dismissed, False, begun.dismissed)
    yield from window(flow, moment)
    yield from put_off(begun, moment)
    if begun.showing.is_open(moment):
        return
    yield from waited(flow, begun, moment)
    if not begun.showing.is_put_off:
        yield from _often(flow, begun, moment)


def window(flow: Flow, moment: dt.datetime) -> Iterator[Check]:
    """The times between which a flow is shown at all."""
    show = flow.show
    if show.from_ is not None:
        yield Check("from", moment >= show.from_, show.from_, moment)
    if show.until is not None:
        yield Check("until", moment < show.until, show.until, moment)


def put_off(begun: Begun, moment: dt.datetime) -> Iterator[Check]:
    if begun.showing.is_put_off:
        until = begun.showing.snoozed_until
        yield Check("snooze", not begun.showing.is_snoozed(moment), until, moment)


def waited(flow: Flow, begun: Begun, moment: dt.datetime) -> Iterator[Check]:
    """How long ago it was begun."""
    if flow.show.wait is not None:
        due = begun.enrolled_at + span(flow.show.wait)
        yield Check("wait", moment >= due, flow.show.wait, begun.enrolled_at)


def _often(flow: Flow, begun: Begun, moment: dt.datetime) -> Iterator[Check]:
    show, showing = flow.show, begun.showing
    yield Check("times", showing.times < show.times, show.times, showing.times)
    if show.every is not None and showing.last_at is not None:
        yield Check("every", moment >= showing.last_at + span(show.every), show.every, showing.last_at)


def is_due(flow: Flow, begun: Begun, moment: dt.datetime) -> bool:
    """Whether it is the time for a checklist, which does not come up but stands in its place."""
    return all(check.holds for check in place(flow, begun, moment))


def place(flow: Flow, begun: Begun, moment: dt.datetime) -> Iterator[Check]:
    """The rules of a checklist that stands in its place."""
    yield from window(flow, moment)
    yield from waited(flow, begun, moment)


def explained(
    key: str, candidates: Sequence[Candidate], budget: Budget, moment: dt.datetime
) -> Iterator[Check]:
    """Every rule of one of the candidates, with the others and the budget."""
    mine = next(each for each in candidates if each.flow.key == key)
    checks = list(standing(mine, moment))
    yield from checks
    if not all(check.holds for check in checks):
        return
    spent = budget.shown
    choice = choose(candidates, budget, moment)
    first = next((c.flow.key for c in choice.chosen if c.flow.flow.kind == mine.flow.flow.kind), None)
    reason = choice.held_back.get(key)
    yield Check("priority", reason != "priority", mine.flow.flow.show.priority, first)
    if reason != "priority" and not mine.is_free(moment):
        found = {f"{whose}_{length}": number for (whose, length), number in spent.items()}
        yield Check("budget", reason is None, budget.limits.model_dump(), {"reached": reason, "shown": found})
