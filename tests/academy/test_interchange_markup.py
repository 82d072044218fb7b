"""HTML of other systems as Markdown: what it says is kept, what Markdown cannot say is named, nothing can run."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from academy.interchange.html_tree import read_html
from academy.interchange.markup import Words, as_markdown, block, line
from academy.interchange.report import Notes
from academy.markdown import block_html
from tests.academy.question_texts import PARAGRAPHS, STYLED

ITEMS = st.lists(STYLED, min_size=1, max_size=3)
BLOCKS = st.one_of(
    PARAGRAPHS,
    ITEMS.map(lambda items: "\n".join(f"- {each}" for each in items)),
    ITEMS.map(lambda items: "\n".join(f"{n}. {each}" for n, each in enumerate(items, 1))),
    STYLED.map(lambda words: f"> {words}"),
    STYLED.map(lambda words: f"## {words}"),
    st.text("ab `<&*\n", min_size=1, max_size=20).filter(str.strip).map(lambda code: f"````\n{code}\n````"),
    st.tuples(STYLED, STYLED).map(lambda two: f"| {two[0]} | b |\n| --- | --- |\n| {two[1]} | d |"),
)
WHOLE = st.lists(BLOCKS, min_size=1, max_size=3).map("\n\n".join)


@settings(max_examples=150, deadline=None)
@given(WHOLE)
def test_what_was_markdown_is_the_same_page_again(text: str) -> None:
    page = block_html(text)
    notes = Notes()
    assert block_html(block(read_html(page), notes)) == page
    assert [note for note in notes.listed if note.outcome != "noted"] == []


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("ab <>/\"'=&;#-!p[]*_`\n") | st.characters(exclude_categories=("Cs",))))
def test_no_html_breaks_the_reader_and_plain_text_is_shown_as_it_is(text: str) -> None:
    block(read_html(text), Notes())
    shown = block_html(as_markdown(Words(text.replace("\t", " "), "plain"), Notes()))
    assert "<script" not in shown


def told(html: str) -> tuple[str, list[str]]:
    notes = Notes()
    return block(read_html(html), notes), [f"{each.outcome} {each.what}" for each in notes.listed]


@pytest.mark.parametrize(
    ("html", "markdown", "named"),
    [
        ("H<sub>2</sub>O is <u>wet</u>", "H2O is wet", ["changed <sub>", "noted <u>"]),
        ("<b> bold </b>and<br>next<br>", "**bold** and\\\nnext", []),
        ("<ol><p>First</p><li>a</li>stray</ol>", "First\n\n1. a stray", []),
        ("<table><tr><td>a</td><td>b | c</td></tr></table>", "| a | b \\| c |\n| --- | --- |", []),
        ("<table><caption>T</caption><tr><td colspan='2'>a</td></tr></table>", "T\n\na",
         ["changed <table>", "changed <caption>"]),
        ("<p onclick='x()'>a<script>b</script><iframe src='c'>d</iframe></p>", "a",
         ["lost onclick", "lost <script>", "lost <iframe>"]),
        ("<a href='javascript:x'>a</a> <a href='https://b.es/?c=1&d=2'>e</a>",
         "a [e](<https://b.es/?c=1\\&d=2>)", ["lost <a href=javascript:x>"]),
        ("<math><mi>x</mi></math> <math alttext='y'/>", "x y", ["changed <math>"]),
        ("1. one\n# two", "1\\. one # two", []),
    ],
)  # fmt: skip
def test_each_element_is_kept_or_named(html: str, markdown: str, named: list[str]) -> None:
    assert told(html) == (markdown, named)


def test_a_line_has_no_breaks_and_no_pictures() -> None:
    notes = Notes()
    words = line(read_html("<p>a<br>b</p><p><img src='x.png' alt='C d'><br></p>"), notes)
    assert words == "a b C d" and [note.outcome for note in notes.listed] == ["lost"]
