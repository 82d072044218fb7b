"""A web page of a package as the Markdown of a lesson. What Markdown cannot say is told to `lose`; scripts never
pass, since nothing of the page's HTML is kept as such."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from academy.interchange.html_tree import Element, read_html
from academy.packages.page_text import code_span, destination, escaped, escaped_lines, printed
from plg.web.i18n import N_

HEADINGS: Final = {f"h{level}": "#" * min(6, level + 1) for level in range(1, 7)}
MARKS: Final = {
    "b": "**",
    "strong": "**",
    "i": "*",
    "em": "*",
    "cite": "*",
    "s": "~~",
    "del": "~~",
    "strike": "~~",
}
_BLOCKS: Final = """address center figure figcaption section article main header footer nav aside div p dl dt dd
summary details body html blockquote ul ol pre table hr form fieldset"""
_RUNS: Final = """span font u small big sub sup var tt label abbr acronym ins mark q time kbd samp dfn tbody thead
tfoot colgroup picture bdi bdo ruby rt rp wbr data nobr"""
BLOCKS: Final = frozenset(_BLOCKS.split())
PLAIN: Final = BLOCKS | frozenset(_RUNS.split())
"""What is nothing but its text."""
UNHEARD: Final = {
    "script": N_("scripts are never run"),
    "style": N_("lessons look as the academy does"),
    "link": N_("lessons look as the academy does"),
    "iframe": N_("frames of other pages are not shown"),
    "frame": N_("frames of other pages are not shown"),
    "object": N_("plug-ins are not run"),
    "embed": N_("plug-ins are not run"),
    "applet": N_("plug-ins are not run"),
    "svg": N_("drawings inside of pages are not shown"),
    "math": N_("formulas are not shown"),
    "canvas": N_("scripts are never run"),
    "template": N_("scripts are never run"),
    **dict.fromkeys(("input", "button", "select", "textarea"), N_("forms do nothing here")),
}
SKIPPED: Final = frozenset(
    ("head", "meta", "title", "base", "noscript", "track", "param", "col", "area", "map")
)
MEDIA: Final = frozenset(("img", "video", "audio", "source"))

Lose = Callable[[str, str], None]
"""Is told what is not carried, and why."""
Point = Callable[[str], str | None]
"""Gives what a link or image of the page points at in the course; None where that is nowhere."""


def as_markdown(html: str, *, point: Point, lose: Lose) -> str:
    """The whole page, without its title."""
    return printed(_Writer(point, lose).blocks(read_html(html))).strip() + "\n"


@dataclass(frozen=True)
class _Writer:
    point: Point
    lose: Lose

    def blocks(self, node: Element) -> str:
        """What is in the node as paragraphs with empty lines between them."""
        return "\n\n".join(each for each in self._parts(node) if each)

    def _parts(self, node: Element) -> Iterator[str]:
        """Runs of inline content, and each block by itself."""
        run: list[Element | str] = []
        for each in node.parts:
            if isinstance(each, Element) and self._is_block(each):
                yield self._paragraph(run)
                run = []
                yield self._block(each)
            else:
                run.append(each)
        yield self._paragraph(run)

    def _is_block(self, node: Element) -> bool:
        if node.name in BLOCKS or node.name in HEADINGS:
            return True
        return node.name not in SKIPPED and any(
            isinstance(each, Element) and self._is_block(each) for each in node.parts
        )

    def _paragraph(self, run: list[Element | str]) -> str:
        return escaped_lines(self.inline(Element("p", parts=run)))

    def _block(self, node: Element) -> str:
        tag = node.name
        if self._unheard(node):
            return ""
        if tag in HEADINGS:
            words = " ".join(self.inline(node).replace("\\\n", " ").split())
            return f"{HEADINGS[tag]} {words}" if words else ""
        if tag == "blockquote":
            return _prefixed(self.blocks(node), "> ", "> ")
        if tag in ("ul", "ol"):
            return self._list(node)
        if tag == "pre":
            return _fenced(_text_of(node))
        if tag == "table":
            return self._table(node)
        if tag == "hr":
            return "---"
        if tag not in PLAIN:
            self.lose(f"<{tag}>", N_("its text alone is kept"))
        return self.blocks(node)

    def _list(self, node: Element) -> str:
        entries = [each for each in node.parts if isinstance(each, Element)]
        lines = []
        for number, entry in enumerate(entries, 1):
            mark = f"{number}. " if node.name == "ol" else "- "
            inside = self.blocks(entry if entry.name == "li" else Element("li", parts=[entry]))
            lines.append(_prefixed(inside, mark, " " * len(mark)))
        loose = [each.strip() for each in node.parts if isinstance(each, str) and each.strip()]
        return "\n".join(
            [*(escaped_lines(escaped(each)) for each in loose), *(each for each in lines if each)]
        )

    def _table(self, node: Element) -> str:
        """One line a row; cells are one line each. The first row is the head, as Markdown needs one."""
        rows = [
            [
                self._cell(cell)
                for cell in row.parts
                if isinstance(cell, Element) and cell.name in ("td", "th")
            ]
            for row in _within(node, "tr")
        ]
        width = max((len(row) for row in rows), default=0)
        if not width:
            return self.blocks(Element("div", parts=node.parts)) if node.name != "table" else ""
        lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in rows]
        return "\n".join([lines[0], f"|{' --- |' * width}", *lines[1:]])

    def _cell(self, node: Element) -> str:
        if any(
            isinstance(each, Element) and each.name in ("table", "ul", "ol", "pre") for each in node.parts
        ):
            self.lose(
                f"<{node.name}>", N_("a cell of a table is one line: lists and tables in it become one")
            )
        said = self.blocks(node)
        return " ".join(said.replace("\\\n", " ").split()).replace("|", "\\|")

    def inline(self, node: Element) -> str:
        """What is in the node as one run of text."""
        return "".join(
            escaped(re.sub(r"\s+", " ", each)) if isinstance(each, str) else self._inline(each)
            for each in node.parts
        )

    def _inline(self, node: Element) -> str:
        tag = node.name
        if self._unheard(node):
            return ""
        if tag in SKIPPED:
            for each in node.parts:
                if isinstance(each, Element):
                    self._unheard(each)
            return ""
        if tag == "br":
            return "\\\n"
        if tag in ("code", "tt", "kbd", "samp"):
            return code_span(_text_of(node))
        if tag in MEDIA:
            return self._media(node)
        inside = self.inline(node)
        if tag == "a":
            return self._link(node, inside)
        if tag in MARKS:
            return _marked(inside, MARKS[tag])
        if (
            tag not in PLAIN
            and tag not in BLOCKS
            and tag not in HEADINGS
            and tag not in ("li", "tr", "td", "th")
        ):
            self.lose(f"<{tag}>", N_("its text alone is kept"))
        return inside

    def _link(self, node: Element, inside: str) -> str:
        href = node.attributes.get("href", "")
        if not inside.strip() or not href or href.startswith("#"):
            return inside
        where = self.point(href)
        return f"[{inside.strip()}](<{destination(where)}>)" if where else inside

    def _media(self, node: Element) -> str:
        source = node.attributes.get("src", "")
        inside = self.inline(node) if node.name != "img" else ""
        where = self.point(source) if source else None
        if where is None:
            return inside
        words = escaped(" ".join(node.attributes.get("alt", "").split()))
        if node.name == "img":
            return f"![{words}](<{destination(where)}>)"
        return f"[{words or escaped(where.rpartition('/')[2])}](<{destination(where)}>) {inside}"

    def _unheard(self, node: Element) -> bool:
        """Whether it is left out; attributes that would run something are told, too."""
        if any(name.startswith("on") for name in node.attributes):
            self.lose(f"<{node.name} on…>", N_("scripts are never run"))
        if node.name in UNHEARD:
            self.lose(f"<{node.name}>", UNHEARD[node.name])
        return node.name in UNHEARD


def _marked(inside: str, mark: str) -> str:
    """Emphasis stands right beside its words, and marks of the same kind are not doubled."""
    words = inside.strip()
    if not words or mark[0] in words[:1] + words[-1:] or "\n" in words:
        return inside
    before = " " if inside[:1].isspace() else ""
    return f"{before}{mark}{words}{mark}{' ' if inside[-1:].isspace() else ''}"


def _prefixed(text: str, first: str, rest: str) -> str:
    lines = text.split("\n")
    return "\n".join(
        (first if at == 0 else rest if line or rest.strip() else "") + line for at, line in enumerate(lines)
    ).rstrip()


def _fenced(text: str) -> str:
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`+", text)), 3)
    return f"{fence}\n{text.strip(chr(10))}\n{fence}"


def _text_of(node: Element) -> str:
    return "".join(
        each if isinstance(each, str) else "\n" if each.name == "br" else _text_of(each)
        for each in node.parts
    )


def _within(node: Element, tag: str) -> Iterator[Element]:
    """Its elements of this name that are in no other one of them."""
    for each in node.parts:
        if isinstance(each, Element) and each.name == tag:
            yield each
        elif isinstance(each, Element) and each.name != "table":
            yield from _within(each, tag)
