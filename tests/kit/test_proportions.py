"""Intervals of shares against the numbers that their authors (or standard tables) print."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plg.kit import proportions
from plg.kit.proportions import Estimate, Share

SHARES = st.integers(1, 5000).flatmap(lambda n: st.builds(Share, st.integers(0, n), st.just(n)))


def ends(found: Estimate | None, digits: int = 4) -> tuple[float, float]:
    assert found is not None
    return round(found.low, digits), round(found.high, digits)


@pytest.mark.parametrize(
    ("count", "of", "printed"),
    [
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
    ],
)
def test_wilsons_interval_is_that_of_newcombes_table(
    count: int, of: int, printed: tuple[float, float]
) -> None:
    """Newcombe (1998), Statistics in Medicine 17, 857, table I, method 3."""
    assert ends(proportions.wilson(Share(count, of))) == printed


@pytest.mark.parametrize(
    ("one", "two", "printed"),
    [
        (Share(56, 70), Share(48, 80), (0.0524, 0.3339)),
        (Share(9, 10), Share(3, 10), (0.1705, 0.8090)),
        (Share(6, 7), Share(2, 7), (0.0582, 0.8062)),
        (Share(5, 56), Share(0, 29), (-0.0381, 0.1926)),
        (Share(0, 10), Share(0, 20), (-0.1611, 0.2775)),
        (Share(10, 10), Share(0, 20), (0.6791, 1.0)),
    ],
)
def test_the_interval_of_a_difference_is_that_of_newcombes_table(
    one: Share, two: Share, printed: tuple[float, float]
) -> None:
    """Newcombe (1998), Statistics in Medicine 17, 873, table II, method 10."""
    assert ends(proportions.difference(one, two)) == printed


def test_the_interval_of_a_ratio_is_that_of_the_physicians_health_study() -> None:
    """Agresti, Categorical Data Analysis, on heart attacks with placebo and with aspirin: 1.82 (1.43 to 2.30)."""
    found = proportions.lift(Share(189, 11034), Share(104, 11037))
    assert found is not None and round(found.value + 1, 2) == 1.82
    assert round(found.low + 1, 2) == 1.43 and math.isclose(found.high + 1, 2.30, abs_tol=0.01)


def test_the_number_that_is_needed_is_that_of_rs_power_prop_test() -> None:
    """R's own example: power.prop.test(p1 = .50, p2 = .75, power = .90) gives n = 76.65."""
    assert proportions.needed(0.5, 0.75, power=0.9) == 77
    assert proportions.needed(0.5, 0.6) == 388  # the usual table's
    assert proportions.needed(0.1, 0.1) is None


@pytest.mark.parametrize(
    ("value", "degrees"), [(3.841459, 1), (5.991465, 2), (7.814728, 3), (9.487729, 4), (18.307038, 10)]
)
def test_one_in_twenty_lies_above_the_chi_squared_of_every_table(value: float, degrees: int) -> None:
    assert math.isclose(proportions._chi_squared_above(value, degrees), 0.05, rel_tol=1e-5)


def test_arms_that_are_not_as_large_as_they_should_be_are_seen() -> None:
    # 100 against the 50 that a weight of 1 to 1 makes of 150: chi-squared 16.67 with one degree.
    assert math.isclose(proportions.chance_of([100, 50], [1, 1]), 4.456e-5, rel_tol=1e-3)
    assert proportions.chance_of([500, 250, 252], [2, 1, 1]) > 0.9
    assert proportions.chance_of([0, 0], [1, 1]) == 1.0


@pytest.mark.parametrize(
    ("one", "base", "missing"),
    [
        (Share(5, 20), Share(9, 100), 10),
        (Share(2, 100), Share(0, 100), 150),  # one in a hundred: five in 500, 300 more of both
        (Share(0, 100), Share(0, 100), None),
        (Share(0, 0), Share(0, 10), 30),
        (Share(0, 2000), Share(40, 2000), 0),
    ],
)
def test_too_little_data_is_said_with_what_is_missing(one: Share, base: Share, missing: int | None) -> None:
    told = proportions.compare(one, base)
    assert told.missing == missing
    assert (told.share is None) == (one.of < proportions.MIN_EXPOSED)
    assert (told.difference is None) == (missing != 0)
    assert told.lift is None


def test_a_difference_that_is_not_certain_says_how_many_more_would_make_it_so() -> None:
    unsure = proportions.compare(Share(24, 200), Share(20, 200))
    assert unsure.difference is not None and not unsure.difference.is_certain
    assert unsure.more == 3841 - 200  # power.prop.test(p1 = .12, p2 = .10, power = .80): n = 3840.85
    certain = proportions.compare(Share(480, 4000), Share(400, 4000))
    assert certain.difference is not None and certain.difference.is_certain and certain.more is None
    assert certain.lift is not None and math.isclose(certain.lift.value, 0.2)
    assert proportions.compare(Share(20, 200), Share(20, 200)).more is None


@given(SHARES, SHARES)
def test_intervals_hold_what_was_seen_and_turn_around(one: Share, two: Share) -> None:
    for share in (one, two):
        found = proportions.wilson(share)
        assert 0 <= found.low <= found.value <= found.high <= 1
        assert found.low < found.high
    there, back = proportions.difference(one, two), proportions.difference(two, one)
    assert -1 <= there.low <= there.value <= there.high <= 1
    assert math.isclose(there.low, -back.high, abs_tol=1e-12)
    ratio, inverse = proportions.lift(one, two), proportions.lift(two, one)
    assert (ratio is None) == (inverse is None) == (0 in (one.count, two.count))
    if ratio is not None and inverse is not None:
        assert math.isclose((ratio.low + 1) * (inverse.high + 1), 1, rel_tol=1e-9)
