"""Texts of other formats as Markdown, the one of courses. What Markdown cannot say is noted, never dropped."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from academy.interchange.escaping import destination, escaped, escaped_run
from academy.interchange.html_markdown import BLOCKS, HtmlMarkdown
from academy.interchange.html_tree import Element, read_html
from academy.interchange.report import Notes
from plg.web.i18n import N_

TALL: Final = frozenset({"table", "ul", "ol", "pre", "blockquote", "dl"})
LOOKS: Final = frozenset({"u", "ins", "font", "small", "big", "mark", "center", "abbr", "acronym", "q"})
PLAIN: Final = frozenset({"span", "a", "label", "var", "bdo", "head"})
WORDS_ALONE: Final = frozenset({"table", "dl", "caption", "details", "fieldset"})
"""Blocks of which only the words are kept."""
GONE: Final = frozenset(
    {"script", "style", "iframe", "object", "embed", "video", "audio", "form", "input", "meta"}
)
SCHEMES: Final = ("http://", "https://", "mailto:")
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
    return "\n\n".join(_Question(notes, files).blocks(root.parts)).strip()


def line(root: Element, notes: Notes) -> str:
    """One line, for an option or a row; its pictures are noted."""
    question = _Question(notes, None)
    return question.one_line(question.blocks(root.parts))


class _Question(HtmlMarkdown):
    """files: None where no picture can be."""

    def __init__(self, notes: Notes, files: Files | None) -> None:
        self.notes, self.files = notes, files

    def said(self, words: str) -> str:
        _formulas(words, self.notes)
        return words

    def heard(self, each: Element) -> bool:
        if told := [name for name in ("style", "class", "align", "color", "dir") if each.get(name)]:
            self.notes.noted(", ".join(told), LOOK)
        for name in each.attributes:
            if name.startswith("on"):
                self.notes.lost(name, NOT_HERE)
        if each.name not in GONE or (each.name == "object" and each.get("data")):
            return True
        self.notes.lost(f"<{each.name}>", NOT_HERE)
        return False

    def known(self, each: Element) -> None:
        if each.name in LOOKS:
            self.notes.noted(f"<{each.name}>", LOOK)
        elif each.name not in PLAIN and each.name not in BLOCKS - WORDS_ALONE:
            self.notes.changed(f"<{each.name}>", NOT_MARKDOWN)

    def is_table(self, each: Element) -> bool:
        return _is_simple(each)

    def run(self, each: Element) -> str:
        if each.name == "math":
            self.notes.changed("<math>", NOT_MARKDOWN)
            return escaped_run(each.get("alttext") or each.words())
        return super().run(each)

    def link(self, each: Element) -> str:
        address, words = each.get("href").strip(), self.inline(each.parts)
        if not address.lower().startswith(SCHEMES) or re.search(r"[<>\s\x00-\x1f]", address):
            self.notes.lost(
                f"<a href={address[:80]}>", N_("the link leads nowhere from here; its words are kept")
            )
            return words
        return f"[{words}](<{destination(address)}>)" if words.strip() else ""

    def media(self, each: Element) -> str:
        source = each.get("src") or each.get("data")
        if not source:
            self.known(each)
            return self.inline(each.parts)
        words = escaped_run(" ".join((each.get("alt") or each.words()).split()))
        found = self.files(source) if self.files else None
        if found is not None:
            return f"![{words}](<{destination(found)}>)"
        line_only = N_("a line of text cannot hold a picture; what it says of itself is kept")
        self.notes.lost(f"<{each.name} {source[:80]}>", NO_FILE if self.files else line_only)
        return words


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
