"""Markdown to safe HTML, once, when a course is published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

INLINE_TAGS: Final = frozenset({"a", "code", "em", "strong", "s"})
BLOCK_TAGS: Final = INLINE_TAGS | {
    *("p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "hr", "br", "img"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES: Final = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}}
SCHEMES: Final = frozenset({"http", "https", "mailto"})

# Raw HTML is shown as text (html=False); nh3 then lets nothing through that is not listed above.
_reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def block_html(text: str, addresses: Mapping[str, str] = MappingProxyType({})) -> str:
    """Paragraphs, lists, tables and so on as safe HTML. addresses: see lesson_html."""
    return _rendered(_reader.parse(text), addresses)


def inline_html(text: str) -> str:
    """One line of text with emphasis, code and links as safe HTML, without a paragraph around it."""
    return _safe(_reader.renderInline(text), INLINE_TAGS)


def lesson_html(body: str, addresses: Mapping[str, str] = MappingProxyType({})) -> str:
    """A lesson without its title, which the page shows as its own heading. addresses: of the course's files, by what
    the text calls them (`files/shop.png`)."""
    return _rendered(_reader.parse(body)[3:], addresses)


def _rendered(tokens: list[Token], addresses: Mapping[str, str]) -> str:
    for place, name in _pointers(tokens):
        place.attrs[name] = addresses.get(str(place.attrs[name]), place.attrs[name])
    return _safe(_reader.renderer.render(tokens, _reader.options, {}), BLOCK_TAGS)


def pointed_at(body: str) -> set[str]:
    """Where the images and links of a lesson's text point."""
    return {str(place.attrs[name]) for place, name in _pointers(_reader.parse(body))}


def _pointers(tokens: list[Token]) -> Iterator[tuple[Token, str]]:
    for token in tokens:
        for inner in token.children or ():
            for name in ("src", "href"):
                if name in inner.attrs:
                    yield inner, name


def _safe(html: str, tags: frozenset[str]) -> str:
    return nh3.clean(html, tags=set(tags), attributes=ATTRIBUTES, url_schemes=set(SCHEMES)).strip()
