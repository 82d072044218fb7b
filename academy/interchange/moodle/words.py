"""Texts of Moodle XML: `<questiontext format="html"><text>…</text><file …>…</file></questiontext>`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from academy.interchange import markup, pictures
from academy.interchange.carrying import NotCarried, Said
from academy.interchange.html_tree import Element
from academy.interchange.markup import Words
from academy.interchange.pictures import Pictures
from academy.interchange.report import Notes
from plg.web.i18n import N_

FORMATS: Final = {"html": "html", "plain_text": "plain", "markdown": "markdown"}


@dataclass(frozen=True)
class Here:
    """Where a question is read: its notes, and the pictures of the whole file."""

    notes: Notes
    pictures: Pictures


def bare(holder: Element | None) -> str:
    """The text as it is written."""
    text = holder.first("text") if holder else None
    return (text or holder or Element("none")).text().strip()


def words(holder: Element) -> Words:
    """The text and its format."""
    return Words(bare(holder), FORMATS.get(holder.get("format", "html"), "moodle"))


def block(holder: Element | None, here: Here) -> Said | None:
    """The text as Markdown; None where it is empty."""
    if holder is None:
        return None
    files = {each.get("name"): pictures.decoded(each.text()) or b"" for each in holder.elements("file")}
    text = markup.as_markdown(words(holder), here.notes, here.pictures.among(pictures.named(files)))
    return Said(text) if text.strip() else None


def stem(holder: Element | None, here: Here) -> Said:
    """The text of a question."""
    text = block(holder, here)
    if not text:
        raise NotCarried(N_("has a text without words"))
    return text


def line(holder: Element, here: Here) -> Said:
    """The text of an option or a row."""
    text = markup.line_of(words(holder), here.notes)
    if not text:
        raise NotCarried(N_("has a text without words"))
    return Said(text)


def number(text: str, what: str) -> Decimal:
    """A number as Moodle writes it."""
    try:
        found = Decimal(text.strip() or "0")
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found.adjusted()) > 40:
        raise NotCarried(N_("{name} is no number: {text}"), name=what, text=text.strip())
    return found


def value(question: Element, name: str, other: str = "") -> str:
    """A plain setting, such as `<single>true</single>`."""
    found = question.first(name)
    return bare(found) if found else other


def feedback(answer: Element, here: Here) -> dict[str, Said]:
    """Of an answer, as ours has it."""
    text = block(answer.first("feedback"), here)
    return {"feedback": text} if text else {}
