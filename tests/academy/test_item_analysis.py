"""The figures of the item analysis, against published ones and against their definitions."""

from __future__ import annotations

import csv
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from academy.item_analysis import analyse, others, use_of_options

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "item-analysis"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the reference sets are not part of this repository"
)


def table(name: str) -> np.ndarray:
    with (DATA / name).open(encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))[1:]
    return np.array([[float(v) if v not in ("", "NA") else np.nan for v in row] for row in rows])


@needs_data
@pytest.mark.parametrize(
    ("name", "missing", "alpha", "by"),
    [
        ("psych_lsat6.csv", "listwise", 0.294997, "all"),
        ("psych_lsat7.csv", "listwise", 0.453409, "all"),
        ("cronbach_wide_missing.csv", "pairwise", 0.732660835214447, "pairwise"),
        ("cronbach_wide_missing.csv", "listwise", 0.8016949152542373, "listwise"),
    ],
)
def test_alpha_is_what_was_published(name, missing, alpha, by):
    marks = table(name)
    found = analyse(marks, np.ones(marks.shape[1]), missing=missing)
    assert found.alpha == pytest.approx(100 * alpha, abs=1e-4)
    assert found.alpha_by == by
    assert found.alpha_interval[0] < found.alpha < found.alpha_interval[1]


@needs_data
def test_alpha_of_marks_that_are_not_zero_or_one_is_what_was_published():
    with (DATA / "cronbach_alpha.csv").open() as file:
        rows = list(csv.DictReader(file))
    items = sorted({row["Items"] for row in rows})
    people = sorted({int(row["Subj"]) for row in rows})
    marks = np.full((len(people), len(items)), np.nan)
    for row in rows:
        marks[people.index(int(row["Subj"])), items.index(row["Items"])] = float(row["Scores"])
    found = analyse(marks, np.full(len(items), np.nanmax(marks)))
    assert found.alpha == pytest.approx(59.17188485995826)


@needs_data
def test_option_frequencies_means_and_deviations_are_the_published_ones():
    key = [4, 4, 4, 6, 6, 3, 4, 4, 5, 2, 2, 4, 3, 2, 6, 7]
    raw = table("psychTools_iqitems.csv")
    marks = np.where(np.isnan(raw), np.nan, raw == key)
    found = analyse(marks, np.ones(16), missing="pairwise")
    assert found.alpha == pytest.approx(84, abs=0.5)
    text = (DATA / "psychTools_iqitems.published-output.txt").read_text()
    lines = re.findall(r"^\S+\.\d+ (\d) ((?:\d\.\d\d ){9})0 0\.\d\d (\d+) (\d\.\d\d) (\d\.\d\d)$", text, re.M)
    assert len(lines) == 16
    for place, (right, shares, count, mean, sd) in enumerate(lines):
        item, column = found.items[place], raw[~np.isnan(raw[:, place]), place]
        assert (int(right), int(count)) == (key[place], item.attempts)
        assert item.facility / 100 == pytest.approx(float(mean), abs=0.0051)
        assert item.sd == pytest.approx(float(sd), abs=0.0051)
        chosen = {str(option): column == option for option in range(9)}
        used = use_of_options(chosen, others(marks, place), {right})
        assert [each.share / 100 for each in used] == pytest.approx(
            [float(share) for share in shares.split()], abs=0.0051
        )
        assert [each.right for each in used].index(True) == key[place]


def test_the_definitions_on_a_table_that_was_worked_out_by_hand():
    marks = [[1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
    found = analyse(marks, [1, 1, 2])
    assert (found.attempts, found.small, found.mean, found.median) == (4, True, 2.25, 2.0)
    assert found.sd == pytest.approx(0.5)
    # totals 2, 2, 2, 3: m2 = 3/16, m3 = 3/32, m4 = 21/256
    assert found.skewness == pytest.approx(2.0)
    assert found.kurtosis == pytest.approx(4.0)
    # three items with variance 1/4, a total with 1/4: alpha = 3/2 (1 - 3)
    assert found.alpha == pytest.approx(-300)
    assert found.error_ratio == pytest.approx(200)
    assert found.standard_error == pytest.approx(1.0)
    first = found.items[0]
    assert (first.facility, first.sd, first.intended_weight) == (75, 0.5, 25)
    # y = 1, 1, 2, 2: cov(x, y) = -1/6, cov of the sorted = 1/6, var(y) = 1/3
    assert first.discrimination_index == pytest.approx(-100 * (1 / 6) / np.sqrt(1 / 12))
    assert first.discriminative_efficiency == pytest.approx(-100)
    assert first.effective_weight == pytest.approx(100 / 3)
    assert first.flags == ("few_attempts",)


def test_negative_figures_are_shown_as_they_are_and_flagged_only_where_chance_is_ruled_out():
    rng = np.random.default_rng(7)
    ability = rng.normal(size=400)
    good = (ability[:, None] + rng.normal(size=(400, 9)) > 0).astype(float)
    wrong_key = (ability + rng.normal(size=400) < 0).astype(float)
    marks = np.column_stack([good, wrong_key])
    found = analyse(marks, np.ones(10), guesses=[0.25] * 10)
    assert found.items[9].discrimination_index < -20
    assert found.items[9].effective_weight is None or found.items[9].effective_weight < 5
    assert "negative_discrimination" in found.items[9].flags
    assert all("negative_discrimination" not in item.flags for item in found.items[:9])
    used = use_of_options(
        {"a": good[:, 0] == 1, "b": good[:, 0] == 0, "c": np.zeros(400)}, others(marks, 0), {"b"}
    )
    assert [use.flags for use in used] == [
        ("attracts_the_strong",),
        ("repels_the_strong",),
        ("never_chosen",),
    ]


def test_what_cannot_be_calculated_is_none_and_never_a_fault():
    for marks in (np.zeros((0, 2)), np.zeros((1, 2)), np.ones((5, 2)), np.full((3, 2), np.nan)):
        found = analyse(marks, [1, 1])
        assert found.alpha is None and found.skewness is None and found.kurtosis is None
        assert all(item.discrimination_index is None for item in found.items)
    assert analyse(np.ones((5, 2)), [1, 1]).items[0].flags == ("few_attempts", "no_variance")


@given(arrays(float, (8, 4), elements=st.sampled_from([-0.5, 0.0, 0.25, 1.0, float("nan")])))
@settings(max_examples=60, deadline=None)
def test_any_table_gives_finite_figures_within_their_definitions(marks):
    found = analyse(marks, np.ones(4), missing="pairwise")
    for item in found.items:
        for value in (item.discrimination_index, item.discriminative_efficiency):
            assert value is None or (np.isfinite(value) and value <= 100 + 1e-6)
        assert (
            item.facility is None
            or item.facility_interval is None
            or (
                item.facility_interval[0] <= item.facility + 1e-9
                and item.facility <= item.facility_interval[1] + 1e-9
            )
        )
    weights = [item.effective_weight for item in found.items if item.effective_weight is not None]
    assert not weights or sum(weights) == pytest.approx(100)


# --- the definitions once more, in exact arithmetic -----------------------------------------------

Column = list[Fraction]


def mean(x: Column) -> Fraction:
    return sum(x, Fraction(0)) / len(x)


def covariance(x: Column, y: Column) -> Fraction:
    a, b = mean(x), mean(y)
    return sum(((p - a) * (q - b) for p, q in zip(x, y, strict=True)), Fraction(0)) / (len(x) - 1)


def moment(x: Column, power: int) -> Fraction:
    return mean([(each - mean(x)) ** power for each in x])


def near(value: float | None, exact: float | None) -> bool:
    return value is None if exact is None else value == pytest.approx(exact, abs=1e-7, rel=1e-7)


MARKS = st.sampled_from(
    [Fraction(share) for share in ("0", "1", "1/3", "2/3", "1/2", "1/10", "3/10", "-1/4")]
)


@given(
    st.integers(4, 9).flatmap(
        lambda s: st.lists(st.lists(MARKS, min_size=3, max_size=3), min_size=s, max_size=s)
    )
)
@example([[Fraction(v) for v in row.split()] for row in ("0 0 1/2", "0 0 1/2", "2/3 1/3 1/3", "1/2 1/3 2/3")])
@settings(max_examples=150, deadline=None)
def test_weighted_and_partial_marks_give_the_exact_figures(rows):
    most = [Fraction(1), Fraction(3), Fraction(1, 2)]
    columns = [
        [share * whole for share in column]
        for column, whole in zip(zip(*rows, strict=True), most, strict=True)
    ]
    totals, s = [sum(marks, Fraction(0)) for marks in zip(*columns, strict=True)], len(rows)
    found = analyse(np.array([[float(v) for v in column] for column in columns]).T, [float(v) for v in most])
    k2 = covariance(totals, totals)
    if k2 == 0:
        assert (found.skewness, found.kurtosis, found.alpha, found.error_ratio) == (None, None, None, None)
    else:
        m2, m3, m4 = (moment(totals, power) for power in (2, 3, 4))
        k3 = s * s * m3 / ((s - 1) * (s - 2))
        k4 = s * s * ((s + 1) * m4 - 3 * (s - 1) * m2**2) / ((s - 1) * (s - 2) * (s - 3))
        assert near(found.skewness, float(k3) / float(k2) ** 1.5) and near(found.kurtosis, float(k4 / k2**2))
        alpha = 150 * (1 - sum(covariance(x, x) for x in columns) / k2)
        assert near(found.alpha, float(alpha))
        assert near(found.error_ratio, 100 * float(1 - alpha / 100) ** 0.5)
    shared = [covariance(x, totals) for x in columns]
    whole = sum(float(each) ** 0.5 for each in shared if each > 0)
    for item, x, both, maximum in zip(found.items, columns, shared, most, strict=True):
        y = [total - mark for total, mark in zip(totals, x, strict=True)]
        own, others_, joint = covariance(x, x), covariance(y, y), covariance(x, y)
        assert near(item.facility, float(100 * mean(x) / maximum)) and near(item.sd, float(own) ** 0.5)
        assert near(
            item.discrimination_index,
            100 * float(joint) / float(own * others_) ** 0.5 if own * others_ else None,
        )
        best = covariance(sorted(x), sorted(y))
        assert near(item.discriminative_efficiency, float(100 * joint / best) if best else None)
        assert near(item.effective_weight, 100 * float(both) ** 0.5 / whole if both >= 0 and whole else None)
        assert near(item.intended_weight, float(100 * maximum / sum(most)))


def test_marks_that_differ_only_by_the_noise_of_floats_have_no_variance():
    found = analyse([[0.1, 0.2], [0.3, 0.0], [0.2, 0.1], [0.15, 0.15]], [1, 1])
    assert (found.skewness, found.kurtosis, found.alpha) == (None, None, None)
    thirds = analyse(np.column_stack([np.full(40, 0.1), np.tile([0.0, 1 / 3], 20)]), [1, 1]).items[0]
    assert (thirds.discrimination_index, thirds.discriminative_efficiency, thirds.flags) == (
        None,
        None,
        ("no_variance",),
    )


def test_one_item_twins_and_pairs_that_were_never_on_one_paper():
    alone = analyse([[0.0], [1.0], [1.0]], [2])
    assert (alone.alpha, alone.error_ratio, alone.items[0].discrimination_index) == (None, None, None)
    assert (alone.items[0].effective_weight, alone.items[0].facility) == (100, pytest.approx(100 / 3))
    twins = analyse(np.repeat([[0.0], [1.0], [1.0], [0.0], [1.0]], 3, axis=1) / 3, [1, 1, 1])
    assert (twins.alpha, twins.error_ratio) == (pytest.approx(100), pytest.approx(0, abs=1e-5))
    assert twins.items[0].discrimination_index == 100
    nan = float("nan")
    apart = analyse([[1, nan], [0, nan], [nan, 1], [nan, 0]], [1, 1], missing="pairwise")
    assert (apart.alpha, apart.alpha_by, apart.error_ratio) == (None, "pairwise", None)


@given(arrays(float, (8, 4), elements=st.sampled_from([0.0, 1.0, float("nan")])))
@settings(max_examples=200, deadline=None)
def test_alpha_of_pairs_is_told_even_where_it_exceeds_what_it_can_mean(marks):
    found = analyse(marks, np.ones(4), missing="pairwise")
    assert (found.error_ratio is None) == (found.alpha is None or found.alpha > 100 + 1e-6)


def test_an_item_that_gives_no_marks_and_an_answer_that_was_left_out():
    found = analyse([[1, 0], [0, 0], [1, 0]], [1, 0])
    assert (found.items[1].facility, found.items[1].intended_weight) == (None, 0)
    left_out = analyse([[1, 0], [0, 1], [1, 1]], [1, 1]).items[0]
    not_drawn = analyse([[1, 0], [float("nan"), 1], [1, 1]], [1, 1]).items[0]
    assert (left_out.attempts, not_drawn.attempts, not_drawn.facility) == (3, 2, 100)
