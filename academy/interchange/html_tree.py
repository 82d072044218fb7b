"""HTML and XML as one small tree, from which texts are written. Nothing of it is ever shown as it came."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from xml.sax.saxutils import escape, quoteattr

_VOID: Final = "area base br col embed hr img input link meta param source track wbr"
VOID: Final = frozenset(_VOID.split())
ENDS: Final = {
    "li": ("li",),
    "p": ("p",),
    "tr": ("tr", "td", "th"),
    **dict.fromkeys(("td", "th"), ("td", "th")),
}
"""What is ended where one of these begins, unless one of STOPS stands between them."""
STOPS: Final = {"li": ("ul", "ol"), "tr": ("table",), **dict.fromkeys(("td", "th"), ("tr", "table"))}
OTHER_STOPS: Final = ("td", "th", "li", "div", "blockquote")
MAX_DEPTH: Final = 100
UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


@dataclass
class Element:
    """name and attributes without their namespaces; parts: elements and texts in their order; line: where it begins,
    0 for what no file says."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    parts: list[Element | str] = field(default_factory=list)
    line: int = 0

    def get(self, name: str, other: str = "") -> str:
        """An attribute."""
        return self.attributes.get(name, other)

    def elements(self, *names: str) -> list[Element]:
        """Those directly in it, of these names where any are given."""
        return [
            each for each in self.parts if isinstance(each, Element) and (not names or each.name in names)
        ]

    def first(self, *names: str) -> Element | None:
        """The first one directly in it."""
        return next(iter(self.elements(*names)), None)

    def within(self, *names: str) -> Iterator[Element]:
        """Those anywhere in it, in document order."""
        for each in self.elements():
            if not names or each.name in names:
                yield each
            yield from each.within(*names)

    def text(self) -> str:
        """All text in it."""
        return "".join(each if isinstance(each, str) else each.text() for each in self.parts)

    def words(self) -> str:
        """The text with single spaces."""
        return " ".join(self.text().split())


def element(name: str, *parts: Element | str, **attributes: str) -> Element:
    """A new one; `class_` and the like are written without the underscore."""
    return Element(name, {key.rstrip("_"): value for key, value in attributes.items()}, list(parts))


def read_html(text: str) -> Element:
    """The tree of HTML however it is written; what nests too deep is laid flat."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.root


def xml(root: Element) -> str:
    """The tree as XML, without the characters that XML cannot hold."""
    return UNWRITABLE.sub("", _xml(root))


def _xml(root: Element) -> str:
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in root.attributes.items())
    inner = "".join(escape(each) if isinstance(each, str) else _xml(each) for each in root.parts)
    return f"<{root.name}{attributes}>{inner}</{root.name}>" if inner else f"<{root.name}{attributes}/>"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("div")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._close_before(tag)
        new = Element(tag, {name: value or "" for name, value in attributes})
        self.open[-1].parts.append(new)
        if tag not in VOID and len(self.open) < MAX_DEPTH:
            self.open.append(new)

    def _close_before(self, tag: str) -> None:
        """What HTML ends by itself where this begins: a paragraph, an entry, a row or a cell before it."""
        for place in range(len(self.open) - 1, 0, -1):
            if self.open[place].name in STOPS.get(tag, OTHER_STOPS):
                return
            if self.open[place].name in ENDS.get(tag, ()):
                del self.open[place:]

    def handle_endtag(self, tag: str) -> None:
        if any(each.name == tag for each in self.open[1:]):
            while self.open.pop().name != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.open[-1].parts.append(data)
