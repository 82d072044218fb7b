"""What is particular to each kind of question; what all share is in `test_question_contract`."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from academy.questions import AnswerError
from academy.questions.formula import Formula
from academy.questions.numbers import AcceptedNumber, read_number
from academy.questions.wording import matches
from tests.academy.kind_samples import (
    CALCULATED,
    CATEGORISE,
    CLOZE,
    EXACT_ORDER,
    FOLLOWING,
    MATCHING,
    NEAR,
    NUMERIC,
    ORDERING,
    PENALISED,
    SHORT,
    TASK,
    UNITS,
    WEIGHED,
)
from tests.academy.samples import multiple, option, question, single, text

# --- single --------------------------------------------------------------------------------------


@pytest.mark.parametrize("right", ["", "ab"])
def test_a_single_choice_with_no_or_two_right_options_is_a_fault(right: str) -> None:
    raw = single() | {"options": [option(k, correct=k in right) for k in "abc"]}
    with pytest.raises(ValidationError, match=f"exactly one correct option, not {len(right)}"):
        question(raw)


def test_a_near_right_option_earns_its_weight() -> None:
    assert question(NEAR).grade("secret-b") == Fraction(1, 2)
    assert question(NEAR).grade("secret-c") == Fraction(-1, 4)


def test_a_wrong_option_cannot_weigh_as_much_as_the_right_one() -> None:
    with pytest.raises(ValidationError, match="must weigh less than 100"):
        question(single() | {"options": [option("a", correct=True), option("b", weight=100)]})


def test_two_options_with_the_same_text_are_a_fault() -> None:
    twins = [option("a", correct=True), option("b") | {"text": text("Option a")}]
    with pytest.raises(ValidationError, match="same es text"):
        question(single() | {"options": twins})


# --- multiple ------------------------------------------------------------------------------------


def test_partial_credit_is_exact() -> None:
    sample = question(multiple(right="abc", options="abcde"))
    assert sample.grade(["a"]) == Fraction(1, 3)
    assert sample.grade(["a", "b"]) == Fraction(2, 3)
    assert sample.grade(["a", "b", "d"]) == Fraction(2, 3) - Fraction(1, 2)
    assert sample.grade(["d"]) == 0


def test_choosing_everything_earns_nothing() -> None:
    for raw in (multiple(), WEIGHED):
        assert question(raw).grade(list("abcd")) == 0


def test_thirds_that_were_rounded_by_the_author_earn_the_full_mark() -> None:
    weights = dict(zip("abcdef", [33.33333] * 3 + [-33.33333] * 3, strict=True))
    raw = multiple() | {"options": [option(k, correct=k in "abc", weight=w) for k, w in weights.items()]}
    assert question(raw).grade(["a", "b", "c"]) == 1
    assert question(raw).grade(list("abcdef")) == 0


@pytest.mark.parametrize(
    ("weights", "fault"),
    [
        ((60, 30, -50, -50), "weigh 90 together, not 100"),
        ((50, 50, -30, -30), "choosing everything would earn marks"),
        ((50, 50, 1, -100), "wrong ones 0 or less"),
        ((100, 0, -50, -50), "weigh more than 0"),
        ((120, -20, -50, -50), "less than or equal to 100|more than 0"),
        ((50, None, None, None), "to all correct options or to none"),
    ],
)
def test_weights_with_which_guessing_pays_are_a_fault(weights: tuple[object, ...], fault: str) -> None:
    raw = multiple() | {
        "options": [option(k, correct=k in "ab", weight=w) for k, w in zip("abcd", weights, strict=True)]
    }
    with pytest.raises(ValidationError, match=fault):
        question(raw)


@pytest.mark.parametrize("right", ["", "abcd"])
def test_a_multiple_choice_needs_right_and_wrong_options(right: str) -> None:
    with pytest.raises(ValidationError, match="at least one correct and one wrong"):
        question(multiple(right=right))


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
        ("1.5", "3/2"), (" 1,5 ", "3/2"), ("−2", "-2"), ("1e3", "1000"), ("1.2E-2", "3/250"), (".5", "1/2"), ("5.", "5"),
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


# --- short text ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "given_", "matched"),
    [
        ("Madrid", "  madrid ", True), ("Madrid", "Madird", False), ("new york", "New   York", True),
        ("é", "e\u0301", True), ("é", "e", False), ("ma*d", "mad", True), ("ma*d", "madrids", False),
        ("*rid", "Madrid", True), ("a*b*c", "a--b--c", True), ("a*b*c", "acb", False), ("5\\*3", "5*3", True),
        ("5\\*3", "5x3", False), ("*", "", True), ("ab*ba", "aba", False), ("STRASSE", "straße", True),
    ],
)  # fmt: skip
def test_texts_are_normalised_and_wildcards_are_the_only_leniency(
    pattern: str, given_: str, matched: bool
) -> None:
    assert matches(pattern, given_, case=False) is matched


def test_capitals_matter_where_the_author_says_so() -> None:
    some = question(SHORT | {"case": True})
    assert (some.grade("Secretword"), some.grade("secretword")) == (1, 0)


def test_many_wildcards_take_no_more_than_a_moment() -> None:
    assert not matches(
        "*a" * 200, "a" * 199 + "b" * 300, case=False
    )  # a regular expression would take for ever


# --- rows ----------------------------------------------------------------------------------------


def test_equal_texts_on_the_right_are_one_choice() -> None:
    some = question(MATCHING)
    assert len(some.targets()) == 3 and some.right()["secret-3"] == "secret-1"
    assert some.grade({"secret-1": "secret-1", "secret-2": "secret-4"}) == Fraction(1, 3)


def test_one_text_for_every_row_or_one_category_for_every_item_is_a_fault() -> None:
    pairs = [{"key": key, "left": text(key), "right": text("same")} for key in "ab"]
    with pytest.raises(ValidationError, match="two different texts"):
        question(MATCHING | {"pairs": pairs})
    with pytest.raises(ValidationError, match="cannot belong to every row"):
        question(MATCHING | {"pairs": [*pairs, {"key": "c", "right": text("other")}]})
    items = [each | {"category": "secret-x"} for each in CATEGORISE["items"]]
    with pytest.raises(ValidationError, match="cannot hold every item"):
        question(CATEGORISE | {"items": items})


def test_the_gradings_of_an_order_are_moodle_s() -> None:
    keys = [f"secret-{n}" for n in "bcda"]
    shifted = {key: str(place) for place, key in enumerate(keys, 1)}
    assert question(ORDERING).grade(shifted) == 0
    assert question(FOLLOWING).grade(shifted) == Fraction(2, 3)
    swapped = {"secret-a": "1", "secret-b": "3", "secret-c": "2"}
    assert question(EXACT_ORDER).grade(swapped) == 0
    assert question(ORDERING).grade(swapped | {"secret-d": "4"}) == Fraction(1, 2)
    assert question(ORDERING).grade({"secret-a": "1", "secret-b": "1"}) == 0


# --- cloze ---------------------------------------------------------------------------------------


def test_gaps_weigh_what_the_author_says() -> None:
    some = question(CLOZE)
    assert some.grade({"secret-a": "secret-x"}) == Fraction(1, 2)
    assert some.grade({"secret-a": "secret-z", "secret-b": "3,14"}) == Fraction(1, 2)


@pytest.mark.parametrize(
    "words",
    [
        "[[secret-a]] [[secret-b]]",
        "[[secret-b]] [[secret-a]] [[secret-c]]",
        "![[[secret-a]]](/x) [[secret-b]] [[secret-c]]",
    ],
)
def test_a_text_that_does_not_hold_every_gap_once_and_in_order_is_a_fault(words: str) -> None:
    with pytest.raises(ValidationError, match="each gap once, in this order"):
        question(CLOZE | {"text": {"es": words, "en": CLOZE["text"]["en"]}})


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
        ("1/3 + 1/6", "1/2"), ("2**10", "1024"), ("-a + 2*(b - 1)", "5"), ("round(2.345, 2)", "2.35"), ("sqrt(16)", "4"),
        ("max(a, b, 1) - min(a, b)", "2"), ("floor(7/2) + ceil(7/2)", "7"), ("round(-2.5)", "-3"), ("0.1 + 0.2", "0.3"),
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


# --- others --------------------------------------------------------------------------------------


def test_a_wrong_guess_at_a_statement_may_cost() -> None:
    assert question(PENALISED).grade(False) == Fraction(-1, 2)
    assert question(PENALISED).guess() == Fraction(1, 4)


def test_a_task_is_done_when_its_rule_holds() -> None:
    some = question(TASK)
    assert some.grade({"send": 2, "big": 0}) == Fraction(1, 2) and some.grade({"send": 5, "big": 1}) == 1
    with pytest.raises(AnswerError):
        some.read({"send": 2}, ())


@pytest.mark.parametrize(
    ("when", "fault"),
    [
        ({"field": "person.role", "eq": "x"}, "not a rule about an event"),
        ({"event": "A", "count": {}}, "no operator"),
    ],
)
def test_a_task_asks_of_an_event(when: dict[str, Any], fault: str) -> None:
    tasks = [{"key": "a", "text": text("Do"), "when": when}]
    with pytest.raises(ValidationError, match=fault):
        question(TASK | {"tasks": tasks})
