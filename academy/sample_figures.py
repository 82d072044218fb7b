"""Figures of a sample: moments, covariances, Cronbach's alpha, and their 95 % intervals.

All variances divide by S - 1, as in Moodle's quiz statistics. What cannot be calculated is None; nothing is clamped.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Interval = tuple[float, float]
Z95: Final = 1.959963984540054
NOISE: Final = 1e-12
"""What sums of floats differ by though they stand for the same marks: 0.1 + 0.2 and 0.3."""


def constant(x: Array) -> bool:
    """Whether all are the same, but for noise."""
    return len(x) == 0 or bool(np.ptp(x) <= NOISE * max(1.0, float(np.abs(x).max())))


def sd(x: Array) -> float | None:
    return float(x.std(ddof=1)) if len(x) > 1 else None


def covariance(x: Array, y: Array) -> float | None:
    if len(x) < 2:
        return None
    if constant(x) or constant(y):
        return 0.0
    from_x, from_y = x - x.mean(), y - y.mean()
    found = float(from_x @ from_y)
    is_noise = abs(found) <= NOISE * float(np.abs(from_x) @ np.abs(from_y))
    return 0.0 if is_noise else found / (len(x) - 1)


def correlation(x: Array, y: Array) -> float | None:
    if len(x) < 2 or constant(x) or constant(y):
        return None
    found = covariance(x, y)
    return None if found is None else max(-1.0, min(1.0, found / float(x.std(ddof=1) * y.std(ddof=1))))


def efficiency(x: Array, y: Array) -> float | None:
    """Both sorted, they vary together as much as they ever could."""
    reached, most = covariance(x, y), covariance(np.sort(x), np.sort(y))
    return None if reached is None or not most else 100 * reached / most


def root_of_covariance(column: Array, totals: Array) -> float | None:
    had = ~np.isnan(column)
    found = covariance(column[had], totals[had])
    return None if found is None or found < 0 else math.sqrt(found)


def skewness(x: Array) -> float | None:
    s = len(x)
    if s < 3 or constant(x):
        return None
    k3 = s**2 * _moment(x, 3) / ((s - 1) * (s - 2))
    return float(k3 / x.var(ddof=1) ** 1.5)


def kurtosis(x: Array) -> float | None:
    s = len(x)
    if s < 4 or constant(x):
        return None
    k4 = s**2 * ((s + 1) * _moment(x, 4) - 3 * (s - 1) * _moment(x, 2) ** 2)
    return float(k4 / ((s - 1) * (s - 2) * (s - 3)) / x.var(ddof=1) ** 2)


def _moment(x: Array, power: int) -> float:
    return float(((x - x.mean()) ** power).mean())


def cronbach_alpha(x: Array, missing: str) -> tuple[float | None, int]:
    """Cronbach's alpha times 100, and from how many attempts: those that had every item, or (pairwise) each
    covariance from those that had both."""
    complete = ~np.isnan(x).any(axis=1)
    if missing == "listwise" or complete.all():
        x = x[complete]
    if x.shape[1] < 2 or x.shape[0] < 2:
        return None, len(x)
    covariances = _pairwise_covariances(x)
    whole = covariances.sum()
    if not np.isfinite(whole) or whole <= NOISE:
        return None, len(x)
    p = x.shape[1]
    return float(100 * p / (p - 1) * (1 - np.trace(covariances) / whole)), len(x)


def _pairwise_covariances(x: Array) -> Array:
    """Covariances of all pairs of items, each over the attempts that had both."""
    had = (~np.isnan(x)).astype(float)
    means = np.nansum(x, axis=0) / np.maximum(had.sum(axis=0), 1)
    filled = np.nan_to_num(x - means)
    both, sums = had.T @ had, filled.T @ had
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((filled.T @ filled - sums * sums.T / both) / (both - 1))


def error_ratio(alpha: float | None) -> float | None:
    """Moodle's: 100 * sqrt(1 - alpha / 100). None where alpha is above 100, which pairwise covariances can give."""
    if alpha is None or alpha > 100 + 1e-6:
        return None
    return 100 * math.sqrt(max(0.0, 1 - alpha / 100))


def correlation_interval(r: float | None, count: int) -> Interval | None:
    """Fisher's z, as percentages."""
    if r is None or count < 4 or abs(r) >= 1:
        return None
    z, half = math.atanh(r), Z95 / math.sqrt(count - 3)
    return 100 * math.tanh(z - half), 100 * math.tanh(z + half)


def facility_interval(shares: Array, mean: float) -> Interval | None:
    """Wilson's, which is on the safe side for partial marks; by the mean's error where marks can be negative."""
    count = len(shares)
    if shares.min() < 0 or shares.max() > 1:
        half = Z95 * float(shares.std(ddof=1)) / math.sqrt(count) if count > 1 else math.inf
        return (100 * (mean - half), 100 * (mean + half)) if math.isfinite(half) else None
    centre = (mean + Z95**2 / (2 * count)) / (1 + Z95**2 / count)
    half = Z95 / (1 + Z95**2 / count) * math.sqrt(mean * (1 - mean) / count + Z95**2 / (4 * count**2))
    return 100 * (centre - half), 100 * (centre + half)


def alpha_interval(alpha: float | None, items: int, attempts: int) -> Interval | None:
    """Bonett's: ln(1 - alpha) is nearly normal."""
    if alpha is None or attempts < 3 or items < 2 or alpha >= 100:
        return None
    half = Z95 * math.sqrt(2 * items / ((items - 1) * (attempts - 2)))
    distance = 1 - alpha / 100
    return 100 * (1 - distance * math.exp(half)), 100 * (1 - distance * math.exp(-half))
