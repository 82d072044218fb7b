"""What a reader or a writer could not carry as it was: every such thing by its place, its name and the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from plg.web.i18n import N_

Outcome = Literal["lost", "changed", "noted"]
LABELS: Final[dict[Outcome, str]] = {
    "lost": N_("not carried"),
    "changed": N_("changed"),
    "noted": N_("for your information"),
}


@dataclass(frozen=True)
class Note:
    """One thing. lost: it is not there any more; changed: something near it is; noted: it was a matter of looks, or
    was added because a question here needs it.

    where: `line 12`, `items/q7.xml: line 4`, or the key of a question; what: the element, as its format calls it.
    reason: a sentence in English, in which `{name}` stands for one of the values.
    """

    outcome: Outcome
    where: str
    what: str
    reason: str
    values: tuple[tuple[str, str], ...] = ()

    @property
    def why(self) -> str:
        """The reason with its values."""
        return self.reason.format(**dict(self.values)) if self.values else self.reason

    def plain(self) -> dict[str, str]:
        """As JSON."""
        return {"outcome": self.outcome, "where": self.where, "what": self.what, "why": self.why}


class Notes:
    """The notes as they are taken. `at` gives another hand of the same notes for another place."""

    def __init__(self, where: str = "", listed: list[Note] | None = None) -> None:
        self.where = where
        self.listed: list[Note] = [] if listed is None else listed

    def at(self, where: str) -> Notes:
        """The same notes at another place."""
        return Notes(where, self.listed)

    def lost(self, what: str, reason: str, **values: object) -> None:
        """Something is not carried."""
        self._take("lost", what, reason, values)

    def changed(self, what: str, reason: str, **values: object) -> None:
        """Something near it is carried."""
        self._take("changed", what, reason, values)

    def noted(self, what: str, reason: str, **values: object) -> None:
        """Nothing of its meaning is missing."""
        self._take("noted", what, reason, values)

    def _take(self, outcome: Outcome, what: str, reason: str, values: dict[str, object]) -> None:
        told = tuple((name, str(value)[:200]) for name, value in values.items())
        note = Note(outcome, self.where, what[:200], reason, told)
        if note not in self.listed[-50:]:
            self.listed.append(note)


@dataclass(frozen=True)
class Report:
    """format: the name of it; found: how many questions there were; carried: how many were."""

    format: str
    found: int
    carried: int
    notes: tuple[Note, ...] = field(default=())

    def of(self, outcome: Outcome) -> list[Note]:
        """The notes of one outcome."""
        return [note for note in self.notes if note.outcome == outcome]

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        notes = [note.plain() for note in self.notes]
        return {"format": self.format, "found": self.found, "carried": self.carried, "notes": notes}

    def text(self) -> str:
        """As lines for a terminal."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        counted = Counter(note.outcome for note in self.notes)
        told = ", ".join(f"{counted[outcome]} {LABELS[outcome]}" for outcome in LABELS if counted[outcome])
        yield f"{self.carried} of {self.found} questions carried ({self.format}){': ' + told if told else ''}"
        for outcome in LABELS:
            for note in self.of(outcome):
                yield f"  {LABELS[outcome]}: {note.where}: {note.what}: {note.why}"
