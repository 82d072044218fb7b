"""When a practised question comes again: by FSRS 6, as `fsrs`, the library of its authors, calculates it.

Source: https://github.com/open-spaced-repetition/awesome-fsrs/wiki/The-Algorithm. Its default weights, nine of ten
questions to be remembered when they come again. Two of its four ratings are used: a fully right answer is "good",
anything less is "again"; how hard it felt is not asked.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from fsrs import Card, Rating, Scheduler, State

LONGEST: Final = 365
"""Days after which even what is known best comes again."""

# Without fuzz: learners practise when they have time, so there are no piles of a day to spread.
_SCHEDULER: Final = Scheduler(maximum_interval=LONGEST, enable_fuzzing=False)


@dataclass(frozen=True)
class Memory:
    """How well a question is known. stability: days until nine of ten would still know it; difficulty: 1 to 10;
    state and step: FSRS's (1 learning, 2 review, 3 relearning), step None while in review."""

    state: int
    step: int | None
    stability: float
    difficulty: float
    reviewed_at: dt.datetime
    due_at: dt.datetime


def after(memory: Memory | None, moment: dt.datetime, *, right: bool) -> Memory:
    """The memory of a question that is answered at this moment (UTC); None: for the first time."""
    rating = Rating.Good if right else Rating.Again
    card, _log = _SCHEDULER.review_card(_card(memory, moment), rating, review_datetime=moment)
    assert card.stability is not None and card.difficulty is not None
    return Memory(int(card.state), card.step, card.stability, card.difficulty, moment, card.due)


def _card(memory: Memory | None, moment: dt.datetime) -> Card:
    if memory is None:
        return Card(card_id=0, due=moment)
    return Card(
        card_id=0,
        state=State(memory.state),
        step=memory.step,
        stability=memory.stability,
        difficulty=memory.difficulty,
        due=memory.due_at,
        last_review=memory.reviewed_at,
    )
