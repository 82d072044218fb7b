"""Options whose worth a file tells as percentages: single choices that earn the most, multiple ones that add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from academy.interchange.carrying import NotCarried, Said
from academy.interchange.report import Notes
from plg.web.i18n import N_

NOTHING: Final = N_("no option earns anything")
NEAR: Final = Decimal("0.01")
FIVE: Final = Decimal("0.00001")
WHOLE: Final = Decimal(100)


@dataclass(frozen=True)
class Weighed:
    """An option and the percentage of the mark that choosing it adds, or takes."""

    text: Said
    percent: Decimal
    feedback: Said | None = None
    pinned: bool = False


def single(options: Sequence[Weighed], notes: Notes) -> dict[str, Any]:
    """One is chosen. The best has to earn the whole mark; of several that do, each alone is right."""
    best = max((each.percent for each in options), default=Decimal(0))
    if best <= 0:
        raise NotCarried(NOTHING)
    if best != WHOLE:
        notes.changed(
            "fraction", N_("the best option earns {percent} %; here it earns the whole mark"), percent=best
        )
    shares = [five(max(-WHOLE, each.percent * WHOLE / best)) for each in options]
    several = shares.count(WHOLE) > 1
    found = []
    for place, (each, share) in enumerate(zip(options, shares, strict=True), 1):
        told = {"weight": str(share)} if (several or share != WHOLE) and share else {}
        found.append(_option(place, each, correct=share == WHOLE) | told)
    return {"kind": "single", "options": found}


def multiple(options: Sequence[Weighed], notes: Notes) -> dict[str, Any]:
    """Any number is chosen. The right ones add up to the mark; all together must earn nothing."""
    right = [each.percent for each in options if each.percent > 0]
    if not right:
        raise NotCarried(NOTHING)
    wrong = [each.percent for each in options if each.percent <= 0]
    scale = _scale(right, notes)
    even = _even(right), _even(wrong) or _too_kind(wrong, notes)
    found = []
    for place, each in enumerate(options, 1):
        correct = each.percent > 0
        share = five(max(-WHOLE, each.percent * (scale if correct else 1)))
        weight = {} if even[0 if correct else 1] else {"weight": str(share)}
        found.append(_option(place, each, correct=correct) | weight)
    return {"kind": "multiple", "options": found}


def _scale(right: Sequence[Decimal], notes: Notes) -> Decimal:
    """What makes the right ones come to the whole mark."""
    total = sum(right, Decimal(0))
    if abs(total - WHOLE) <= NEAR:
        return Decimal(1)
    notes.changed(
        "fraction",
        N_("the right options add up to {percent} %; here they earn the whole mark"),
        percent=total,
    )
    return WHOLE / total


def _even(side: Sequence[Decimal]) -> bool:
    """Whether the weights are those that this side has without any."""
    return bool(side) and all(abs(abs(each) - WHOLE / len(side)) <= NEAR for each in side)


def _too_kind(wrong: Sequence[Decimal], notes: Notes) -> bool:
    """Whether the wrong ones take so little that choosing everything would earn marks: then they share the taking."""
    total = sum(wrong, Decimal(0))
    if not wrong or total <= -WHOLE + NEAR:
        return False
    notes.changed(
        "fraction",
        N_(
            "the wrong options take {percent} % together, so choosing everything would earn marks; "
            "here they take 100 %"
        ),
        percent=-total,
    )
    return True


def _option(place: int, each: Weighed, *, correct: bool) -> dict[str, Any]:
    option: dict[str, Any] = {"key": f"o{place}", "text": each.text}
    option |= {"correct": True} if correct else {}
    option |= {"pinned": True} if each.pinned else {}
    return option | ({"feedback": each.feedback} if each.feedback else {})


def five(number: Decimal) -> Decimal:
    """A percentage with the five decimals that weights have."""
    return min(WHOLE, number.quantize(FIVE).normalize() + 0) if number % 1 else number.quantize(Decimal(1))
