"""What became of a package: each element that was carried, and each that was not, with the reason.

Words are sentences in English with `{name}` for values, which pages translate; what they say of a package's own
elements is as the package has it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Words:
    """A sentence and its values."""

    sentence: str
    values: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return self.sentence.format(**dict(self.values)) if self.values else self.sentence


@dataclass(frozen=True)
class Carried:
    """what: the kind of element in the package; source: where it stands there; became: what it is in the course."""

    what: str
    source: str
    became: Words


@dataclass(frozen=True)
class Lost:
    """An element of a package, or a part of one, that is no part of the course."""

    what: str
    source: str
    reason: Words


@dataclass
class Report:
    """notes: what was decided for the author, and is worth a look."""

    format: str
    title: str
    carried: list[Carried] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)
    notes: list[Words] = field(default_factory=list)

    def carry(self, what: str, source: str, became: str, **values: object) -> None:
        """Name an element that became something."""
        self.carried.append(Carried(what, source, _words(became, values)))

    def lose(self, what: str, source: str, reason: str, **values: object) -> None:
        """Name what is not carried; the same twice is said once."""
        found = Lost(what, source, _words(reason, values))
        if found not in self.lost[-50:]:
            self.lost.append(found)

    def note(self, sentence: str, **values: object) -> None:
        """Say what was decided for the author."""
        self.notes.append(_words(sentence, values))

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        carried = [
            {"what": each.what, "source": each.source, "became": str(each.became)} for each in self.carried
        ]
        lost = [{"what": each.what, "source": each.source, "reason": str(each.reason)} for each in self.lost]
        notes = [str(each) for each in self.notes]
        return {"format": self.format, "title": self.title, "carried": carried, "lost": lost, "notes": notes}

    def lines(self) -> list[str]:
        """As text for a terminal."""
        return [
            f"{self.title} ({self.format})",
            *(f"  + {each.what:<14} {each.source} -> {each.became}" for each in self.carried),
            *(f"  - {each.what:<14} {each.source}: {each.reason}" for each in self.lost),
            *(f"  ! {note}" for note in self.notes),
        ]


def _words(sentence: str, values: dict[str, object]) -> Words:
    return Words(sentence, tuple((name, str(value)[:200]) for name, value in values.items()))
