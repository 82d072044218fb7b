"""Texts of other formats as Markdown, the one of courses. What Markdown cannot say is noted, never dropped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from academy.interchange.html_tree import Element, read_html
from academy.interchange.report import Notes
from plg.web.i18n import N_

MARKS: Final = {
    "b": "**",
    "strong": "**",
    "i": "*",
    "em": "*",
    "cite": "*",
    "dfn": "*",
    "s": "~~",
    "del": "~~",
}
CODE: Final = frozenset({"code", "tt", "kbd", "samp"})
BLOCKS: Final = frozenset(
    {
        *("p", "div", "ul", "ol", "dl", "blockquote", "pre", "hr", "table", "section", "article", "header"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "center", "figure", "figcaption", "body", "html", "main"),
        *("li", "dt", "dd", "caption", "tbody", "thead", "tfoot", "tr", "td", "th"),
    }
)
TALL: Final = frozenset({"table", "ul", "ol", "pre", "blockquote", "dl"})
LOOKS: Final = frozenset(
    {"u", "ins", "font", "small", "big", "mark", "center", "abbr", "acronym", "q", "strike"}
)
PLAIN: Final = frozenset(
    {
        "span",
        "a",
        "label",
        "li",
        "var",
        "tbody",
        "thead",
        "tr",
        "td",
        "th",
        "dt",
        "dd",
        "bdo",
        "tfoot",
        "head",
    }
)
GONE: Final = frozenset(
    {"script", "style", "iframe", "object", "embed", "video", "audio", "form", "input", "meta"}
)
SCHEMES: Final = ("http://", "https://", "mailto:")
SPECIAL: Final = re.compile(r"([\\`*_\[\]<>&~|])")
LINE_START: Final = re.compile(r"(?m)^(\s*)([#+\-=]|\d{1,9}[.)])(?=\s|$|#|=|-)")
LATEX: Final = re.compile(r"\\\(|\\\[|\$\$")
TAG: Final = re.compile(r"</?[a-zA-Z][^<>]*>")

LOOK = N_("how it looks is left to the page")
NOT_MARKDOWN = N_("Markdown has no such thing; its words are kept")
NOT_HERE = N_("questions here cannot hold it")
NO_FILE = N_("its file is not at hand, or is no PNG, JPEG, GIF or WebP of at most 5 MB")

Files = Callable[[str], str | None]
"""Where a picture of this address is found from the question's text; None where it is not at hand."""


def no_files(_address: str) -> str | None:
    """For formats that bring none."""
    return None


@dataclass(frozen=True)
class Words:
    """A text in one of Moodle's formats: html, plain, markdown, or moodle, where tags may stand in plain text."""

    text: str
    format: str = "moodle"

    @property
    def is_html(self) -> bool:
        """Whether its tags mean something."""
        return self.format == "html" or (self.format == "moodle" and bool(TAG.search(self.text)))


def as_markdown(words: Words, notes: Notes, files: Files = no_files) -> str:
    """The text as Markdown."""
    if words.format == "markdown":
        return words.text
    if words.is_html:
        return block(read_html(words.text), notes, files)
    _formulas(words.text, notes)
    return "\\\n".join(escaped(line) for line in words.text.split("\n")) if words.text else ""


def _formulas(text: str, notes: Notes) -> None:
    if LATEX.search(text):
        notes.noted("LaTeX", N_("formulas are shown as they are written"))


def line_of(words: Words, notes: Notes) -> str:
    """The text as Markdown of one line."""
    if words.is_html:
        return line(read_html(words.text), notes)
    return " ".join(as_markdown(words, notes).replace("\\\n", " ").split())


def plain_text(words: Words) -> str:
    """The text alone: what a learner would type."""
    return read_html(words.text).words() if words.is_html else words.text


def block(root: Element, notes: Notes, files: Files = no_files) -> str:
    """Paragraphs, lists, tables and so on."""
    return "\n\n".join(_Writer(notes, files).blocks(root.parts)).strip()


def line(root: Element, notes: Notes) -> str:
    """One line, for an option or a row; its pictures are noted."""
    return " ".join(" ".join(_Writer(notes, None).blocks(root.parts)).replace("\\\n", " ").split())


def escaped(text: str) -> str:
    """Plain text that Markdown shows as it is."""
    return LINE_START.sub(_backslash, SPECIAL.sub(r"\\\1", text))


def _backslash(match: re.Match[str]) -> str:
    mark = match[2]
    return f"{match[1]}{mark[:-1]}\\{mark[-1]}"


class _Writer:
    """files: None where no picture can be."""

    def __init__(self, notes: Notes, files: Files | None) -> None:
        self.notes, self.files = notes, files

    def blocks(self, parts: Sequence[Element | str]) -> list[str]:
        """The blocks of these parts; what stands between blocks is a paragraph."""
        found: list[str] = []
        run: list[Element | str] = []
        for each in parts:
            if isinstance(each, str) or not _holds_blocks(each):
                run.append(each)
                continue
            found += [self.paragraph(run), *self.block_of(each)]
            run = []
        return [words for words in [*found, self.paragraph(run)] if words]

    def paragraph(self, parts: Sequence[Element | str]) -> str:
        words = re.sub(r"[ \t]*\\\n\s*", "\\\\\n", self.inline(parts))
        words = re.sub(r"^(\s*\\\n)+|(\\\n\s*)+$", "", words).strip()
        return LINE_START.sub(_backslash, words)

    def block_of(self, each: Element) -> Iterator[str]:
        self.look(each)
        if each.name in ("ul", "ol"):
            yield self.listed(each)
        elif each.name == "blockquote":
            yield "\n".join(
                f"> {words}".rstrip() for words in "\n\n".join(self.blocks(each.parts)).split("\n")
            )
        elif re.fullmatch("h[1-6]", each.name):
            words = self.paragraph(each.parts).replace("\\\n", " ")
            yield f"{'#' * max(2, int(each.name[1]))} {words}" if words else ""
        elif each.name == "pre":
            yield _fenced(each.text().removesuffix("\n"))
        elif each.name == "hr":
            yield "***"
        elif each.name == "table" and _is_simple(each):
            yield self.table(each)
        else:
            self.known(each)
            yield from self.blocks(each.parts)

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
        return loose, mark + words.replace("\n", "\n" + " " * len(mark))

    def table(self, each: Element) -> str:
        rows = [[_cell(self, cell) for cell in row.elements("td", "th")] for row in each.within("tr")]
        width = max(map(len, rows))
        lines = ["| " + " | ".join([*row, *[""] * (width - len(row))]) + " |" for row in rows]
        return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])

    def inline(self, parts: Sequence[Element | str]) -> str:
        for each in parts:
            if isinstance(each, str):
                _formulas(each, self.notes)
        return "".join(
            SPECIAL.sub(r"\\\1", re.sub(r"\s+", " ", each)) if isinstance(each, str) else self.inline_of(each)
            for each in parts
        )

    def inline_of(self, each: Element) -> str:
        self.look(each)
        if each.name == "br":
            return "\\\n"
        if each.name in MARKS:
            return _around(self.inline(each.parts), MARKS[each.name])
        if each.name in CODE:
            return _code(each.words())
        if each.name == "a" and each.get("href"):
            return self.link(each)
        if each.name in ("img", "object") and (each.get("src") or each.get("data")):
            return self.picture(each)
        if each.name == "math":
            self.notes.changed("<math>", NOT_MARKDOWN)
            return SPECIAL.sub(r"\\\1", each.get("alttext") or each.words())
        if each.name in GONE:
            self.notes.lost(f"<{each.name}>", NOT_HERE)
            return ""
        self.known(each)
        return self.inline(each.parts)

    def link(self, each: Element) -> str:
        address, words = each.get("href").strip(), self.inline(each.parts)
        if not address.lower().startswith(SCHEMES) or re.search(r"[<>\s\x00-\x1f]", address):
            self.notes.lost(
                f"<a href={address[:80]}>", N_("the link leads nowhere from here; its words are kept")
            )
            return words
        return f"[{words}](<{_address(address)}>)" if words.strip() else ""

    def picture(self, each: Element) -> str:
        source = each.get("src") or each.get("data")
        what = f"<{each.name} {source[:80]}>"
        words = SPECIAL.sub(r"\\\1", " ".join((each.get("alt") or each.words()).split()))
        if self.files is None:
            self.notes.lost(what, N_("a line of text cannot hold a picture; what it says of itself is kept"))
            return words
        found = self.files(source)
        if found is None:
            self.notes.lost(what, NO_FILE)
            return words
        return f"![{words}](<{_address(found)}>)"

    def look(self, each: Element) -> None:
        told = [name for name in ("style", "class", "align", "color", "dir") if each.get(name)]
        if told:
            self.notes.noted(", ".join(told), LOOK)
        for name in each.attributes:
            if name.startswith("on"):
                self.notes.lost(name, NOT_HERE)

    def known(self, each: Element) -> None:
        """Take a note of an element of which only the words are kept."""
        if each.name in LOOKS:
            self.notes.noted(f"<{each.name}>", LOOK)
        elif each.name not in PLAIN and each.name not in BLOCKS - {"table", "dl", "caption"}:
            self.notes.changed(f"<{each.name}>", NOT_MARKDOWN)


def _holds_blocks(each: Element) -> bool:
    return each.name in BLOCKS or (
        each.name not in GONE | {"math", "a"} and any(inner.name in BLOCKS for inner in each.within())
    )


def _is_simple(table: Element) -> bool:
    """Whether Markdown has such a table: rows of cells of one line, and nothing else."""
    rows = [
        row for group in (table, *table.elements("tbody", "thead", "tfoot")) for row in group.elements("tr")
    ]
    cells = [cell for row in rows for cell in row.elements("td", "th")]
    lone = all(cell.get("colspan", "1") == cell.get("rowspan", "1") == "1" for cell in cells)
    held = {inner.name for cell in cells for inner in cell.within()}
    nothing_else = _letters("".join(cell.text() for cell in cells)) == _letters(table.text())
    return bool(cells) and lone and nothing_else and not held & TALL


def _letters(text: str) -> str:
    return "".join(text.split())


def _cell(writer: _Writer, cell: Element) -> str:
    return " ".join(" ".join(writer.blocks(cell.parts)).replace("\\\n", " ").split())


def _around(words: str, mark: str) -> str:
    inner = words.strip()
    if not inner or "\\\n\\\n" in inner:
        return words
    start, end = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
    return f"{start}{mark}{inner}{mark}{end}"


def _code(words: str) -> str:
    if not words:
        return ""
    fence = "`" * (max((len(run) for run in re.findall("`+", words)), default=0) + 1)
    space = " " if words[0] == "`" or words[-1] == "`" else ""
    return f"{fence}{space}{words}{space}{fence}"


def _fenced(text: str) -> str:
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    return f"{fence}\n{text}\n{fence}"


def _address(address: str) -> str:
    return re.sub(r"([\\&])", r"\\\1", address)
