"""What is different between two texts, line by line."""

from __future__ import annotations

import difflib
from collections.abc import Iterator


def lines(before: str, after: str) -> Iterator[tuple[str, str]]:
    """(+, - or blank, the line) of what is different, with three lines around it."""
    told = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=3)
    for line in list(told)[2:]:
        if not line.startswith("@@"):
            yield line[0], line[1:]
