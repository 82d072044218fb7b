"""The figures of the item analysis, against published ones and against their definitions."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
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
