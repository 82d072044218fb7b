"""The draw of an attempt's questions, and its exact marking."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest

from academy.draw import drawn, new_seed, shuffled
from academy.paper import Slot, draw_paper, mark_paper
from academy.questions import Answer
from tests.academy.samples import course, quiz, read, single


def a_quiz(**changes: object):  # type: ignore[no-untyped-def]
    return read(course(quiz=quiz(**changes))).quiz


def answers_of(slots: tuple[Slot, ...], by_key: dict[str, Answer]) -> dict[int, Answer]:
    return {n: by_key[slot.question] for n, slot in enumerate(slots, 1) if slot.question in by_key}


def test_the_order_does_not_depend_on_the_order_of_the_bank() -> None:
    assert shuffled("abcdef", "s", "x") == shuffled("fedcba", "s", "x")
    assert shuffled("abcdef", "s", "x") != shuffled("abcdef", "s", "y")


def test_the_draw_is_pinned_so_that_old_attempts_can_be_repeated_on_any_python() -> None:
    assert drawn("abcdef", "0123", 4) == ("b", "e", "a", "c")


def test_seeds_do_not_repeat() -> None:
    assert len({new_seed() for _ in range(1000)}) == 1000


def test_every_question_is_drawn_equally_often() -> None:
    bank = [f"q{n}" for n in range(10)]
    counts = Counter(key for seed in range(2_000) for key in drawn(bank, str(seed), 3))
    assert set(counts) == set(bank)
    assert all(500 < count < 700 for count in counts.values()), counts


def test_a_paper_holds_no_question_twice_and_as_many_as_the_quiz_draws() -> None:
    some = a_quiz(draw=3)
    for seed in range(20):
        slots = draw_paper(some, str(seed))
        assert len({slot.question for slot in slots}) == len(slots) == 3
    assert len(draw_paper(a_quiz(), "s")) == 4


def test_a_paper_survives_being_kept() -> None:
    slots = draw_paper(a_quiz(), "s")
    assert tuple(Slot.from_json(slot.to_json()) for slot in slots) == slots


def test_the_score_is_the_exact_mean_of_the_shares() -> None:
    some = a_quiz()
    slots = draw_paper(some, "s")
    right = {"one": "b", "two": "c", "three": ["a", "b"], "four": ["b", "c", "d"]}
    assert mark_paper(some, slots, answers_of(slots, right)).score == 1
    partly = right | {"four": ["b"], "one": None}
    assert mark_paper(some, slots, answers_of(slots, partly)).score == Fraction(7, 12)
    assert mark_paper(some, slots, {}).score == 0


def test_a_score_of_exactly_the_pass_mark_passes_and_a_hair_less_does_not() -> None:
    three = [single("one"), single("two"), single("three")]
    for pass_mark, passed in ((66, True), (67, False)):
        some = a_quiz(questions=three, pass_mark=pass_mark)
        slots = draw_paper(some, "s")
        marking = mark_paper(some, slots, answers_of(slots, {"one": "b", "two": "b"}))
        assert (marking.score, marking.passed) == (Fraction(2, 3), passed)
    four = a_quiz(questions=[*three, single("four")], pass_mark=75)
    slots = draw_paper(four, "s")
    assert mark_paper(four, slots, answers_of(slots, dict.fromkeys(("one", "two", "three"), "b"))).passed


def test_negative_shares_cannot_push_the_score_below_zero() -> None:
    options = [single()["options"][1], single()["options"][0] | {"weight": -100}]
    some = a_quiz(questions=[single() | {"options": options}])
    marking = mark_paper(some, draw_paper(some, "s"), {1: "a"})
    assert (marking.shares, marking.score) == ((Fraction(-1),), 0)


@pytest.mark.parametrize("draw", [0, 5])
def test_a_draw_that_the_bank_cannot_give_is_a_fault(draw: int) -> None:
    with pytest.raises(ValueError, match="greater than or equal to 1|from a bank of 4"):
        a_quiz(draw=draw)
