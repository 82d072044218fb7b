"""Conditions on an event's properties."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboarding_flows.conditions import OPERATORS, faults, match

PROPERTIES = {"amount": 120, "rate": 1.5, "currency": "eur", "draft": False, "tags": ["a", "b"], "note": None}
values = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        ({}, True),
        ({"currency": "eur"}, True),
        ({"currency": "usd"}, False),
        ({"currency": ["usd", "eur"]}, True),
        ({"amount": 120.0}, True),
        ({"draft": False}, True),
        ({"draft": 0}, False),
        ({"amount": True}, False),
        ({"amount": {"gte": 120, "lt": 121}}, True),
        ({"amount": {"gt": 120}}, False),
        ({"amount": {"lte": 119}}, False),
        ({"amount": {"gte": "1"}}, False),
        ({"currency": {"gt": "EUR"}}, True),
        ({"draft": {"lt": 1}}, False),
        ({"currency": {"ne": "usd"}}, True),
        ({"missing": {"ne": "usd"}}, True),
        ({"currency": {"contains": "eu"}}, True),
        ({"tags": {"contains": "b"}}, True),
        ({"tags": {"contains": "c"}}, False),
        ({"amount": {"contains": 1}}, False),
        ({"note": {"exists": False}}, True),
        ({"amount": {"exists": True}}, True),
        ({"missing": None}, True),
        ({"missing": {"gte": 1}}, False),
        ({"amount": {"in": [1, 120]}}, True),
        ({"amount": 120, "currency": "usd"}, False),
    ],
)
def test_conditions(where: dict[str, Any], holds: bool) -> None:
    assert not any(faults(condition) for condition in where.values())
    assert match(where, PROPERTIES) is holds


@given(
    condition=values
    | st.lists(values)
    | st.dictionaries(st.sampled_from([*OPERATORS, "odd"]), values | st.lists(values)),
    found=values | st.lists(values) | st.dictionaries(st.text(), values),
)
def test_whatever_is_found_a_sound_condition_has_an_answer(condition: Any, found: Any) -> None:
    if not faults(condition):
        assert match({"x": condition}, {"x": found}) in (True, False)


@given(value=values, found=values)
def test_ne_is_the_opposite_of_eq(value: Any, found: Any) -> None:
    assert match({"x": {"ne": value}}, {"x": found}) is not match({"x": {"eq": value}}, {"x": found})
