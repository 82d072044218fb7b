"""What became of a package: each element that was carried, and each that was not, with the reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Carried:
    """what: the kind of element in the package; source: where it stands there; became: what it is in the course."""

    what: str
    source: str
    became: str


@dataclass(frozen=True)
class Lost:
    """An element of a package, or a part of one, that is no part of the course."""

    what: str
    source: str
    reason: str


@dataclass
class Report:
    """notes: what was decided for the author, and is worth a look."""

    format: str
    title: str
    carried: list[Carried] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def carry(self, what: str, source: str, became: str) -> None:
        """Name an element that became something."""
        self.carried.append(Carried(what, source, became))

    def lose(self, what: str, source: str, reason: str) -> None:
        """Name what is not carried; the same twice is said once."""
        found = Lost(what, source, reason)
        if found not in self.lost:
            self.lost.append(found)

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "format": self.format,
            "title": self.title,
            "carried": [vars(each) for each in self.carried],
            "lost": [vars(each) for each in self.lost],
            "notes": self.notes,
        }

    def lines(self) -> list[str]:
        """As text for a terminal."""
        return [
            f"{self.title} ({self.format})",
            *(f"  + {each.what:<14} {each.source} -> {each.became}" for each in self.carried),
            *(f"  - {each.what:<14} {each.source}: {each.reason}" for each in self.lost),
            *(f"  ! {note}" for note in self.notes),
        ]
