"""HTML of lessons and of questions becomes the same Markdown, which shows what the HTML said."""

from __future__ import annotations

import pytest

from academy.interchange.html_tree import read_html
from academy.interchange.markup import block
from academy.interchange.report import Notes
from academy.markdown import block_html
from academy.packages.page import as_markdown


def of_a_question(html: str) -> str:
    return block(read_html(html), Notes())


def of_a_lesson(html: str) -> str:
    return as_markdown(html, point=lambda href: href, lose=lambda what, why: None)


@pytest.mark.parametrize("written", [of_a_question, of_a_lesson])
@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ('<p>Wow!<a href="https://a.es/">b</a></p>', '<p>Wow!<a href="https://a.es/">b</a></p>'),
        ("<h6>C #</h6>", "<h6>C #</h6>"),
        ("<a href='https://a.es/'><div>b</div></a>", '<p><a href="https://a.es/">b</a></p>'),
        ("<blockquote><p>a</p><ul><li>b</li></ul></blockquote>",
         "<blockquote>\n<p>a</p>\n<ul>\n<li>b</li>\n</ul>\n</blockquote>"),
        ("<ul><li>a<ol><li>b</li></ol></li></ul>",
         "<ul>\n<li>a\n<ol>\n<li>b</li>\n</ol>\n</li>\n</ul>"),
        ("<pre>1<br>\n\n- 2</pre>", "<pre><code>1\n\n\n- 2\n</code></pre>"),
        ("<p>a<b> b </b><i>c</i><code>`</code></p>",
         "<p>a <strong>b</strong> <em>c</em><code>`</code></p>"),
    ],
)  # fmt: skip
def test_it_shows_what_the_html_said(written, html: str, shown: str) -> None:
    assert block_html(written(html)).replace(' rel="noopener noreferrer"', "") == shown


def test_a_lessons_table_keeps_what_it_is_called() -> None:
    written = of_a_lesson("<table><caption>Rates</caption><tr><th>a</th></tr><tr><td>b</td></tr></table>")
    assert written == "Rates\n\n| a |\n| --- |\n| b |\n"
