"""The settings of a course and of its quiz as fields of a form. What is not changed there stays as it is written,
and so does everything that the form does not know."""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import yaml

from academy.course_folder import COURSE, QUIZ
from plg.kit.strict_yaml import read_yaml, write_yaml
from plg.kit.yaml_edits import rewritten
from plg.web.i18n import N_

Files = dict[str, str]
LISTS: Final = ("numbers", "words")
_NUMBER: Final = re.compile(r"-?\d{1,9}")


@dataclass(frozen=True)
class Entry:
    """One field. path: of the member in its file; kind: what its control is."""

    file: str
    path: str
    label: str
    kind: Literal["line", "prose", "number", "flag", "time", "numbers", "words"] = "line"
    hint: str = ""
    required: bool = False

    @property
    def name(self) -> str:
        """The field's name in the form."""
        return f"{self.file.removesuffix('.yaml')}.{self.path}"


COURSE_ENTRIES: Final = (
    Entry(COURSE, "title.es", N_("Title in Spanish"), required=True),
    Entry(COURSE, "title.en", N_("Title in English"), required=True),
    Entry(COURSE, "summary.es", N_("Summary in Spanish"), "prose", required=True),
    Entry(COURSE, "summary.en", N_("Summary in English"), "prose", required=True),
    Entry(
        COURSE,
        "minutes",
        N_("Minutes that it takes"),
        "number",
        N_("As you estimate it for an ordinary learner."),
    ),
)
CERTIFICATE_ENTRIES: Final = (
    Entry(
        COURSE,
        "certificate.valid_for",
        N_("How long it holds"),
        hint=N_("Such as 2y, 18 months or 90d; for ever, where it is empty."),
    ),
    Entry(
        COURSE,
        "certificate.renew_from",
        N_("How long before its end it can be renewed"),
        hint=N_("60d, where it is empty."),
    ),
    Entry(COURSE, "certificate.grace", N_("How long after its end by the shorter exam")),
    Entry(
        COURSE,
        "certificate.reminders",
        N_("Days before its end on which a mail reminds its holder"),
        "numbers",
        N_("Separated by commas, such as 60, 30, 7."),
    ),
    Entry(
        COURSE,
        "certificate.renewal.questions",
        N_("Questions of the shorter exam"),
        "number",
        N_("The whole quiz, where it is empty."),
    ),
    Entry(
        COURSE,
        "certificate.renewal.tags",
        N_("Drawn from questions with one of these tags"),
        "words",
        N_("Separated by commas; from all, where it is empty."),
    ),
)
QUIZ_ENTRIES: Final = (
    Entry(QUIZ, "title.es", N_("Title in Spanish"), required=True),
    Entry(QUIZ, "title.en", N_("Title in English"), required=True),
    Entry(QUIZ, "pass_mark", N_("Percentage to pass"), "number", required=True),
    Entry(QUIZ, "time_limit_minutes", N_("Time limit in minutes"), "number"),
    Entry(QUIZ, "max_attempts", N_("Attempts at most"), "number"),
    Entry(QUIZ, "cool_down_minutes", N_("Minutes to wait between attempts"), "number"),
    Entry(QUIZ, "wrong_costs", N_("What a wrong answer costs, in percent of its mark"), "number"),
    Entry(QUIZ, "draw", N_("Questions of one attempt"), "number", N_("All of them, where it is empty.")),
    Entry(QUIZ, "closes_at", N_("Closes at"), "time", N_("Such as 2027-01-31T18:00:00Z.")),
    Entry(
        QUIZ, "evidence", N_("Keep how attempts are taken, for a person to judge; learners are told"), "flag"
    ),
)


def readable(files: Files, name: str) -> dict[str, Any] | None:
    """What a file of settings says; None where it cannot be read, so that it is mended as text."""
    value = _value(files.get(name, ""))
    if value is None:
        return {}
    return value if isinstance(value, dict) else None


@functools.lru_cache(maxsize=8)
def _value(text: str) -> Any:
    """What the text says, which nobody changes; "" where it cannot be read. Reading takes most of a page's time."""
    try:
        return read_yaml(text)
    except yaml.YAMLError:
        return ""


def shown(held: Mapping[str, Any], entry: Entry) -> str | None:
    """What the field holds; None where the member is of a form that no field has, such as rules for a draw."""
    value: Any = held
    for part in entry.path.split("."):
        if value is None:
            return ""
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    if value is None:
        return ""
    if entry.kind == "flag":
        return ("1" if value else "") if isinstance(value, bool) else None
    if entry.kind == "time" and hasattr(value, "isoformat"):
        return str(value.isoformat())
    if entry.kind in LISTS and isinstance(value, list):
        return ", ".join(map(str, value)) if all(isinstance(each, int | str) for each in value) else None
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def fields(
    held: Mapping[str, Any] | None, entries: tuple[Entry, ...], typed: Mapping[str, str]
) -> list[tuple[Entry, str | None]]:
    """Each field with what it holds: what was typed, where a form was refused, else what the file says."""
    return [(entry, typed.get(entry.name, shown(held or {}, entry))) for entry in entries]


def rest(held: Mapping[str, Any], entries: tuple[Entry, ...], hidden: Collection[str] = ()) -> str:
    """What a file says beside these fields and the hidden members, as text."""
    left = copy.deepcopy({name: value for name, value in held.items() if name not in hidden})
    for entry in entries:
        if shown(held, entry) is not None:
            _put(left, entry.path.split("."), None)
    return write_yaml(left) if left else ""


def applied(files: Files, name: str, entries: tuple[Entry, ...], form: Mapping[str, str]) -> Files:
    """The files with what was changed in the form. A file that cannot be read stays as it is."""
    held = readable(files, name)
    if held is None:
        return files
    new = copy.deepcopy(held)
    for entry in entries:
        was = shown(held, entry)
        if was is None or (entry.name not in form and entry.kind != "flag"):
            continue
        posted = form.get(entry.name, "").replace("\r\n", "\n").strip()
        if posted != was.strip():
            _put(new, entry.path.split("."), _read(entry, posted))
    return files if new == held else files | {name: rewritten(files.get(name, ""), new)}


def _read(entry: Entry, posted: str) -> Any:
    """What was typed, as a member; None where nothing was. What is no number stays a text, which is named a fault."""
    if entry.kind == "flag":
        return True if posted else None
    if entry.kind in LISTS:
        parts = [part.strip() for part in posted.split(",") if part.strip()]
        whole = entry.kind == "numbers"
        return [int(part) if whole and _NUMBER.fullmatch(part) else part for part in parts] or None
    if entry.kind == "number" and _NUMBER.fullmatch(posted):
        return int(posted)
    return posted or None


def _put(held: dict[str, Any], path: list[str], value: Any) -> None:
    """Set a member, or take it away, and with it what it leaves empty."""
    first, *rest = path
    if rest:
        inner = held[first] if isinstance(held.get(first), dict) else {}
        _put(inner, rest, value)
        value = inner or None
    if value is None:
        held.pop(first, None)
    else:
        held[first] = value
