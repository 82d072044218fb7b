"""Numbers: read as people write them, compared exactly, calculated by formulas that can do nothing else."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from academy.questions.formula import Formula
from academy.questions.numbers import AcceptedNumber, read_number
from tests.academy.kind_samples import CALCULATED, NUMERIC, UNITS
from tests.academy.samples import question, text

# --- numeric -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "tolerance", "inside", "outside"),
    [
        ("nominal", "0.5", ("99.5", "100.5"), ("99.4999", "100.5001")),
        ("relative", "0.1", ("90", "110"), ("89.999", "110.001")),
        ("geometric", "0.25", ("80", "125"), ("79.999", "125.001")),
    ],
)
def test_the_three_tolerances_of_moodle_are_exact_to_their_ends(measure, tolerance, inside, outside) -> None:  # type: ignore[no-untyped-def]
    accepted = AcceptedNumber.model_validate({"value": "100", "tolerance": tolerance, "measure": measure})
    low, high = accepted.interval
    assert (low, high) == tuple(map(Fraction, inside))
    assert all(not low <= Fraction(number) <= high for number in outside)
    negative = AcceptedNumber.model_validate({"value": "-100", "tolerance": tolerance, "measure": measure})
    assert negative.interval == (-high, -low)


def test_no_floating_point_comes_between_an_answer_and_its_mark() -> None:
    raw = NUMERIC | {"answers": [{"value": 0.3, "tolerance": 0.1}]}
    shares = [
        question(raw).grade({"value": value, "unit": None}) for value in ("0.2", "0.4", "0,4", "0.400000001")
    ]
    assert shares == [1, 1, 1, 0]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1.5", "3/2"), (" 1,5 ", "3/2"), ("−2", "-2"), ("1e3", "1000"), ("1.2E-2", "3/250"), (".5", "1/2"),
        ("5.", "5"),
        ("+7", "7"), ("12 000", "12000"),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(written: str, number: str) -> None:
    assert read_number(written) == Fraction(number)


@pytest.mark.parametrize(
    "written", ["", "x", "1,234.5", "1.2.3", "1e9999", "0x10", "٣", "--1", "1/3", "nan", "inf", "9" * 60]
)
def test_what_is_no_number_is_none(written: str) -> None:
    assert read_number(written) is None


@given(st.text())
def test_no_text_breaks_the_reader_of_numbers(written: str) -> None:
    read_number(written)


def test_units_are_converted_and_a_missing_one_costs_its_penalty() -> None:
    some = question(UNITS)
    assert some.grade({"value": "1500", "unit": "m"}) == some.grade({"value": "1.5", "unit": "km"}) == 1
    assert some.grade({"value": "1.5", "unit": "m"}) == 0
    assert some.grade({"value": "1.5", "unit": None}) == Fraction(9, 10)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"answers": [{"value": 1, "weight": 50}]}, "no answer weighs 100"),
        ({"answers": [{"value": 1, "tolerance": 5, "weight": 50}, {"value": 2}]}, "comes before"),
        ({"answers": [{"value": "NaN"}]}, "finite"),
        ({"units": [{"unit": "m", "factor": 2}]}, "factor 1"),
        ({"units": [{"unit": "m"}, {"unit": "m"}]}, "same name"),
    ],
)
def test_a_numeric_question_that_nobody_can_win_is_a_fault(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        question(NUMERIC | changes)


# --- calculated ----------------------------------------------------------------------------------


def test_numbers_differ_from_variant_to_variant_and_stay_within_their_range() -> None:
    some = question(CALCULATED)
    numbers = [some.numbers(str(variant)) for variant in range(1, 51)]
    assert len({tuple(each.values()) for each in numbers}) > 40
    assert all(2 <= each["a"] <= 9 and Decimal("0.5") <= each["b"] <= Decimal("2.5") for each in numbers)
    assert some.numbers("7") == question(CALCULATED).numbers("7") == {"a": Decimal(8), "b": Decimal("1.2")}
    assert some.right("7") == Fraction("3.2")


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("1/3 + 1/6", "1/2"), ("2**10", "1024"), ("-a + 2*(b - 1)", "5"), ("round(2.345, 2)", "2.35"),
        ("sqrt(16)", "4"),
        ("max(a, b, 1) - min(a, b)", "2"), ("floor(7/2) + ceil(7/2)", "7"), ("round(-2.5)", "-3"),
        ("0.1 + 0.2", "0.3"),
    ],
)  # fmt: skip
def test_formulas_are_exact(formula: str, value: str) -> None:
    assert Formula(formula).value({"a": Fraction(3), "b": Fraction(5)}) == Fraction(value)


@pytest.mark.parametrize(
    "formula",
    [
        "__import__('os')", "a.b", "a[0]", "lambda: 1", "'x'", "a if b else c", "a and b", "max()", "max(*a)", "f(1)",
        "a := 1", "True", "1j", "(", "a" * 501, "round(a, b=1)", "-" * 400 + "1 +",
    ],
)  # fmt: skip
def test_a_formula_can_do_nothing_but_arithmetic(formula: str) -> None:
    with pytest.raises(ValueError, match="holds something|is no formula|longer"):
        Formula(formula)


@pytest.mark.parametrize(
    "formula",
    [
        "1/(a - a)",
        "sqrt(0 - 1)",
        "9**9**9",
        "2**21",
        "(9**20)**20 * (9**20)**20",
        "round(1, 99)",
        "abs(1, 2)",
    ],
)
def test_a_formula_that_comes_to_nothing_is_a_fault(formula: str) -> None:
    with pytest.raises(ValueError, match="divides|square root|exponent|too long|rounds|too many"):
        Formula(formula).value({"a": Fraction(1)})
    with pytest.raises(ValidationError, match="the formula"):
        question(CALCULATED | {"formula": formula})


def test_a_calculated_text_tells_each_of_its_numbers() -> None:
    with pytest.raises(ValidationError, match="does not tell {b}"):
        question(CALCULATED | {"text": text("only {a}")})
    with pytest.raises(ValidationError, match="no variable"):
        question(CALCULATED | {"formula": "a * c"})
