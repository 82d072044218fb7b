"""A web page of a package as the Markdown of a lesson. What Markdown cannot say is told to `lose`; scripts never
pass, since nothing of the page's HTML is kept as such."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from academy.interchange.escaping import destination, escaped_run, printed
from academy.interchange.html_markdown import BLOCKS, HtmlMarkdown
from academy.interchange.html_tree import Element, read_html
from plg.web.i18n import N_

_PLAIN: Final = """a span font u small big sub sup var label abbr acronym ins mark q time colgroup picture bdi bdo
ruby rt rp wbr data nobr"""
PLAIN: Final = BLOCKS | frozenset(_PLAIN.split())
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
TALL: Final = ("table", "ul", "ol", "pre")

Lose = Callable[[str, str], None]
"""Is told what is not carried, and why."""
Point = Callable[[str], str | None]
"""Gives what a link or image of the page points at in the course; None where that is nowhere."""


def as_markdown(html: str, *, point: Point, lose: Lose) -> str:
    """The whole page, without its title."""
    return "\n\n".join(_Page(point, lose).blocks(read_html(html).parts)).strip() + "\n"


class _Page(HtmlMarkdown):
    def __init__(self, point: Point, lose: Lose) -> None:
        self.point, self.lose = point, lose

    def said(self, words: str) -> str:
        return printed(words)

    def level(self, heading: int) -> int:
        return min(6, heading + 1)

    def heard(self, each: Element) -> bool:
        if any(name.startswith("on") for name in each.attributes):
            self.lose(f"<{each.name} on…>", N_("scripts are never run"))
        if each.name in UNHEARD:
            self.lose(f"<{each.name}>", UNHEARD[each.name])
        elif each.name in SKIPPED:
            for inner in each.elements():
                self.heard(inner)
        return each.name not in UNHEARD and each.name not in SKIPPED

    def known(self, each: Element) -> None:
        if each.name not in PLAIN:
            self.lose(f"<{each.name}>", N_("its text alone is kept"))

    def cell(self, each: Element) -> str:
        if any(each.within(*TALL)):
            self.lose(
                f"<{each.name}>", N_("a cell of a table is one line: lists and tables in it become one")
            )
        return super().cell(each)

    def link(self, each: Element) -> str:
        href, inside = each.get("href"), self.inline(each.parts).strip()
        where = self.point(href) if inside and not href.startswith("#") else None
        return f"[{inside}](<{destination(printed(where))}>)" if where else self.inline(each.parts)

    def media(self, each: Element) -> str:
        inside = self.inline(each.parts)
        where = self.point(each.get("src")) if each.get("src") else None
        if where is None:
            return inside
        words = escaped_run(" ".join(printed(each.get("alt")).split()))
        if each.name == "img":
            return f"![{words}](<{destination(printed(where))}>)"
        return f"[{words or escaped_run(where.rpartition('/')[2])}](<{destination(printed(where))}>) {inside}"
