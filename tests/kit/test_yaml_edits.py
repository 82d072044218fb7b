"""A text of YAML is changed where it has to be, and stays as its author wrote it everywhere else."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from plg.kit.strict_yaml import read_yaml, write_yaml
from plg.kit.yaml_edits import rewritten

QUIZ = """\
# Written by Marta
title:   # the title
  es: Hola   # ask Ana
  en: "Hi"
pass_mark: 70 # agreed in May
later: {kind: unknown, of: [x, y]}  # no form knows it
summary: |
  one
  two

# the first half
questions:
# easy
- key: a   # keep
  text: {es: x, en: y}
# hard
- key: b
  options:
    - key: o1
      correct: true
    # a trap
    - key: o2
  drip:
    after: 3d # soon
# the end
"""

Change = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize(
    ("change", "lost", "gained"),
    [
        (lambda q: q["title"].update(es="Adiós, tú"), ["  es: Hola   # ask Ana"], ["  es: 'Adiós, tú'   # ask Ana"]),
        (lambda q: q.update(pass_mark=80), ["pass_mark: 70 # agreed in May"], ["pass_mark: 80 # agreed in May"]),
        (lambda q: q.pop("pass_mark"), ["pass_mark: 70 # agreed in May"], []),
        (lambda q: q.update(minutes=5), [], ["minutes: 5"]),
        (lambda q: q["questions"].append({"key": "c"}), [], ["- key: c"]),
        (lambda q: q["questions"].insert(1, {"key": "c"}), [], ["- key: c"]),
        (lambda q: q["questions"].pop(0), ["- key: a   # keep", "  text: {es: x, en: y}"], []),
        (lambda q: q["questions"][0]["text"].update(es="z"), ["  text: {es: x, en: y}"], ["  text: {es: z, en: y}"]),
        (lambda q: q["questions"][1]["options"][1].update(correct=True), [], ["      correct: true"]),
        (lambda q: q["questions"][1]["options"].pop(0), ["    - key: o1", "      correct: true"], []),
        (lambda q: q.update(summary="1\n2\n"), ["  one", "  two"], ["  1", "  2"]),
    ],
)  # fmt: skip
def test_only_what_changed_is_written_anew(change: Change, lost: list[str], gained: list[str]) -> None:
    value = read_yaml(QUIZ)
    change(value)

    text = rewritten(QUIZ, value)

    assert read_yaml(text) == value
    before, after = QUIZ.splitlines(), text.splitlines()
    assert [line for line in before if before.count(line) > after.count(line)] == lost
    assert [line for line in dict.fromkeys(after) if after.count(line) > before.count(line)] == gained


def test_comments_alone_are_kept_and_the_same_value_changes_nothing() -> None:
    assert rewritten("# why\n", {"a": 1}) == "# why\na: 1\n"
    assert rewritten(QUIZ, read_yaml(QUIZ)) == QUIZ
    assert read_yaml(rewritten("a: {}\n", {"a": {"b": [1]}})) == {"a": {"b": [1]}}


words = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.just("\n"), max_size=8)
scalars = st.none() | st.booleans() | st.integers(-9, 99) | words
keyed = st.lists(
    st.fixed_dictionaries({"key": st.sampled_from("abcde")}, optional={"text": scalars}),
    max_size=4,
    unique_by=lambda item: item["key"],
)
values = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]),
    st.recursive(
        scalars | keyed, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3)
    ),
    max_size=4,
)


@given(values, values, st.booleans())
def test_whatever_is_written_reads_back_as_it_was_meant(
    old: dict[str, Any], new: dict[str, Any], flow: bool
) -> None:
    text = yaml.safe_dump(old, default_flow_style=True, allow_unicode=True) if flow else write_yaml(old)
    commented = "# head\n" + text.rstrip("\n") + "\n# tail\n"

    assert read_yaml(rewritten(commented, new)) == new
    assert read_yaml(rewritten(commented, copy.deepcopy(old))) == old
