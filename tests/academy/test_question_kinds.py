"""The contract that every kind of question keeps, and what is particular to each."""

from __future__ import annotations

import itertools
import json
from fractions import Fraction

import pytest
from pydantic import ValidationError

from academy.questions import KINDS, AnswerError, BaseQuestion
from tests.academy.samples import multiple, option, question, single, text

SAMPLES = [
    question(single()),
    question(single() | {"options": [option("a", correct=True), option("b", weight=50), option("c", weight=-25)]}),  # noqa: E501
    question(multiple()),
    question(multiple(right="a")),
    question(multiple() | {"options": [option(k, correct=k in "ab", weight=w) for k, w in zip(
        "abcd", (70, 30, -100, -50), strict=True)]}),
]  # fmt: skip
EVERY_SAMPLE = pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: f"{s.kind}-{len(s.options)}")


def places(sample: BaseQuestion) -> list[object]:
    """Every raw answer that a page could send for a sample."""
    names = [str(n) for n in range(1, len(sample.arrange("s")) + 1)]
    if sample.kind == "single":
        return [None, *names]
    sets = itertools.chain.from_iterable(itertools.combinations(names, n) for n in range(len(names) + 1))
    return [None, *(list(chosen) for chosen in sets)]


def say(path: str) -> str:
    return f"<{path}>"


def test_every_kind_has_a_sample_here() -> None:
    assert {type(sample) for sample in SAMPLES} == set(KINDS)


@EVERY_SAMPLE
def test_the_order_is_the_same_for_the_same_seed_and_differs_for_some_other(sample: BaseQuestion) -> None:
    assert sample.arrange("seed") == sample.arrange("seed")
    assert len({sample.arrange(str(seed)) for seed in range(50)}) > 1
    assert sorted(sample.arrange("seed")) == sorted(sample.arrange("other"))


@EVERY_SAMPLE
def test_what_is_shown_before_the_answer_holds_no_key(sample: BaseQuestion) -> None:
    shown = json.dumps(sample.shown(sample.arrange("s"), lambda path: "words"))
    assert "correct" not in shown and "weight" not in shown and "feedback" not in shown
    for part in sample.options:  # type: ignore[attr-defined]
        assert f'"{part.key}"' not in shown


@EVERY_SAMPLE
def test_an_answer_survives_the_way_from_the_page_and_back(sample: BaseQuestion) -> None:
    order = sample.arrange("s")
    for raw in places(sample):
        answer = sample.read(raw, order)
        assert json.loads(json.dumps(answer)) == answer
        assert sample.read(sample.chosen(answer, order), order) == answer


@EVERY_SAMPLE
def test_every_possible_answer_is_graded_exactly_between_minus_one_and_one(sample: BaseQuestion) -> None:
    order = sample.arrange("s")
    shares = [sample.grade(sample.read(raw, order)) for raw in places(sample)]
    assert all(isinstance(share, Fraction) and -1 <= share <= 1 for share in shares)
    assert sample.grade(None) == 0
    assert max(shares) == 1 and shares.count(Fraction(1)) == 1


@EVERY_SAMPLE
@pytest.mark.parametrize(
    "raw",
    [
        "0",
        "9",
        "a",
        "",
        1,
        True,
        1.0,
        {},
        {"a": 1},
        ["9"],
        ["1", "1"],
        [1],
        [None],
        ["1"] * 1000,
        "1" * 10_000,
    ],
)
def test_an_answer_that_no_page_could_send_is_refused(sample: BaseQuestion, raw: object) -> None:
    with pytest.raises(AnswerError):
        sample.read(raw, sample.arrange("s"))


@EVERY_SAMPLE
def test_the_random_guess_score_is_the_mean_over_all_single_answers(sample: BaseQuestion) -> None:
    if sample.kind == "multiple":
        assert sample.guess() is None
        return
    order = sample.arrange("s")
    shares = [sample.grade(sample.read(raw, order)) for raw in places(sample) if raw is not None]
    assert sample.guess() == sum(shares) / len(shares)


@EVERY_SAMPLE
def test_the_review_marks_the_right_options_only_with_the_key(sample: BaseQuestion) -> None:
    order = sample.arrange("s")
    answer = sample.read(places(sample)[1], order)
    hidden = sample.reviewed(order, answer, say, with_key=False)
    assert {part["correct"] for part in hidden["options"]} == {None}
    told = sample.reviewed(order, answer, say, with_key=True)
    right = {part.key for part in sample.options if part.correct}  # type: ignore[attr-defined]
    assert {key for key, part in zip(order, told["options"], strict=True) if part["correct"]} == right
    assert told["feedback_html"] == "<feedback>"


@EVERY_SAMPLE
def test_every_text_has_a_path(sample: BaseQuestion) -> None:
    assert {"text", "feedback"} < sample.texts().keys()
    assert len(sample.texts()) == 2 + len(sample.arrange("s"))


# --- single --------------------------------------------------------------------------------------


@pytest.mark.parametrize("right", ["", "ab"])
def test_a_single_choice_with_no_or_two_right_options_is_a_fault(right: str) -> None:
    raw = single() | {"options": [option(k, correct=k in right) for k in "abc"]}
    with pytest.raises(ValidationError, match=f"exactly one correct option, not {len(right)}"):
        question(raw)


def test_a_near_right_option_earns_its_weight() -> None:
    assert SAMPLES[1].grade("b") == Fraction(1, 2)
    assert SAMPLES[1].grade("c") == Fraction(-1, 4)


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


@EVERY_SAMPLE
def test_choosing_everything_earns_nothing(sample: BaseQuestion) -> None:
    if sample.kind == "multiple":
        assert sample.grade(sorted(sample.arrange("s"))) == 0


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
