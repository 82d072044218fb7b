"""What content may read and write, after "SCORM Run-Time Environment" 1.2, section 3.4, and the codes of its errors.

One table for both sides: the server checks by it what it keeps, and the browser gets it to answer at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from plg.kit.errors import Fault

SUSPEND_CHARACTERS: Final = 4_096
MOST_ELEMENTS: Final = 5_000
MOST_CHARACTERS: Final = 300_000
NOT_ATTEMPTED: Final = "not attempted"
COMPLETED: Final = "completed"
PASSED: Final = "passed"
FAILED: Final = "failed"
INCOMPLETE: Final = "incomplete"

UNKNOWN: Final = "401"
READ_ONLY: Final = "403"
WRONG_TYPE: Final = "405"
WRONG_INDEX: Final = "201"

# Patterns are of the common part of Python's and JavaScript's, matched in full, by code points.
_LINE: Final = r"[^\x00]{0,255}"
_LONG: Final = r"[^\x00]{0,4096}"
_IDENTIFIER: Final = r"[^\x00-\x20]{1,255}"
_NUMBER: Final = r"-?[0-9]{1,9}([.][0-9]{1,9})?"
_SPAN: Final = r"[0-9]{2,4}:[0-9]{2}:[0-9]{2}([.][0-9]{1,2})?"
_TIME: Final = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,2})?"
_STATUS: Final = "passed|completed|failed|incomplete|browsed"
_TYPE: Final = "true-false|choice|fill-in|matching|performance|sequencing|likert|numeric"
_RESULT: Final = f"correct|wrong|unanticipated|neutral|{_NUMBER}"

CORE_CHILDREN: Final = (
    "student_id,student_name,lesson_location,credit,lesson_status,entry,score,total_time,lesson_mode,"
    "exit,session_time"
)
STUDENT_CHILDREN: Final = "mastery_score,max_time_allowed,time_limit_action"
INTERACTION_CHILDREN: Final = (
    "id,objectives,time,type,correct_responses,weighting,student_response,result,latency"
)


@dataclass(frozen=True)
class Element:
    """access: `r`, `w` or `rw`. pattern: what a value written looks like; low, high: where it is a number. fixed:
    what is always read."""

    access: str
    pattern: str = ""
    low: float | None = None
    high: float | None = None
    fixed: str | None = None

    def takes(self, value: str) -> bool:
        """Whether the value can be written."""
        if not re.fullmatch(self.pattern, value) or any("\ud800" <= each <= "\udfff" for each in value):
            return False
        return self.low is None or self.high is None or not value or self.low <= float(value) <= self.high


@cache
def elements(suspend_characters: int = SUSPEND_CHARACTERS) -> dict[str, Element]:
    """Every element by its name, `n` in place of numbers. suspend_characters: how long suspend_data may be."""
    return {
        "cmi._version": Element("r", fixed="3.4"),
        **_group("cmi.core", CORE_CHILDREN, _core()),
        "cmi.suspend_data": Element("rw", rf"[^\x00]{{0,{suspend_characters}}}"),
        "cmi.launch_data": Element("r"),
        "cmi.comments": Element("rw", _LONG),
        "cmi.comments_from_lms": Element("r"),
        **_group("cmi.objectives", "id,score,status", _objective()),
        **_group(
            "cmi.student_data", STUDENT_CHILDREN, dict.fromkeys(STUDENT_CHILDREN.split(","), Element("r"))
        ),
        **_group("cmi.student_preference", "audio,language,speed,text", _preference()),
        **_group("cmi.interactions", INTERACTION_CHILDREN, _interaction()),
    }


def _group(prefix: str, children: str, members: Mapping[str, Element]) -> dict[str, Element]:
    inside = {f"{prefix}.{name}": each for name, each in members.items()}
    return {f"{prefix}._children": Element("r", fixed=children), **inside}


def _core() -> dict[str, Element]:
    return {
        **dict.fromkeys(("student_id", "student_name", "credit", "entry"), Element("r")),
        **dict.fromkeys(("total_time", "lesson_mode"), Element("r")),
        "lesson_location": Element("rw", _LINE),
        "lesson_status": Element("rw", _STATUS),
        **_score("score"),
        "exit": Element("w", "|time-out|suspend|logout"),
        "session_time": Element("w", _SPAN),
    }


def _score(prefix: str) -> dict[str, Element]:
    number = Element("rw", f"|{_NUMBER}", 0, 100)
    return _group(prefix, "raw,min,max", dict.fromkeys(("raw", "min", "max"), number))


def _objective() -> dict[str, Element]:
    status = Element("rw", f"{_STATUS}|{NOT_ATTEMPTED}")
    return {"n.id": Element("rw", _IDENTIFIER), **_score("n.score"), "n.status": status}


def _preference() -> dict[str, Element]:
    scale = r"-?[0-9]{1,3}"
    return {
        "audio": Element("rw", scale, -1, 100),
        "language": Element("rw", _LINE),
        "speed": Element("rw", scale, -100, 100),
        "text": Element("rw", scale, -1, 1),
    }


def _interaction() -> dict[str, Element]:
    return {
        "n.id": Element("w", _IDENTIFIER),
        "n.objectives.n.id": Element("w", _IDENTIFIER),
        "n.time": Element("w", _TIME),
        "n.type": Element("w", _TYPE),
        "n.correct_responses.n.pattern": Element("w", _LINE),
        "n.weighting": Element("w", _NUMBER),
        "n.student_response": Element("w", _LINE),
        "n.result": Element("w", _RESULT),
        "n.latency": Element("w", _SPAN),
    }


def for_browser(suspend_characters: int) -> dict[str, list[Any]]:
    """The table as JSON: name to access, pattern, low, high, fixed."""
    return {
        name: [each.access, each.pattern, each.low, each.high, each.fixed]
        for name, each in elements(suspend_characters).items()
    }


def faults(values: Mapping[str, str], suspend_characters: int) -> list[Fault]:
    """What of these cannot be written, each with SCORM's code for it."""
    table, found = elements(suspend_characters), []
    if len(values) > MOST_ELEMENTS or sum(map(len, values.values())) > MOST_CHARACTERS:
        found.append(Fault("values", f"are more than {MOST_ELEMENTS} or {MOST_CHARACTERS:,} characters"))
    for name, value in list(values.items())[:MOST_ELEMENTS]:
        element = table.get(general(name))
        code = (
            UNKNOWN
            if element is None
            else READ_ONLY
            if "w" not in element.access
            else None
            if element.takes(value)
            else WRONG_TYPE
        )
        if code:
            found.append(Fault(name[:100], code))
    return found


def general(name: str) -> str:
    """`cmi.objectives.3.id` as `cmi.objectives.n.id`."""
    return re.sub(r"\.(?:0|[1-9][0-9]{0,4})(?=\.)", ".n", name)


def count(values: Mapping[str, str], prefix: str) -> int:
    """How many entries a list such as `cmi.interactions` has."""
    found = [re.match(rf"{re.escape(prefix)}\.([0-9]+)\.", name) for name in values]
    return max((int(match[1]) + 1 for match in found if match), default=0)


def milliseconds(span: str) -> int:
    """Of a time such as 0001:30:00.5; 0 for what is none."""
    if not re.fullmatch(_SPAN, span):
        return 0
    hours, minutes, seconds = span.split(":")
    return round(1_000 * (3_600 * int(hours) + 60 * int(minutes) + float(seconds)))


def as_span(ms: int) -> str:
    """Milliseconds as SCORM writes a time: 0001:30:00.50."""
    hundredths = min(ms // 10, 9_999 * 360_000 + 359_999)
    seconds, rest = divmod(hundredths, 100)
    return f"{seconds // 3_600:04d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:02d}"
