"""Questions that hypothesis makes, of the kinds that other formats have too, and how two of them are compared."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

from academy.markdown import block_html, inline_html
from academy.questions import BaseQuestion
from academy.questions.numbers import written
from tests.academy.samples import question

WORD = st.text("abcñé XYZ09 ~=#{}:\\%<>&'\"/.,?!()-*_`[]|+$;@", min_size=1, max_size=12)
PLAIN = st.text("abcñé XYZ09.,?'", min_size=1, max_size=12).filter(str.strip)


def _markdown(words: str) -> str:
    return re.sub(r"([\\`*_\[\]<>&~|#+=.!-])", r"\\\1", " ".join(words.split()))


PHRASE = WORD.filter(str.strip).map(_markdown)
STYLED = st.tuples(
    PHRASE, st.sampled_from(["{}", "**{}**", "*{}*", "`x = {{1}}`", "[{}](<https://a.es/?q=1&r=2>)"])
).map(lambda both: both[1].format(both[0]) if both[0][:1] not in "\\" and both[0][-1:].isalnum() else both[0])
PARAGRAPHS = st.lists(STYLED, min_size=1, max_size=3).map("\n\n".join)


def both(words: str) -> dict[str, str]:
    return {"es": words, "en": words}


def _head(kind: str, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    parts = {
        "key": st.sampled_from(["alpha", "b-2", "vat-rates"]),
        "kind": st.just(kind),
        "text": PARAGRAPHS.map(both),
        "tags": st.lists(st.sampled_from(["vat", "law-1"]), unique=True),
    }
    optional = {"feedback": PARAGRAPHS.map(both), "difficulty": st.integers(1, 5)}
    return st.fixed_dictionaries(parts | more, optional=optional)


def _options(right: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    texts = st.lists(STYLED, min_size=right + 1, max_size=5, unique_by=lambda words: inline_html(words))

    def numbered(words: list[str]) -> list[dict[str, Any]]:
        return [
            {"key": f"o{n}", "text": both(each)} | ({"correct": True} if n <= right else {})
            for n, each in enumerate(words, 1)
        ]

    return texts.map(numbered)


SINGLE = _head("single", options=_options(1))
MULTIPLE = _head("multiple", options=_options(2))
TRUE_FALSE = _head("true_false", correct=st.booleans())
ACCEPTED = PLAIN.map(lambda words: " ".join(words.split()))
SHORT_TEXT = _head(
    "short_text",
    answers=st.lists(ACCEPTED, min_size=1, max_size=3, unique=True).map(
        lambda words: [{"text": each} | ({"weight": 50} if n else {}) for n, each in enumerate(words)]
    ),
)
DECIMAL = st.decimals(-1000, 1000, places=3, allow_nan=False).map(written)
NUMERIC = _head(
    "numeric",
    answers=st.tuples(DECIMAL, st.sampled_from(["0", "0.5"])).map(
        lambda both: [{"value": both[0], "tolerance": both[1]}]
    ),
)
MATCHING = _head(
    "matching",
    pairs=st.lists(
        st.tuples(ACCEPTED, ACCEPTED), min_size=2, max_size=4, unique_by=(lambda p: p[0], lambda p: p[1])
    ).map(
        lambda pairs: [
            {"key": f"p{n}", "left": both(_markdown(left)), "right": both(_markdown(right))}
            for n, (left, right) in enumerate(pairs, 1)
        ]
    ),
)
ORDERING = _head(
    "ordering",
    items=st.lists(STYLED, min_size=2, max_size=4, unique_by=lambda words: inline_html(words)).map(
        lambda words: [{"key": f"i{n}", "text": both(each)} for n, each in enumerate(words, 1)]
    ),
)
ESSAY = _head(
    "essay", rubric=st.just([{"key": "answer", "text": both("The answer as a whole"), "points": 10}])
)

QUESTIONS = st.one_of(SINGLE, MULTIPLE, TRUE_FALSE, SHORT_TEXT, NUMERIC, MATCHING, ORDERING, ESSAY).map(
    question
)


def looks(each: BaseQuestion) -> Any:
    """What a learner and a marker would notice of it: its texts as HTML, its parts by their place, not their key."""
    plain = each.model_dump(mode="json", exclude_none=True)
    html = {
        path: (block_html if path.partition(".")[0] in ("text", "feedback") else inline_html)(text.es)
        for path, text in each.texts().items()
    }
    return _by_place(plain), sorted(re.sub(r"\[\[[a-z0-9-]+\]\]", "[[]]", words) for words in html.values())


def _by_place(part: Any) -> Any:
    if isinstance(part, dict):
        kept = {
            name: value for name, value in part.items() if name not in ("es", "en") and value not in ([], {})
        }
        return {name: _by_place(value) for name, value in kept.items()} | (
            {"key": ""} if "key" in kept else {}
        )
    return [_by_place(each) for each in part] if isinstance(part, list) else part
