"""Shares of people, and how two of them compare: intervals that also hold for few people and for shares near 0 or 1.

All intervals are two-sided, of 95 % where nothing else is said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

CONFIDENCE: Final = 0.95
POWER: Final = 0.8
MIN_EXPOSED: Final = 30
"""A share of fewer people says nothing."""
MIN_OUTCOMES: Final = 5
"""So many have to have done it, in the two together that are compared, before their difference says anything, and in
each of them before their ratio does."""


@dataclass(frozen=True)
class Share:
    """How many of how many did it."""

    count: int
    of: int

    @property
    def value(self) -> float:
        return self.count / self.of


@dataclass(frozen=True)
class Estimate:
    """A figure and the interval that it lies in."""

    value: float
    low: float
    high: float

    @property
    def is_certain(self) -> bool:
        """Whether the interval leaves out zero: there is a difference, in this direction."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Comparison:
    """What can be said of a share against another one; None is what too few people tell nothing about.

    missing: how many more people each of the two needs, roughly, before there is a difference to tell; None where
    nobody did it, so that no pace is known. more: how many more each needs before a difference as large as the one
    seen would be certain; None where it is, or where there is none."""

    share: Estimate | None
    difference: Estimate | None = None
    lift: Estimate | None = None
    missing: int | None = 0
    more: int | None = None


def _z(confidence: float) -> float:
    return NormalDist().inv_cdf((1 + confidence) / 2)


def wilson(share: Share, confidence: float = CONFIDENCE) -> Estimate:
    """The interval of a share by its score. Wilson (1927), Journal of the American Statistical Association 22, 209;
    method 3 of Newcombe (1998), Statistics in Medicine 17, 857."""
    z, n, p = _z(confidence), share.of, share.value
    middle = p + z * z / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = ((middle + side * half) / (1 + z * z / n) for side in (-1, 1))
    # At the ends it is exact; what is left there is the error of a double.
    return Estimate(p, 0.0 if share.count == 0 else low, 1.0 if share.count == n else high)


def difference(share: Share, base: Share, confidence: float = CONFIDENCE) -> Estimate:
    """How much larger a share is than another one, in points: both Wilson intervals put together. Method 10 of
    Newcombe (1998), Statistics in Medicine 17, 873."""
    one, two = wilson(share, confidence), wilson(base, confidence)
    found = one.value - two.value
    low = found - math.hypot(one.value - one.low, two.high - two.value)
    high = found + math.hypot(one.high - one.value, two.value - two.low)
    return Estimate(found, max(low, -1.0), min(high, 1.0))


def lift(share: Share, base: Share, confidence: float = CONFIDENCE) -> Estimate | None:
    """How much larger a share is than another one, as a part of that one (0.1: by a tenth); None where either is 0.
    The interval of the ratio by its logarithm: Katz and others (1978), Biometrics 34, 469."""
    if not share.count or not base.count:
        return None
    ratio = share.value / base.value
    error = math.sqrt(1 / share.count - 1 / share.of + 1 / base.count - 1 / base.of)
    factor = math.exp(_z(confidence) * error)
    return Estimate(ratio - 1, ratio / factor - 1, ratio * factor - 1)


def needed(one: float, two: float, confidence: float = CONFIDENCE, power: float = POWER) -> int | None:
    """How many people each of two arms needs for a difference between these shares to be seen with that power; None
    where they are equal. Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, 4.14, without
    the correction for continuity."""
    if one == two:
        return None
    mean = (one + two) / 2
    by_chance = _z(confidence) * math.sqrt(2 * mean * (1 - mean))
    to_be_seen = NormalDist().inv_cdf(power) * math.sqrt(one * (1 - one) + two * (1 - two))
    return math.ceil((by_chance + to_be_seen) ** 2 / (one - two) ** 2)


def compare(share: Share, base: Share | None) -> Comparison:
    """What can be said of a share, and of it against another one; base: None where it is that one itself."""
    told = wilson(share) if share.of >= MIN_EXPOSED else None
    if base is None:
        return Comparison(told, missing=max(MIN_EXPOSED - share.of, 0))
    short = _missing(share, base)
    if short != 0:
        return Comparison(told, missing=short)
    found = difference(share, base)
    ratio = lift(share, base) if min(share.count, base.count) >= MIN_OUTCOMES else None
    more = None
    if not found.is_certain and (each := needed(share.value, base.value)) is not None:
        more = max(each - min(share.of, base.of), 1)
    return Comparison(told, found, ratio, 0, more)


def _missing(share: Share, base: Share) -> int | None:
    """How many more people each of the two needs, roughly, at the pace that it goes."""
    people = max(MIN_EXPOSED - min(share.of, base.of), 0)
    done, of = share.count + base.count, share.of + base.of
    if done >= MIN_OUTCOMES:
        return people
    if done == 0:
        return people or None
    return max(people, math.ceil((MIN_OUTCOMES * of / done - of) / 2))


def chance_of(counts: Sequence[int], weights: Sequence[int]) -> float:
    """How probable it is that people who are divided by these weights come to be as far from them as these counts, or
    farther: Pearson's chi-squared test of a sample ratio. A very small one says that some are lost on the way."""
    total = sum(counts)
    if len(counts) < 2 or not total:
        return 1.0
    expected = [total * weight / sum(weights) for weight in weights]
    squares = sum((count - want) ** 2 / want for count, want in zip(counts, expected, strict=True))
    return _chi_squared_above(squares, len(counts) - 1)


def _chi_squared_above(value: float, degrees: int) -> float:
    """The part of the distribution above a value: Abramowitz and Stegun (1964), 26.4.4 and 26.4.5."""
    half = value / 2
    if degrees % 2:
        terms = (half ** (k - 0.5) / math.gamma(k + 0.5) for k in range(1, (degrees + 1) // 2))
        return math.erfc(math.sqrt(half)) + math.exp(-half) * sum(terms)
    return math.exp(-half) * sum(half**k / math.factorial(k) for k in range(degrees // 2))
