"""What the buttons of the form do to the steps and sections of a draft: add, move, take away.

Parts are named by their paths: `steps.2`, `sections.0`, `sections.0.steps.1`. A path that leads nowhere changes
nothing: somebody else may have changed the draft meanwhile."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

Definition = dict[str, Any]


@dataclass(frozen=True)
class Changed:
    """The definition after a change, and the path of the part to look at now."""

    definition: Definition
    at: str


def change(definition: Definition, what: str, path: str) -> Changed:
    """One of CHANGES at that path."""
    new = copy.deepcopy(definition)
    at = CHANGES[what](new, path) if what in CHANGES else None
    return Changed(new, at) if at is not None else Changed(definition, path)


def _list(definition: Definition, path: str) -> list[Any] | None:
    """The list of that path: `steps`, `sections`, `sections.1.steps`; an absent one is begun."""
    held: Any = definition
    *way, last = path.split(".")
    for key in way:
        held = _inside(held, key)
    if not isinstance(held, dict) or last not in {"steps", "sections"}:
        return None
    found = held.setdefault(last, [])
    return found if isinstance(found, list) else None


def _inside(held: Any, key: str) -> Any:
    if isinstance(held, dict):
        return held.get(key)
    return held[int(key)] if isinstance(held, list) and key.isdecimal() and int(key) < len(held) else None


def _place(definition: Definition, path: str) -> tuple[str, list[Any], int] | None:
    """Of `sections.0.steps.1`: the list's path, the list, and the place in it."""
    of, _, number = path.rpartition(".")
    found = _list(definition, of) if number.isdecimal() else None
    return (of, found, int(number)) if found is not None and int(number) < len(found) else None


def new_key(definition: Definition) -> str:
    """A key that no step has yet."""
    taken = {step.get("key") for step in every_step(definition)}
    return next(key for number in range(1, 1000) if (key := f"step-{number}") not in taken)


def every_step(definition: Definition) -> list[Definition]:
    """Each step that has the form of one, in its order."""
    sections = definition.get("sections")
    parts = [part for part in sections if isinstance(part, dict)] if isinstance(sections, list) else []
    lists = [each.get("steps") for each in (definition, *parts)]
    return [step for steps in lists if isinstance(steps, list) for step in steps if isinstance(step, dict)]


def _add_step(definition: Definition, path: str) -> str | None:
    steps = _list(definition, path)
    if steps is None or not path.endswith("steps"):
        return None
    step: dict[str, Any] = {"key": new_key(definition), "title": {"es": "", "en": ""}}
    steps.append(step if definition.get("kind") == "tour" else step | {"manual": True})
    return f"{path}.{len(steps) - 1}"


def _remove(definition: Definition, path: str) -> str | None:
    if (place := _place(definition, path)) is None:
        return None
    of, items, number = place
    gone = items.pop(number)
    if of == "sections":
        _keep_steps(definition, items, number, gone)
    _drop_empty(definition)
    return of if not items else f"{of}.{max(number - 1, 0)}"


def _keep_steps(definition: Definition, sections: list[Any], number: int, gone: Any) -> None:
    """The steps of a section that goes away move into the one before, or stand without a heading."""
    steps = gone.get("steps", []) if isinstance(gone, dict) else []
    if sections:
        into = sections[max(number - 1, 0)].setdefault("steps", [])
        into[:0] = steps if not number else []
        into.extend(steps if number else [])
    else:
        definition["steps"] = steps


def _drop_empty(definition: Definition) -> None:
    for name in ("steps", "sections"):
        if definition.get(name) == []:
            del definition[name]


def _add_section(definition: Definition, path: str) -> str | None:
    """The first section takes in all steps."""
    sections = _list(definition, "sections")
    if sections is None:
        return None
    steps = definition.pop("steps", []) if not sections else []
    sections.append({"title": {"es": "", "en": ""}, "steps": steps})
    if not steps:
        _add_step(definition, f"sections.{len(sections) - 1}.steps")
    return f"sections.{len(sections) - 1}"


def _move(by: int) -> Callable[[Definition, str], str | None]:
    def move(definition: Definition, path: str) -> str | None:
        if (place := _place(definition, path)) is None:
            return None
        of, items, number = place
        if 0 <= number + by < len(items):
            items.insert(number + by, items.pop(number))
            return f"{of}.{number + by}"
        return _into_next_section(definition, of, items, number, by)

    return move


def _into_next_section(definition: Definition, of: str, items: list[Any], number: int, by: int) -> str | None:
    """A step at the edge of its section goes on into the one beside it."""
    if not of.startswith("sections."):
        return None
    beside = f"sections.{int(of.split('.')[1]) + by}"
    if int(of.split(".")[1]) + by < 0 or _place(definition, beside) is None:
        return None
    into = _list(definition, f"{beside}.steps")
    if into is None:
        return None
    at = len(into) if by < 0 else 0
    into.insert(at, items.pop(number))
    return f"{beside}.steps.{at}"


CHANGES: Final[dict[str, Callable[[Definition, str], str | None]]] = {
    "add-step": _add_step,
    "add-section": _add_section,
    "remove": _remove,
    "up": _move(-1),
    "down": _move(1),
}
