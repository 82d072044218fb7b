"""What use costs, exact to the cent, by any tiers."""

from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from plg.plans.pricing import Charge, cost

UNITS = st.decimals(0, 500, places=4).map(str)


@st.composite
def charges(draw, model):
    ends = sorted(draw(st.sets(st.integers(1, 60), max_size=4)))
    tiers = [{"up_to": end, "unit": draw(UNITS), "flat": draw(UNITS)} for end in [*ends, None]]
    return Charge(currency="eur", model=model, tiers=tiers)


def cents(exact):
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@given(charges("graduated"), st.integers(0, 80))
def test_graduated_is_each_unit_at_its_own_tiers_price_and_each_tier_reached_once(charge, quantity):
    def tier_of(unit):
        return next(t for t in charge.tiers if t.up_to is None or unit <= t.up_to)

    units = [tier_of(unit) for unit in range(1, quantity + 1)]
    reached = {id(tier): tier for tier in units}
    exact = sum((Decimal(t.unit) for t in units), Decimal(0))
    exact += sum((Decimal(t.flat) for t in reached.values()), Decimal(0))
    assert cost(charge, quantity) == cents(exact)


@given(charges("volume"), st.decimals("0.000001", 80, places=6))
def test_volume_is_all_of_it_at_the_price_of_the_tier_that_it_falls_into(charge, quantity):
    tier = next(t for t in charge.tiers if t.up_to is None or quantity <= t.up_to)
    assert cost(charge, quantity) == cents(Decimal(tier.flat) + quantity * Decimal(tier.unit))


@given(st.integers(1, 50), UNITS, st.decimals(0, 300, places=2))
def test_a_package_that_was_begun_is_paid(size, price, quantity):
    charge = Charge(currency="eur", model="package", package=size, tiers=[{"flat": price}])
    packages = (quantity / size).to_integral_value(ROUND_CEILING)
    assert cost(charge, quantity) == cents(packages * Decimal(price))


@given(charges("graduated"), st.decimals(0, 80, places=3), st.decimals(0, 80, places=3))
def test_more_is_never_cheaper_by_tiers(charge, one, other):
    low, high = sorted([one, other])
    assert cost(charge, low) <= cost(charge, high)


@pytest.mark.parametrize(
    ("quantity", "amount"),
    [(0, 0), (100, 1000), (101, 1005), ("100.5", 1003), (1000, 5500), (1001, 5500), (-3, 0)],
)
def test_the_price_list_of_a_website_comes_out(quantity, amount):
    """Ten cents each for the first hundred, five up to a thousand, then nothing more."""
    tiers = [{"up_to": 100, "unit": "10"}, {"up_to": 1000, "unit": "5"}, {"unit": "0"}]
    assert cost(Charge(currency="usd", tiers=tiers), Decimal(quantity)) == amount


@pytest.mark.parametrize(
    "tiers",
    [
        [],
        [{"unit": "1"}, {"unit": "2"}],
        [{"up_to": 5}, {"up_to": 9}],
        [{"up_to": 9}, {"up_to": 5}, {}],
        [{"unit": "-1"}],
        [{"unit": 1.5}],
    ],
)
def test_tiers_that_say_nothing_sensible_are_refused(tiers):
    with pytest.raises(ValidationError):
        Charge(currency="usd", tiers=tiers)
