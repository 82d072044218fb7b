"""Words inside of Markdown: what they hold that Markdown would read as marks is escaped."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

SPECIAL: Final = re.compile(r"([\\`*_\[\]<>&~|])")
LINE_START: Final = re.compile(r"(?m)^(\s*)([#+\-=]|\d{1,9}[.)])(?=\s|$|#|=|-)")


def escaped(text: str) -> str:
    """Plain text that Markdown shows as it is."""
    return escaped_starts(escaped_run(text))


def escaped_run(text: str) -> str:
    """A run of text inside of a paragraph."""
    return SPECIAL.sub(r"\\\1", text)


def escaped_starts(text: str) -> str:
    """Lines of which none begins like a list, a rule or a heading."""
    return LINE_START.sub(_backslash, text)


def _backslash(match: re.Match[str]) -> str:
    mark = match[2]
    return f"{match[1]}{mark[:-1]}\\{mark[-1]}"


def printed(text: str) -> str:
    """The text without the characters that lessons cannot hold."""
    return "".join(
        each for each in text if each in "\n\t" or unicodedata.category(each) not in ("Cc", "Cs", "Cn")
    )


def code_span(words: str) -> str:
    """Words as they are, between as many backticks as they need."""
    if not words:
        return ""
    fence = "`" * (_longest_run(words) + 1)
    space = " " if words[0] == "`" or words[-1] == "`" else ""
    return f"{fence}{space}{words}{space}{fence}"


def fenced(text: str) -> str:
    """A block of code."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}\n{text}\n{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def destination(address: str) -> str:
    """An address between the angle brackets of a link."""
    plain = re.sub(r"[<>\n\r]", lambda match: f"%{ord(match[0]):02X}", address)
    return re.sub(r"([\\&])", r"\\\1", plain)
