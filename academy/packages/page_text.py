"""Words inside of Markdown: what they hold that Markdown would read as marks is escaped."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_MARKS: Final = re.compile(r"([\\`*_\[\]<>&~|!#])")
_LINE_START: Final = re.compile(r"(?m)^( *)([+\-=>]|\d{1,9}(?=[.)]))")


def escaped(text: str) -> str:
    """One run of text, without what no page shows."""
    return _MARKS.sub(r"\\\1", printed(text))


def escaped_lines(text: str) -> str:
    """A paragraph of which no line begins like a list, a rule or a heading; without space around its lines."""
    lines = [line.strip() for line in text.split("\n")]
    while lines and lines[-1].removesuffix("\\").strip() == "":
        lines.pop()
    while lines and lines[0] in ("", "\\"):
        lines.pop(0)
    if lines:
        lines[-1] = re.sub(r"(?<!\\)((?:\\\\)*)\\$", r"\1", lines[-1])
    return "\n".join(_LINE_START.sub(_start, line) for line in lines if line not in ("", "\\"))


def _start(match: re.Match[str]) -> str:
    return match[1] + (f"{match[2]}\\" if match[2].isdigit() else f"\\{match[2]}")


def printed(text: str) -> str:
    """The text without the characters that lessons cannot hold."""
    return "".join(
        each for each in text if each in "\n\t" or unicodedata.category(each) not in ("Cc", "Cs", "Cn")
    )


def code_span(text: str) -> str:
    """Text as it is, between as many backticks as it needs."""
    inside = " ".join(printed(text).split())
    if not inside:
        return ""
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", inside)), default=0))
    space = " " if inside[0] == "`" or inside[-1] == "`" else ""
    return f"{fence}{space}{inside}{space}{fence}"


def destination(address: str) -> str:
    """An address between the angle brackets of a link."""
    return re.sub(r"[<>\\\n\r]", lambda match: f"%{ord(match[0]):02X}", printed(address))
