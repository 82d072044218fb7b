"""What the buttons of a rule's form do to it: parts are added, turned round, and taken away."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, Final

from plg.web.rule_form import ROOT, kind_of_part, parts_of

NEW_FIELD: Final[dict[str, Any]] = {"field": "account.plan", "eq": ""}
NEW_EVENT: Final[dict[str, Any]] = {"event": ""}

Change = Callable[[Any], Any]
"""What becomes of a part; None where it goes away."""


def _added(new: Any) -> Change:
    def change(part: Any) -> Any:
        kind = kind_of_part(part)
        if kind not in {"all", "any"}:
            return {"all": [part, copy.deepcopy(new)]}
        return {**part, kind: [*parts_of(part), copy.deepcopy(new)]} if kind in part else {"all": [new]}

    return change


def _turned(part: Any) -> Any:
    """Not what it said; and what was turned is as it was before."""
    return parts_of(part)[0] if kind_of_part(part) == "not" else {"not": part}


CHANGES: Final[dict[str, Change]] = {
    "add-field": _added(NEW_FIELD),
    "add-event": _added(NEW_EVENT),
    "add-group": _added({"any": [NEW_FIELD]}),
    "turn": _turned,
    "remove": lambda part: None,
}


def changed(rule: Any, change: str, place: str = ROOT) -> Any:
    """The rule after that change at that place; None where nothing is left of it. What names no part, and a change
    that there is not, change nothing."""
    if change == "begin":
        return {"all": [copy.deepcopy(NEW_FIELD)]} if rule is None else rule
    steps = place.split("-")[1:]
    if change not in CHANGES or rule is None or not all(step.isdecimal() for step in steps):
        return rule
    return _at(rule, [int(step) for step in steps], CHANGES[change])


def _at(rule: Any, steps: Sequence[int], change: Change) -> Any:
    if not steps:
        return change(rule)
    kind, parts = kind_of_part(rule), parts_of(rule)
    if kind not in {"all", "any", "not"} or steps[0] >= len(parts):
        return rule
    part = _at(parts[steps[0]], steps[1:], change)
    if kind == "not":
        return None if part is None else {"not": part}
    parts[steps[0] : steps[0] + 1] = [] if part is None else [part]
    return {**rule, kind: parts}
