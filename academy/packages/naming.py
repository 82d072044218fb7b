"""Keys and file names that are made from titles, each once."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final

MAX_KEY: Final = 50


@dataclass
class Names:
    """Those that are taken already."""

    taken: set[str] = field(default_factory=set)

    def key(self, title: str, otherwise: str) -> str:
        """A key such as `first-steps`."""
        return self._once(slug(title) or otherwise, "")

    def file(self, name: str) -> str:
        """The name of a file of a course: `plan.pdf`, `plan-2.pdf`."""
        stem, dot, ending = ascii_only(name).rpartition(".")
        if not dot:
            stem, ending = ending, ""
        plain = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:MAX_KEY] or "file"
        suffix = re.sub(r"[^a-z0-9]+", "", ending.lower())[:10]
        return self._once(plain, f".{suffix}" if suffix else "")

    def _once(self, plain: str, ending: str) -> str:
        found, number = plain + ending, 2
        while found in self.taken:
            found, number = f"{plain}-{number}{ending}", number + 1
        self.taken.add(found)
        return found


def slug(title: str) -> str:
    """The title in small letters, digits and single hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", ascii_only(title).lower()).strip("-")[:MAX_KEY].strip("-")


def ascii_only(text: str) -> str:
    """`Facturación` as `Facturacion`."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
