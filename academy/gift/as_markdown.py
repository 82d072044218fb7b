"""Moodle's four formats of text as Markdown, the one of courses. What Markdown cannot say is named, never dropped."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

from academy.gift.reading import Words

MARKS: Final = {"b": "**", "strong": "**", "i": "*", "em": "*", "s": "~~", "del": "~~"}
BREAKS: Final = frozenset({"p", "div", "ul", "ol", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"})
LOOKS: Final = frozenset(
    {"span", "font", "u", "small", "big", "sub", "sup", "var", "tt", "html", "body", "head", "meta"}
)
KEPT_IN_MOODLE: Final = "@@PLUGINFILE@@"
SPECIAL: Final = re.compile(r"([\\`*_\[\]<>&])")
LINE_START: Final = re.compile(r"(?m)^(\s*)([#+\-=|]|\d+[.)])(?=\s|$|#|=|-)")
TAG: Final = re.compile(r"</?[a-zA-Z][^<>]*>")


class NotCarried(ValueError):  # noqa: N818 - it is named as the reason that it gives
    """Something in a text that Markdown does not have."""


def as_markdown(words: Words) -> str:
    """The text as Markdown; NotCarried names what would be lost."""
    if words.format == "markdown":
        return words.text
    if words.format == "html" or (words.format == "moodle" and TAG.search(words.text)):
        return _Writer().written(words.text)
    return "  \n".join(_escaped(line) for line in words.text.split("\n")) if words.text else ""


def plain_text(words: Words) -> str:
    """The text alone: what a learner would type."""
    if words.format == "html" or (words.format == "moodle" and TAG.search(words.text)):
        return " ".join(re.sub(r"<[^<>]*>", " ", words.text).split())
    return words.text


def _escaped(text: str) -> str:
    return LINE_START.sub(r"\1\\\2", SPECIAL.sub(r"\\\1", text))


class _Writer(HTMLParser):
    """HTML to Markdown, for what authors write in questions: emphasis, code, lists, links, line breaks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.open: list[str] = []
        self.link = ""

    def written(self, html: str) -> str:
        """The whole text."""
        self.feed(html)
        self.close()
        return re.sub(r"\n{3,}", "\n\n", "".join(self.parts)).strip()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """See HTMLParser."""
        if tag in MARKS or tag in BREAKS:
            self.parts.append(MARKS.get(tag, "\n\n"))
        elif tag == "br":
            self.parts.append("  \n")
        elif tag == "li":
            self.parts.append("\n1. " if "ol" in self.open[-2:] else "\n- ")
        elif tag == "pre":
            self.parts.append("\n\n```\n")
        elif tag == "code" and "pre" not in self.open:
            self.parts.append("`")
        elif tag == "a":
            self.link = dict(attributes).get("href") or ""
            self.parts.append("[")
        elif tag == "img" and (dict(attributes).get("src") or "").startswith(KEPT_IN_MOODLE):
            raise NotCarried("holds an <img> whose file stays in Moodle: a GIFT file carries none")
        elif tag not in LOOKS and tag != "code":
            raise NotCarried(f"holds <{tag}>, which questions here cannot have")
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """See HTMLParser."""
        if tag not in self.open:
            return
        while self.open.pop() != tag:
            pass
        if tag in MARKS or tag in BREAKS:
            self.parts.append(MARKS.get(tag, "\n\n"))
        elif tag == "pre":
            self.parts.append("\n```\n\n")
        elif tag == "code" and "pre" not in self.open:
            self.parts.append("`")
        elif tag == "a":
            self.parts.append(f"](<{self.link}>)")

    def handle_data(self, data: str) -> None:
        """See HTMLParser."""
        verbatim = "pre" in self.open or "code" in self.open
        self.parts.append(data if verbatim else _escaped(re.sub(r"\s+", " ", data)))
