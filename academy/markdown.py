"""Markdown to safe HTML, once, when a course is published."""

from __future__ import annotations

from typing import Final

import nh3
from markdown_it import MarkdownIt

INLINE_TAGS: Final = frozenset({"a", "code", "em", "strong", "s"})
BLOCK_TAGS: Final = INLINE_TAGS | {
    *("p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "hr", "br", "img"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES: Final = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}}
SCHEMES: Final = frozenset({"http", "https", "mailto"})

# Raw HTML is shown as text (html=False); nh3 then lets nothing through that is not listed above.
_reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def block_html(text: str) -> str:
    """Paragraphs, lists, tables and so on as safe HTML."""
    return _safe(_reader.render(text), BLOCK_TAGS)


def inline_html(text: str) -> str:
    """One line of text with emphasis, code and links as safe HTML, without a paragraph around it."""
    return _safe(_reader.renderInline(text), INLINE_TAGS)


def lesson_html(body: str) -> str:
    """A lesson without its title, which the page shows as its own heading."""
    tokens = _reader.parse(body)
    return _safe(_reader.renderer.render(tokens[3:], _reader.options, {}), BLOCK_TAGS)


def _safe(html: str, tags: frozenset[str]) -> str:
    return nh3.clean(html, tags=set(tags), attributes=ATTRIBUTES, url_schemes=set(SCHEMES)).strip()
