"""Classical item analysis by Moodle's definitions, as a calculation on arrays: no database, no quiz.

    analyse(marks, max_marks)    marks: a row an attempt, a column an item, NaN where the item was not on the paper
    use_of_options(chosen, ...)  chosen: option -> one truth value an attempt that had the item

All variances divide by S - 1. Nothing is clamped: alpha, a discrimination and a facility may be negative. What cannot
be calculated (no variance, too few attempts) is None. Percentages are 0 to 100.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from academy import sample_figures
from academy.sample_figures import Array, Interval

SMALL: Final = 30
"""Below this many attempts a figure is mostly chance: it is shown, and said to be."""

RARE: Final = 0.05


@dataclass(frozen=True)
class Item:
    """One item. y: the mark of the other items on the same paper.

    facility: mean mark as a percentage of the item's; sd: of its marks; discrimination_index: 100 * r(mark, y), with
    its 95 % interval by Fisher's z; discriminative_efficiency: 100 * cov(mark, y) / the most that it could be;
    intended_weight: 100 * its mark / all marks; effective_weight: its share of the total's variance, None where its
    covariance with the total is negative. flags: see `FLAGS`.
    """

    attempts: int
    facility: float | None
    facility_interval: Interval | None
    sd: float | None
    discrimination_index: float | None
    discrimination_interval: Interval | None
    discriminative_efficiency: float | None
    intended_weight: float
    effective_weight: float | None
    flags: tuple[str, ...]


@dataclass(frozen=True)
class Analysis:
    """A whole quiz. mean, median and sd are of the totals, in marks.

    alpha: Cronbach's, times 100 (Moodle: coefficient of internal consistency), with its 95 % interval by Bonett;
    alpha_attempts, alpha_by: from how many attempts, and how those with items missing were treated.
    error_ratio: 100 * sqrt(1 - alpha / 100); standard_error: that part of sd, in marks.
    """

    attempts: int
    small: bool
    mean: float | None
    median: float | None
    sd: float | None
    skewness: float | None
    kurtosis: float | None
    alpha: float | None
    alpha_interval: Interval | None
    alpha_attempts: int
    alpha_by: Literal["all", "listwise", "pairwise"]
    error_ratio: float | None
    standard_error: float | None
    items: tuple[Item, ...]


@dataclass(frozen=True)
class OptionUse:
    """How an option was used. share: of the attempts that had the item; discrimination: 100 * r(chosen, y)."""

    option: str
    right: bool
    chosen: int
    share: float | None
    discrimination: float | None
    flags: tuple[str, ...]


FLAGS: Final = {
    "few_attempts": "fewer than 30 attempts: mostly chance",
    "no_variance": "everybody got the same mark",
    "negative_discrimination": "the weak do better here than the strong: is the key right?",
    "worse_than_guessing": "fewer marks than blind guessing gives",
    "never_chosen": "nobody chose this option",
    "rarely_chosen": "fewer than one in twenty chose this wrong option",
    "attracts_the_strong": "the strong choose this wrong option more often than the weak",
    "repels_the_strong": "the strong choose this right option less often than the weak",
}
"""What a flag means. Those about discrimination: from 30 attempts on, when zero lies outside its interval."""


def analyse(
    marks: ArrayLike,
    max_marks: ArrayLike,
    *,
    guesses: Sequence[float | None] | None = None,
    missing: Literal["listwise", "pairwise"] = "listwise",
) -> Analysis:
    """Analyse attempts by items. guesses: the share (0 to 1) of each item that blind guessing earns; missing: how
    alpha is calculated where an attempt lacks an item."""
    # In columns, because everything is calculated by column.
    x, most = np.asarray(marks, dtype=float, order="F"), np.asarray(max_marks, dtype=float)
    if x.ndim != 2 or x.shape[1] != most.size:
        raise ValueError(f"marks of shape {x.shape} do not fit {most.size} items")
    totals = np.nansum(x, axis=1)
    roots = [sample_figures.root_of_covariance(column, totals) for column in x.T]
    whole = sum(root for root in roots if root is not None)
    weights = [100 * root / whole if root is not None and whole > 0 else None for root in roots]
    given = guesses or [None] * most.size
    items = tuple(
        _item(column, totals, maximum, most.sum(), weight, guess)
        for column, maximum, weight, guess in zip(x.T, most, weights, given, strict=True)
    )
    return _whole(x, totals, missing, items)


def use_of_options(
    chosen: Mapping[str, ArrayLike], others: ArrayLike, right: Collection[str]
) -> tuple[OptionUse, ...]:
    """How each option was used by the attempts that had the item. others: their marks on the other items (y)."""
    y = np.asarray(others, dtype=float)
    return tuple(
        _use(option, np.asarray(taken, dtype=float), y, option in right) for option, taken in chosen.items()
    )


def others(marks: ArrayLike, item: int) -> Array:
    """y of an item: what the attempts that had it earned on their other items."""
    x = np.asarray(marks, dtype=float)
    had = ~np.isnan(x[:, item])
    return np.asarray(np.nansum(x[had], axis=1) - x[had, item])


def _whole(x: Array, totals: Array, missing: str, items: tuple[Item, ...]) -> Analysis:
    sd = sample_figures.sd(totals)
    alpha, used = sample_figures.cronbach_alpha(x, missing)
    complete = used == len(totals)
    ratio = sample_figures.error_ratio(alpha)
    return Analysis(
        attempts=len(totals),
        small=len(totals) < SMALL,
        mean=float(totals.mean()) if len(totals) else None,
        median=float(np.median(totals)) if len(totals) else None,
        sd=sd,
        skewness=sample_figures.skewness(totals),
        kurtosis=sample_figures.kurtosis(totals),
        alpha=alpha,
        alpha_interval=sample_figures.alpha_interval(alpha, x.shape[1], used),
        alpha_attempts=used,
        alpha_by="all"
        if complete and not np.isnan(x).any()
        else "pairwise"
        if missing == "pairwise"
        else "listwise",
        error_ratio=ratio,
        standard_error=None if ratio is None or sd is None else ratio * sd / 100,
        items=items,
    )


def _item(
    column: Array, totals: Array, maximum: float, all_marks: float, weight: float | None, guess: float | None
) -> Item:
    had = ~np.isnan(column)
    x = column[had]
    y, count = totals[had] - x, int(had.sum())
    r = sample_figures.correlation(x, y)
    facility = float(x.mean() / maximum) if count and maximum else None
    interval = sample_figures.correlation_interval(r, count)
    return Item(
        attempts=count,
        facility=None if facility is None else 100 * facility,
        facility_interval=sample_figures.facility_interval(x / maximum, facility)
        if facility is not None
        else None,
        sd=sample_figures.sd(x),
        discrimination_index=None if r is None else 100 * r,
        discrimination_interval=interval,
        discriminative_efficiency=sample_figures.efficiency(x, y),
        intended_weight=float(100 * maximum / all_marks) if all_marks else 0.0,
        effective_weight=weight,
        flags=_item_flags(x, count, facility, interval, guess),
    )


def _item_flags(
    x: Array, count: int, facility: float | None, interval: Interval | None, guess: float | None
) -> tuple[str, ...]:
    found = ["few_attempts"] if count < SMALL else []
    if count > 1 and sample_figures.constant(x):
        found.append("no_variance")
    if count >= SMALL and interval is not None and interval[1] < 0:
        found.append("negative_discrimination")
    if count >= SMALL and guess is not None and facility is not None and facility < guess:
        found.append("worse_than_guessing")
    return tuple(found)


def _use(option: str, taken: Array, y: Array, right: bool) -> OptionUse:
    count, chosen = len(taken), int(taken.sum())
    r = sample_figures.correlation(taken, y)
    interval = sample_figures.correlation_interval(r, count) if count >= SMALL else None
    found = ["never_chosen"] if count and not chosen else []
    if not right and 0 < chosen < RARE * count:
        found.append("rarely_chosen")
    if not right and interval is not None and interval[0] > 0:
        found.append("attracts_the_strong")
    if right and interval is not None and interval[1] < 0:
        found.append("repels_the_strong")
    share = 100 * chosen / count if count else None
    return OptionUse(option, right, chosen, share, None if r is None else 100 * r, tuple(found))
