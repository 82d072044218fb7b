"""Which of the open offers comes up for a person now, and why the others do not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from plg.attention.budget import Budget
from plg.kit.rules.times import span
from plg.offers import published
from plg.offers.definition import HOLDOUT, IN_WIDGET
from plg.offers.definition import Offer as Defined
from plg.offers.models import Offer, OfferPerson

SHOWING: Final = dt.timedelta(minutes=30)
"""Looks within so long are one showing."""
OWN_PRIORITY: Final = 100
"""Of an offer that a limit raised by itself."""
LIMIT_REACHED: Final = "limit_reached"


@dataclass(frozen=True)
class Candidate:
    """An open offer as one person stands to it. mine: their row, where there is one. was_shown: in the ledger of
    attention. was_met: the account met its experiment before."""

    made: Offer
    mine: OfferPerson | None
    was_shown: bool
    was_met: bool

    @property
    def defined(self) -> Defined | None:
        """As its arm has it; None where a limit raised it by itself."""
        if self.made.version_id is None:
            return None
        return published.version(self.made.version_id).offer.in_arm(self.made.variant)

    @property
    def source(self) -> str:
        return source_of(self.made.public_id)

    @property
    def answers(self) -> bool:
        """Whether it answers what somebody wants to do now."""
        defined = self.defined
        return self.made.reason == LIMIT_REACHED if defined is None else defined.trigger.answers

    @property
    def channel(self) -> str:
        defined = self.defined
        return "card" if defined is None else defined.channel

    @property
    def place(self) -> str:
        """Where it comes up, one at a time: as the card, which the host has put into its page, or by itself."""
        return "card" if self.channel == "card" else "prompt"

    @property
    def order(self) -> tuple[bool, int, int]:
        """What answers comes first, then the higher priority, then the older."""
        defined = self.defined
        priority = OWN_PRIORITY if defined is None else defined.priority
        return not self.answers, -priority, self.made.id


@dataclass(frozen=True)
class Choice:
    """shown: what comes up, at most one a place. met: held out, and would have come up. held: source -> why
    something does not come up that might have."""

    shown: Sequence[Candidate]
    met: Sequence[Candidate]
    held: dict[str, str]


def source_of(public_id: str) -> str:
    """The name of an offer in the ledger of attention."""
    return f"offer:{public_id}"


def choose(found: Iterable[Candidate], budget: Budget | None, at: dt.datetime) -> Choice:
    """The first in order of each place that nothing keeps back; what the budget admits counts from now on. budget:
    None where somebody came to look by themselves.

    An account that is held out meets the offer where it would have come up, costs no attention, and gets the next."""
    shown: dict[str, Candidate] = {}
    met, held = [], {}
    for each in sorted(found, key=lambda candidate: candidate.order):
        if each.channel not in IN_WIDGET or own_reason(each, at) is not None:
            continue
        is_out = each.made.variant == HOLDOUT
        reason = "priority" if each.place in shown else _over_budget(each, budget, at, spend=not is_out)
        if reason is not None:
            held[each.source] = reason
        elif is_out:
            met.append(each)
        else:
            shown[each.place] = each
    return Choice(list(shown.values()), met, held)


def own_reason(candidate: Candidate, at: dt.datetime) -> str | None:
    """What the person did, or how often they saw it, that keeps it back."""
    made, mine, defined = candidate.made, candidate.mine, candidate.defined
    if made.ends_at is not None and made.ends_at <= at:
        return "over"
    if made.is_for_some and mine is None:
        return "not_in_audience"
    if mine is None or defined is None:
        return None
    if mine.dismissed_at is not None:
        return "dismissed"
    if mine.snoozed_until is not None and mine.snoozed_until > at:
        return "snoozed"
    if defined.channel == "card" or mine.shown_at is None or at - mine.shown_at < SHOWING:
        return None
    if mine.clicked_at is not None or mine.times >= defined.frequency.times:
        return "seen_enough"
    return "rests" if at - mine.shown_at < span(defined.frequency.rest) else None


def is_new_showing(candidate: Candidate, at: dt.datetime) -> bool:
    """Whether showing it now is another showing, which counts for attention. A card that was seen stays."""
    mine, defined = candidate.mine, candidate.defined
    if defined is None or defined.channel == "card":
        return not candidate.was_shown
    return mine is None or mine.shown_at is None or at - mine.shown_at >= SHOWING


def _over_budget(candidate: Candidate, budget: Budget | None, at: dt.datetime, *, spend: bool) -> str | None:
    """The limit that holds it back. What is on the screen stays; what answers comes whatever they have seen."""
    if budget is None or candidate.answers or not is_new_showing(candidate, at):
        return None
    return budget.admit(candidate.source) if spend else budget.reached()
