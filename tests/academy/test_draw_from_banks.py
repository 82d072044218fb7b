"""What an attempt draws from banks: by rule, what was seen least, nothing twice, pinned options in their place."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from academy.paper import draw_paper, mark_paper
from academy.schemas import Quiz
from tests.academy.samples import course, option, quiz, read, single, text


def question(key: str, *tags: str, difficulty: int | None = None) -> dict[str, Any]:
    return single(key) | {"tags": list(tags)} | ({"difficulty": difficulty} if difficulty else {})


BANK = [question(f"q{n}", "even" if n % 2 == 0 else "odd", difficulty=1 + n // 4) for n in range(12)]


def drawing(*rules: dict[str, Any], **more: Any) -> Quiz:
    raw = quiz(questions=[], banks={"bank": {"questions": BANK}}, draw=list(rules)) | more
    found = read(course(quiz=raw)).quiz
    assert found is not None
    return found


def keys(some: Quiz, seed: str, seen: dict[str, int] | None = None) -> list[str]:
    return [slot.question for slot in draw_paper(some, seed, seen or {})]


def test_a_rule_draws_as_many_as_it_says_of_those_it_may_take() -> None:
    some = drawing(
        {"from": "bank", "tags": ["even"], "difficulty": 2, "count": 1},
        {"from": "bank", "tags": ["odd"], "count": 3},
    )
    assert some.length == 4
    for seed in range(30):
        first, *others = keys(some, str(seed))
        assert first in {"q4", "q6"} and len(set(others)) == 3 and all(int(key[1:]) % 2 for key in others)


def test_what_was_seen_least_comes_first() -> None:
    some = drawing({"from": "bank", "count": 4})
    seen: Counter[str] = Counter()
    for round_ in range(6):
        drawn = keys(some, f"seed {round_}", seen)
        assert max(seen.values(), default=0) - min((seen[key] for key in drawn), default=0) <= 1
        seen.update(drawn)
        assert max(seen.values()) - min(seen[f"q{n}"] for n in range(12)) <= 1
    assert set(seen.values()) == {2}


def test_a_learner_sees_what_they_saw_least(school) -> None:  # type: ignore[no-untyped-def]
    from academy import attempts

    school.publish(quiz=quiz(questions=[single(f"n{n}") for n in range(6)], draw=2, pass_mark=100))
    person = school.ready()
    seen = []
    for _ in range(3):
        attempt = school.start(person)
        with school.turn():
            seen += [slot.question for slot in attempts.slots_of(school.attempt(attempt))]
            attempts.submit(attempt, {}, 0, person_id=person)
    assert len(set(seen)) == 6


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_rules_that_are_let_through_never_draw_twice_nor_too_few(data: st.DataObject) -> None:
    rule = st.fixed_dictionaries(
        {"from": st.just("bank")},
        optional={
            "tags": st.sampled_from([["even"], ["odd"], []]),
            "difficulty": st.integers(1, 3),
            "count": st.integers(1, 6),
        },
    )
    rules = data.draw(st.lists(rule, min_size=1, max_size=4))
    try:
        some = drawing(*rules)
    except ValidationError:
        return
    seen = data.draw(st.dictionaries(st.sampled_from([f"q{n}" for n in range(12)]), st.integers(0, 5)))
    drawn = keys(some, data.draw(st.text(max_size=5)), seen)
    assert len(drawn) == len(set(drawn)) == some.length


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        ([{"from": "bank", "count": 13}], "rule 1 draws 13 questions from 12"),
        ([{"from": "bank", "count": 7}, {"from": "bank", "tags": ["odd"], "count": 3}], "rule 2 draws 3 .* from 0"),
        ([{"from": "bank", "tags": ["none"]}], "rule 1 finds no question"),
        ([{"from": "other"}], "there is no bank 'other'"),
        ([{"count": 1}], "rule 1 finds no question"),
    ],
)  # fmt: skip
def test_a_draw_that_could_find_too_few_is_a_fault(rules: list[dict[str, Any]], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        drawing(*rules)


def test_two_banks_cannot_share_a_key() -> None:
    with pytest.raises(ValidationError, match="two questions have the key 'q1'"):
        drawing({"from": "bank"}, questions=[single("q1")])


def test_sections_stay_in_order_and_may_have_pass_marks_of_their_own() -> None:
    sections = [
        {"title": text("One"), "draw": [{"from": "bank", "tags": ["even"], "count": 2}], "pass_mark": 50},
        {"title": text("Two"), "draw": [{"from": "bank", "tags": ["odd"], "count": 2}], "shuffle": False},
    ]
    raw = quiz(questions=[], banks={"bank": {"questions": BANK}}, sections=sections, pass_mark=50)
    some = read(course(quiz=raw)).quiz
    assert some is not None
    slots = draw_paper(some, "s")
    assert [slot.section for slot in slots] == [0, 0, 1, 1]
    only_second = mark_paper(some, slots, {3: "b", 4: "b"})
    assert (only_second.score, only_second.passed) == (Fraction(1, 2), False)
    assert mark_paper(some, slots, {1: "b", 3: "b"}).passed


def test_negative_marking_takes_from_what_wrong_answers_earn_and_not_from_none() -> None:
    some = drawing({"from": "bank", "count": 4}, wrong_costs=50)
    slots = draw_paper(some, "s")
    marking = mark_paper(some, slots, {1: "b", 2: "b", 3: "a"})
    assert marking.shares == (1, 1, Fraction(-1, 2), 0) and marking.score == Fraction(3, 8)


def test_pinned_options_keep_their_place() -> None:
    options = [option("a", correct=True), option("b"), option("c"), option("d") | {"pinned": True}]
    some = read(course(quiz=quiz(questions=[single("one") | {"options": options}]))).quiz
    assert some is not None
    orders = {draw_paper(some, str(seed))[0].order for seed in range(60)}
    assert {order[-1] for order in orders} == {"d"} and len(orders) == 6
    unshuffled = some.questions[0].model_copy(update={"shuffle": False})
    assert unshuffled.arrange("any") == ("a", "b", "c", "d")
