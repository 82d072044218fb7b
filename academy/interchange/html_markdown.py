"""HTML as Markdown, the text of courses. Nothing of the HTML itself is kept, so no script passes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from academy.interchange.escaping import code_span, escaped_run, escaped_starts, fenced
from academy.interchange.html_tree import Element

MARKS: Final = {
    **dict.fromkeys(("b", "strong"), "**"),
    **dict.fromkeys(("i", "em", "cite", "dfn"), "*"),
    **dict.fromkeys(("s", "del", "strike"), "~~"),
}
CODE: Final = frozenset({"code", "tt", "kbd", "samp"})
MEDIA: Final = frozenset({"img", "video", "audio", "source", "object"})
_BLOCKS: Final = """address center figure figcaption section article main header footer nav aside div p dl dt dd
summary details body html blockquote ul ol li pre table caption thead tbody tfoot tr td th hr form fieldset
h1 h2 h3 h4 h5 h6"""
BLOCKS: Final = frozenset(_BLOCKS.split())


class HtmlMarkdown:
    """Writes elements; what holds text for one kind of document says what else it can and cannot carry."""

    def heard(self, each: Element) -> bool:
        """Whether the element is written at all; what cannot be carried is told."""
        raise NotImplementedError

    def known(self, each: Element) -> None:
        """Tell of an element of which only the words are kept."""
        raise NotImplementedError

    def link(self, each: Element) -> str:
        raise NotImplementedError

    def media(self, each: Element) -> str:
        raise NotImplementedError

    def said(self, words: str) -> str:
        """A run of text, or code, before it is written."""
        return words

    def level(self, heading: int) -> int:
        """That of a heading; the first one is the page's own."""
        return max(2, heading)

    def is_table(self, each: Element) -> bool:
        """Whether Markdown can have the table."""
        return True

    def blocks(self, parts: Sequence[Element | str]) -> list[str]:
        """The blocks of these parts; what stands between blocks is a paragraph."""
        found: list[str] = []
        run: list[Element | str] = []
        for each in parts:
            if isinstance(each, str) or not _holds_blocks(each):
                run.append(each)
                continue
            found += [self.paragraph(run), *self.block(each)]
            run = []
        return [words for words in [*found, self.paragraph(run)] if words]

    def paragraph(self, parts: Sequence[Element | str]) -> str:
        words = re.sub(r"[ \t]*\\\n\s*", "\\\\\n", self.inline(parts))
        words = re.sub(r"^(\s*\\\n)+|(\\\n\s*)+$", "", words).strip()
        return escaped_starts(words)

    def block(self, each: Element) -> Iterator[str]:
        if not self.heard(each):
            return
        if each.name in ("ul", "ol"):
            yield self.listed(each)
        elif each.name == "blockquote":
            inside = "\n\n".join(self.blocks(each.parts))
            yield "\n".join(f"> {words}".rstrip() for words in inside.split("\n"))
        elif re.fullmatch("h[1-6]", each.name):
            yield self.heading(each)
        elif each.name == "pre":
            yield fenced(self.said(_lines_of(each)).removesuffix("\n"))
        elif each.name == "hr":
            yield "***"
        elif each.name == "table" and self.is_table(each):
            yield from self.table(each)
        else:
            self.known(each)
            yield from self.blocks(each.parts)

    def heading(self, each: Element) -> str:
        words = re.sub("#$", r"\\#", self.one_line([self.inline(each.parts)]))
        return f"{'#' * self.level(int(each.name[1]))} {words}" if words else ""

    def listed(self, each: Element) -> str:
        """The list; what stands in it beside its items belongs to the one before, or stands before all."""
        stray: list[Element | str] = []
        held: list[Element] = []
        for part in each.parts:
            if isinstance(part, Element) and part.name == "li":
                held.append(Element("li", part.attributes, list(part.parts)))
            else:
                (held[-1].parts if held else stray).extend((" ", part))
        items = [self.item(item, f"{n}. " if each.name == "ol" else "- ") for n, item in enumerate(held, 1)]
        whole = ("\n\n" if any(loose for loose, _ in items) else "\n").join(words for _, words in items)
        return "\n\n".join(filter(None, [*self.blocks(stray), whole]))

    def item(self, item: Element, mark: str) -> tuple[bool, str]:
        loose = any(part.name == "p" for part in item.elements())
        words = ("\n\n" if loose else "\n").join(self.blocks(item.parts))
        return loose, mark + re.sub(r"\n(?!\n)", "\n" + " " * len(mark), words)

    def table(self, each: Element) -> Iterator[str]:
        """What it is called, and one line a row: the first one is the head, as Markdown needs one."""
        rows = [[self.cell(cell) for cell in row.elements("td", "th")] for row in rows_of(each)]
        width = max(map(len, rows), default=0)
        for caption in each.elements("caption"):
            yield self.paragraph(caption.parts)
        if width:
            lines = ["| " + " | ".join([*row, *[""] * (width - len(row))]) + " |" for row in rows]
            yield "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])

    def cell(self, each: Element) -> str:
        return self.one_line(self.blocks(each.parts))

    def one_line(self, blocks: Sequence[str]) -> str:
        return " ".join(" ".join(blocks).replace("\\\n", " ").split())

    def inline(self, parts: Sequence[Element | str]) -> str:
        written = ""
        for each in parts:
            if isinstance(each, str):
                written += escaped_run(re.sub(r"\s+", " ", self.said(each)))
                continue
            run = self.run(each)
            no_picture = run.startswith("[") and written.endswith("!")
            written = written[:-1] + "\\!" + run if no_picture else written + run
        return written

    def run(self, each: Element) -> str:
        """An element inside of a paragraph."""
        if not self.heard(each):
            return ""
        if each.name == "br":
            return "\\\n"
        if each.name in MARKS:
            return _around(self.inline(each.parts), MARKS[each.name])
        if each.name in CODE:
            return code_span(self.said(each.words()))
        if each.name == "a" and each.get("href"):
            return self.link(each)
        if each.name in MEDIA:
            return self.media(each)
        self.known(each)
        return self.inline(each.parts)


def _holds_blocks(each: Element) -> bool:
    return each.name in BLOCKS or (
        each.name not in ("a", "math") and any(inner.name in BLOCKS for inner in each.within())
    )


def rows_of(each: Element) -> Iterator[Element]:
    """A table's own rows, without those of tables in it."""
    for inner in each.elements():
        if inner.name == "tr":
            yield inner
        elif inner.name != "table":
            yield from rows_of(inner)


def _around(words: str, mark: str) -> str:
    """Emphasis stands right beside its words."""
    inner = words.strip()
    if not inner or "\\\n\\\n" in inner:
        return words
    start, end = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
    return f"{start}{mark}{inner}{mark}{end}"


def _lines_of(each: Element) -> str:
    """All text in it, with the breaks that are elements."""
    return "".join(
        part if isinstance(part, str) else "\n" if part.name == "br" else _lines_of(part)
        for part in each.parts
    )
