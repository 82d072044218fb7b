"""What is particular to each kind of question; what all share is in `test_question_contract`."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError

from academy.questions import AnswerError
from academy.questions.wording import matches
from tests.academy.kind_samples import (
    CATEGORISE,
    CLOZE,
    EXACT_ORDER,
    FOLLOWING,
    MATCHING,
    NEAR,
    ORDERING,
    PENALISED,
    SHORT,
    TASK,
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
