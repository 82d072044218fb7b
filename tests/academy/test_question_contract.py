"""The contract that every kind of question keeps."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from academy.draft_questions import KIND_NAMES, WRITTEN_KIND_NAMES
from academy.questions import KINDS, AnswerError, BaseQuestion, Question
from tests.academy.kind_samples import EVERY_KIND, KEY_WORDS
from tests.academy.samples import question

SAMPLES = [question(raw) for raw in EVERY_KIND]
EVERY_SAMPLE = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.key)
MACHINES = [sample for sample in SAMPLES if sample.best(sample.arrange("s")) is not None]
"""Those that no person has to mark."""
GARBAGE = [
    "", "0", "99", "a", 1, True, 1.5, {}, {"a": 1}, ["99"], ["1", "1"], [1], [None], [[]], ["1"] * 1000, "1" * 60_000,
    "nul\0", "\ud800", [""] * 3, ["\x1b"] * 4, ["ﬀ" * 400],
]  # fmt: skip


def say(sample: BaseQuestion, language: str = "en") -> Any:
    """Says the texts that the question declares and no others."""
    return lambda path: sample.texts()[path].in_language(language)


def possible(sample: BaseQuestion) -> Iterator[object]:
    """Raw answers that stand for all: each choice in every select, and in a field that is written, anything."""
    order = sample.arrange("s")
    page = sample.shown(order, say(sample))
    places = [option["place"] for option in page.get("options", ())]
    if sample.kind == "ordering":
        yield from map(list, itertools.permutations(places))
    elif "fields" in page:
        choices = [each.get("options") or page.get("options") for each in page["fields"]]
        written = "upl_1" if sample.kind == "file_upload" else "no such thing"
        values = [[option["place"] for option in each] if each else [written] for each in choices]
        yield from map(list, itertools.product(*values))
    elif sample.kind == "multiple":
        for count in range(len(places) + 1):
            yield from map(list, itertools.combinations(places, count))
    else:
        yield from places


def test_every_kind_has_a_sample() -> None:
    assert {type(sample) for sample in SAMPLES} == set(KINDS)


@EVERY_SAMPLE
def test_a_question_reads_back_from_the_definition_that_a_version_keeps(sample: BaseQuestion) -> None:
    plain = sample.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    assert TypeAdapter(Question).validate_python(json.loads(json.dumps(plain))) == sample


@EVERY_SAMPLE
def test_the_order_is_the_same_for_the_same_seed(sample: BaseQuestion) -> None:
    orders = {sample.arrange(str(seed)) for seed in range(60)}
    assert sample.arrange("seed") == sample.arrange("seed")
    fixed = sample.kind in ("true_false", "numeric", "short_text", "essay", "file_upload", "product_task")
    assert (len(orders) == 1) == fixed
    assert all(isinstance(part, str) for order in orders for part in order)


@EVERY_SAMPLE
def test_what_is_shown_before_the_answer_holds_no_key(sample: BaseQuestion) -> None:
    shown = json.dumps(sample.shown(sample.arrange("s"), lambda path: "words")).lower()
    assert [word for word in (*KEY_WORDS, '"right', '"given') if word.lower() in shown] == []


@EVERY_SAMPLE
def test_every_text_that_a_page_asks_for_is_declared(sample: BaseQuestion) -> None:
    order = sample.arrange("s")
    for raw in itertools.islice(possible(sample), 30):
        answer = sample.best(order) if raw is None else sample.read(raw, order)
        for with_key in (False, True):
            sample.reviewed(order, answer, say(sample), with_key=with_key)
    assert sample.reviewed(order, sample.best(order), say(sample), with_key=True)["html"]


@pytest.mark.parametrize("sample", MACHINES, ids=lambda sample: sample.key)
@pytest.mark.parametrize("seed", ["s", "t", "u"])
def test_the_best_answer_earns_the_whole_mark_and_survives_the_way_to_the_page_and_back(
    sample: BaseQuestion, seed: str
) -> None:
    order = sample.arrange(seed)
    best = sample.best(order)
    assert json.loads(json.dumps(best)) == best and sample.grade(best) == 1
    raw = sample.chosen(best, order)
    assert sample.read(json.loads(json.dumps(raw)), order) == best
    form = [each or "" for each in raw] if isinstance(raw, list) else [raw]
    assert sample.read(sample.read_form(form), order) == best


@EVERY_SAMPLE
def test_no_answer_earns_nothing(sample: BaseQuestion) -> None:
    order = sample.arrange("s")
    assert sample.read(None, order) is None and sample.grade(None) == 0
    assert sample.read(sample.read_form([]), order) is None
    assert sample.chosen(None, order) in (None, []) and sample.summary(None, "es") == ""
    if "fields" in sample.shown(order, say(sample)):
        width = len(sample.shown(order, say(sample))["fields"])
        assert sample.read(sample.read_form([""] * width), order) is None


@EVERY_SAMPLE
def test_every_possible_answer_is_graded_exactly_between_minus_one_and_one(sample: BaseQuestion) -> None:
    order = sample.arrange("s")
    for raw in possible(sample):
        answer = sample.read(raw, order)
        assert json.loads(json.dumps(answer)) == answer
        assert sample.read(sample.chosen(answer, order), order) == answer
        share = sample.grade(answer)
        assert isinstance(share, Fraction) and -1 <= share <= 1


@EVERY_SAMPLE
def test_the_random_guess_score_is_the_mean_over_all_possible_answers(sample: BaseQuestion) -> None:
    if sample.guess() is None:
        assert sample.kind in ("multiple", "essay", "file_upload", "product_task")
        return
    order = sample.arrange("s")
    shares = [sample.grade(sample.read(raw, order)) for raw in possible(sample)]
    assert sample.guess() == sum(shares, Fraction(0)) / len(shares)


@EVERY_SAMPLE
def test_one_choice_everywhere_or_all_of_them_cannot_win(sample: BaseQuestion) -> None:
    order = sample.arrange("s")
    page = sample.shown(order, say(sample))
    places = [option["place"] for option in page.get("options", ())]
    if sample.kind == "multiple":
        assert sample.grade(sample.read(places, order)) == 0
    if "fields" in page and places:
        for place in places:
            assert sample.grade(sample.read([place] * len(page["fields"]), order)) < 1


@EVERY_SAMPLE
@pytest.mark.parametrize("raw", GARBAGE, ids=lambda raw: repr(raw)[:20])
def test_garbage_is_refused_or_earns_nothing(sample: BaseQuestion, raw: object) -> None:
    order = sample.arrange("s")
    try:
        answer = sample.read(raw, order)
    except AnswerError:
        return
    valid = sample.read(sample.chosen(answer, order), order) == answer
    assert valid and (sample.grade(answer) < 1 or sample.kind in ("single", "true_false", "hot_spot"))
    json.dumps(answer).encode()


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(SAMPLES),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    ),
)
def test_no_raw_answer_breaks_the_reader(sample: BaseQuestion, raw: object) -> None:
    order = sample.arrange("s")
    try:
        answer = sample.read(raw, order)
    except AnswerError:
        return
    assert -1 <= sample.grade(answer) <= 1
    assert "\n" not in sample.summary(answer, "es") or sample.kind == "short_text"


@pytest.mark.parametrize("sample", MACHINES, ids=lambda sample: sample.key)
def test_an_answer_is_summed_up_in_one_line_of_each_language(sample: BaseQuestion) -> None:
    best = sample.best(sample.arrange("s"))
    spanish, english = sample.summary(best, "es"), sample.summary(best, "en")
    assert spanish and english and "\n" not in spanish + english
    if sample.kind not in ("numeric", "short_text", "calculated"):
        assert spanish != english


@EVERY_SAMPLE
def test_the_review_names_what_is_right_only_with_the_key(sample: BaseQuestion) -> None:
    order = sample.arrange("s")
    raw = next(iter(possible(sample)), None)
    hidden = sample.reviewed(order, sample.read(raw, order), say(sample), with_key=False)
    assert {option.get("correct") for option in hidden.get("options", ())} <= {None}
    for field in hidden.get("fields", ()):
        assert field.get("right") is None and field.get("right_html") is None


def test_every_kind_has_a_name_for_those_who_write_quizzes():
    assert (KIND_NAMES | WRITTEN_KIND_NAMES).keys() == {sample.kind for sample in SAMPLES}
