"""Words of questions as writers need them: in one language, as plain text, as HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import unescape
from typing import Any, Final

from academy.interchange.carrying import NotCarried
from academy.interchange.report import Notes
from academy.markdown import block_html, inline_html
from academy.questions import BaseQuestion
from academy.questions.categorise import Categorise
from academy.questions.matching import Matching, Pair
from academy.texts import Text
from plg.web.i18n import N_

QUESTION: Final = "the question"
NO_SUCH_KIND: Final = N_("this format has no question of the kind {kind}")
PLAIN_ONLY: Final = N_("this format has plain text here; the words are kept")
Writer = Callable[[Any, str, Notes], Any]


def written_of(
    questions: Sequence[BaseQuestion], writers: dict[str, Writer], language: str, notes: Notes
) -> list[tuple[BaseQuestion, Any]]:
    """What the writer of each question's kind makes of it; a kind without one, or that refuses, is noted."""
    found = []
    for question in questions:
        here = notes.at(question.key)
        try:
            if question.kind not in writers:
                raise NotCarried(NO_SUCH_KIND, kind=question.kind)
            found.append((question, writers[question.kind](question, language, here)))
        except NotCarried as error:
            here.lost(QUESTION, error.reason, **error.values)
    return found


def as_matching(question: Categorise, notes: Notes) -> Matching:
    """What sorts items into categories as one that matches each item with its category."""
    notes.changed("categorise", N_("is written as a matching of items and categories"))
    categories = {each.key: each.text for each in question.categories}
    used = {item.category for item in question.items}
    pairs = [Pair(key=item.key, left=item.text, right=categories[item.category]) for item in question.items]
    spare = [text for key, text in categories.items() if key not in used]
    pairs += [Pair(key=f"spare-{n}", right=text) for n, text in enumerate(spare, 1)]
    told = {name: getattr(question, name) for name in ("key", "text", "feedback", "tags", "difficulty")}
    return Matching.model_construct(kind="matching", pairs=tuple(pairs), **told)


def said(text: Text | None, language: str) -> str:
    """The Markdown in a language, "" for none."""
    return text.in_language(language) if text else ""


def plain(text: Text | None, language: str, notes: Notes, what: str = "text") -> str:
    """The words without their Markdown; a note where there was any. what: `text` has paragraphs, others one line."""
    words = said(text, language)
    html = block_html(words) if what == "text" else inline_html(words)
    inner = re.sub(r"^<p>(.*)</p>$", r"\1", html, flags=re.DOTALL)
    if "<" in inner:
        notes.changed(what, PLAIN_ONLY)
    return " ".join(unescape(re.sub(r"<[^<>]*>", "", inner)).split())
