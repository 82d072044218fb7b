"""Markdown becomes safe HTML, whatever an author or a stranger writes."""

from __future__ import annotations

import re

import pytest

from academy.course_html import render_course
from academy.markdown import block_html, inline_html, lesson_html
from tests.academy.samples import SCRIPT, course, multiple, quiz, read

ATTACKS = [
    SCRIPT,
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "![a](javascript:alert(1))",
    "<style>*{color:red}</style>",
    '<a href="x" style="color:red" onclick="alert(1)">a</a>',
    "<svg/onload=alert(1)>",
    "<iframe src=//example.com></iframe>",
    '[a](https://example.com "\\"onmouseover=alert(1)")',
]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("render", [block_html, inline_html, lambda text: lesson_html(f"# A\n\n{text}")])
def test_no_markup_of_an_author_runs(attack: str, render) -> None:  # type: ignore[no-untyped-def]
    html = render(attack)
    tags = re.findall(r"<[^>]*>", html)
    assert not re.search(r"<(script|style|svg|iframe|object|form|input)", html, re.IGNORECASE)
    assert not any(re.search(r"[\s\"']on\w+=", re.sub(r'"[^"]*"', '""', tag)) for tag in tags), html
    assert not any(re.search(r"(href|src)=.?\s*(javascript|data)", tag, re.IGNORECASE) for tag in tags), html


def test_a_lesson_is_rendered_without_its_title() -> None:
    html = lesson_html("# Title\n\nSome **words**.\n\n| a |\n|---|\n| 1 |\n")
    assert "Title" not in html and html.startswith("<p>Some <strong>words</strong>.</p>")
    assert "<table>" in html and "style=" not in html


def test_links_of_a_lesson_do_not_tell_where_the_learner_came_from() -> None:
    assert 'rel="noopener noreferrer"' in block_html("[a](https://example.com)")


def test_options_have_no_paragraph_of_their_own() -> None:
    assert inline_html("**a** `b`") == "<strong>a</strong> <code>b</code>"
    assert inline_html("1. a") == "1. a"


def test_every_text_of_a_course_is_rendered_in_both_languages() -> None:
    pages = render_course("c", read(course(quiz=quiz(questions=[multiple("m", options="ab", right="a")]))))
    assert pages.keys() == {
        f"{path}.{language}"
        for path in (
            "lessons.first", "lessons.second",
            "questions.m.text", "questions.m.feedback", "questions.m.options.a", "questions.m.options.b",
        )
        for language in ("es", "en")
    }  # fmt: skip
