"""Markdown of people's texts to safe HTML."""

from __future__ import annotations

from functools import lru_cache
from html import unescape
from typing import Final

import nh3
from markdown_it import MarkdownIt

# The widget's own list of what it draws; keep the two alike.
TAGS: Final = frozenset(
    {"p", "br", "strong", "em", "code", "pre", "ul", "ol", "li", "a", "h3", "h4", "blockquote"}
)
SCHEMES: Final = frozenset({"http", "https", "mailto"})

_reader = MarkdownIt("commonmark", {"html": False})


@lru_cache(maxsize=1000)
def to_html(text: str) -> str:
    """Markdown as HTML of the tags above; raw HTML in it is shown as text."""
    html = _reader.render(text)
    return nh3.clean(html, tags=set(TAGS), attributes={"a": {"href"}}, url_schemes=set(SCHEMES)).strip()


def to_text(text: str) -> str:
    """Markdown as plain text in one line, for places that show no marks."""
    return " ".join(unescape(nh3.clean(_reader.render(text), tags=set())).split())
