"""The life of a trial as a table: which state follows which, when what happens. Pure: it knows no database.

    held → awaiting_card → awaiting_activation → active ⇄ paused
    active → converting → ended       (with a card: the charge is on its way)
    active → grace → ended            (without: the plan stays a few days)
    any of these → converted          (the account pays)

`held`, `awaiting_card` and `awaiting_activation` are passed over where the rule does not ask for them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from plg.kit.errors import Conflict
from plg.plans.models import FULL, LOCKED, READ_ONLY

HELD, AWAITING_CARD, AWAITING_ACTIVATION = "held", "awaiting_card", "awaiting_activation"
ACTIVE, PAUSED, GRACE, CONVERTING = "active", "paused", "grace", "converting"
CONVERTED, ENDED, CANCELLED = "converted", "ended", "cancelled"

WAITING = (HELD, AWAITING_CARD, AWAITING_ACTIVATION)
OPEN = (*WAITING, ACTIVE, PAUSED, GRACE, CONVERTING)
CLOSED = (CONVERTED, ENDED, CANCELLED)
ALL = (*OPEN, *CLOSED)

RELEASED, CARD_ADDED, ACTIVATED = "released", "card_added", "activated"
PAUSE, RESUME, LENGTHENED = "paused", "resumed", "lengthened"
TIME_UP, CANCEL, STOP, PAID = "time_up", "cancelled", "stopped", "paid"

_ONWARD = frozenset({AWAITING_CARD, AWAITING_ACTIVATION, ACTIVE})
_OVER = frozenset({GRACE, CONVERTING, ENDED})
TABLE: dict[tuple[str, str], frozenset[str]] = {
    (HELD, RELEASED): _ONWARD,
    (AWAITING_CARD, CARD_ADDED): frozenset({AWAITING_ACTIVATION, ACTIVE}),
    (AWAITING_ACTIVATION, ACTIVATED): frozenset({ACTIVE}),
    (AWAITING_ACTIVATION, TIME_UP): frozenset({ENDED}),
    (ACTIVE, PAUSE): frozenset({PAUSED}),
    (PAUSED, RESUME): frozenset({ACTIVE}),
    (ACTIVE, LENGTHENED): frozenset({ACTIVE}),
    (GRACE, LENGTHENED): frozenset({ACTIVE, GRACE}),
    (ACTIVE, TIME_UP): _OVER,
    (GRACE, TIME_UP): frozenset({ENDED}),
    (CONVERTING, TIME_UP): frozenset({ENDED}),
    (ACTIVE, CANCEL): frozenset({ACTIVE}),
    (PAUSED, CANCEL): frozenset({PAUSED}),
    (GRACE, CANCEL): frozenset({ENDED}),
    (CONVERTING, CANCEL): frozenset({ENDED}),
    **{(state, CANCEL): frozenset({CANCELLED}) for state in WAITING},
    **{(state, STOP): frozenset({ENDED}) for state in OPEN},
    **{(state, PAID): frozenset({CONVERTED}) for state in OPEN},
}
"""What can follow; anything that is not here is refused."""


class NotInThisState(Conflict):
    """The trial is in a state in which this cannot happen to it."""


@dataclass(frozen=True)
class Facts:
    """What the next state depends on besides the present one. charges: a card is there and the customer stays.
    in_time: the end still lies ahead."""

    needs_card: bool = False
    needs_activation: bool = False
    charges: bool = False
    has_grace: bool = False
    in_time: bool = True


def first(facts: Facts, *, held: bool) -> str:
    """The state that a trial begins in."""
    return HELD if held else _onward(facts)


def after(state: str, happening: str, facts: Facts) -> str:
    """The state that follows. Raises NotInThisState where the table knows no such step."""
    possible = TABLE.get((state, happening))
    if possible is None:
        raise NotInThisState(f"This trial is {state}: it cannot be {happening}.", state=state)
    found = next(iter(possible)) if len(possible) == 1 else _chosen(happening, facts)
    assert found in possible, f"{state} --{happening}--> {found}"
    return found


def _chosen(happening: str, facts: Facts) -> str:
    if happening == RELEASED:
        return _onward(facts)
    if happening == CARD_ADDED:
        return _onward(replace(facts, needs_card=False))
    if happening == LENGTHENED:
        return ACTIVE if facts.in_time else GRACE
    if facts.charges:
        return CONVERTING
    return GRACE if facts.has_grace else ENDED


def _onward(facts: Facts) -> str:
    if facts.needs_card:
        return AWAITING_CARD
    return AWAITING_ACTIVATION if facts.needs_activation else ACTIVE


def access(state: str, end: str) -> str | None:
    """What an account may do with the plan of its trial: full, read_only, locked; None where the trial gives it no
    plan. end: what the rule says of the end (`plan`, `pause`, `lock`)."""
    if state in (AWAITING_ACTIVATION, ACTIVE, GRACE, CONVERTING):
        return FULL
    if state == PAUSED:
        return READ_ONLY
    return {"pause": READ_ONLY, "lock": LOCKED}.get(end) if state == ENDED else None
