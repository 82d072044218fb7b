"""The fields of the form: each shows a part of a definition (as JSON has it), and reads it back from what was posted.

A field's key is its path in the definition: `steps.0.events`. What repeats has one empty place more than it has
items, so that nothing needs a script."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from flask_babel import lazy_gettext as _l

Form = Mapping[str, str]
Shown = dict[str, Any]
OPERATORS = {
    "eq": _l("is"),
    "ne": _l("is not"),
    "gt": _l("is more than"),
    "gte": _l("is at least"),
    "lt": _l("is less than"),
    "lte": _l("is at most"),
    "contains": _l("contains"),
    "not_contains": _l("does not contain"),
    "starts_with": _l("begins with"),
    "ends_with": _l("ends with"),
    "present": _l("is there"),
    "absent": _l("is missing"),
}
UNITS = {"minutes": 60, "hours": 3_600, "days": 86_400}
MOST = 20


class Field(Protocol):
    """name: in the definition. read: None where nothing was said; show: what the template draws."""

    @property
    def name(self) -> str: ...

    def read(self, form: Form, key: str) -> Any: ...

    def show(self, value: Any, key: str) -> Shown: ...


@dataclass(frozen=True)
class Choice:
    """One of several; nothing said is the first."""

    name: str
    label: Any
    options: Mapping[str, Any]

    def read(self, form: Form, key: str) -> Any:
        return form.get(key) or None

    def show(self, value: Any, key: str) -> Shown:
        return {
            "kind": "choice",
            "key": key,
            "label": self.label,
            "options": self.options,
            "value": value or "",
        }


@dataclass(frozen=True)
class Number:
    """A whole number; what is none is left for the definition to refuse."""

    name: str
    label: Any
    hint: Any = ""

    def read(self, form: Form, key: str) -> Any:
        text = form.get(key, "").strip()
        return (int(text) if text.isdecimal() and len(text) < 10 else text) if text else None

    def show(self, value: Any, key: str) -> Shown:
        shown = "" if value is None else value
        return {"kind": "number", "key": key, "label": self.label, "hint": self.hint, "value": shown}


@dataclass(frozen=True)
class Text:
    name: str
    label: Any
    hint: Any = ""
    suggest: str = ""

    def read(self, form: Form, key: str) -> Any:
        return form.get(key, "").strip() or None

    def show(self, value: Any, key: str) -> Shown:
        told = {"label": self.label, "hint": self.hint, "suggest": self.suggest}
        return {"kind": "text", "key": key, "value": value or "", **told}


@dataclass(frozen=True)
class Flag:
    """A box. default: what the definition means where nothing is said."""

    name: str
    label: Any
    default: bool = False

    def read(self, form: Form, key: str) -> Any:
        return (form.get(key) == "1") if form.get(f"{key}.asked") else None

    def show(self, value: Any, key: str) -> Shown:
        checked = self.default if value is None else bool(value)
        return {"kind": "flag", "key": key, "label": self.label, "value": checked}


@dataclass(frozen=True)
class Seconds:
    """A time: a number and its unit."""

    name: str
    label: Any
    units: Mapping[str, Any]

    def read(self, form: Form, key: str) -> Any:
        text = form.get(key, "").strip()
        if not text:
            return None
        size = UNITS.get(form.get(f"{key}.unit", ""), 1)
        return int(text) * size if text.isdecimal() and len(text) < 10 else text

    def show(self, value: Any, key: str) -> Shown:
        unit, number = "days", "" if value is None else value
        if isinstance(value, int):
            unit = next((name for name in reversed(UNITS) if value % UNITS[name] == 0), "minutes")
            number = value // UNITS[unit]
        told = {"label": self.label, "units": self.units, "unit": unit}
        return {"kind": "seconds", "key": key, "value": number, **told}


@dataclass(frozen=True)
class Words:
    """Several names, each in a place of its own."""

    name: str
    label: Any
    suggest: str = "events"

    def read(self, form: Form, key: str) -> Any:
        return words(form, key) or None

    def show(self, value: Any, key: str) -> Shown:
        found = value if isinstance(value, list) else []
        return {
            "kind": "words",
            "key": key,
            "label": self.label,
            "suggest": self.suggest,
            "values": [*found, ""],
        }


@dataclass(frozen=True)
class Several:
    """Some of several, such as segments; the page says which there are."""

    name: str
    label: Any

    def read(self, form: Form, key: str) -> Any:
        return [value for name, value in form.items() if name.startswith(f"{key}.") and value] or None

    def show(self, value: Any, key: str) -> Shown:
        return {"kind": "several", "key": key, "label": self.label, "values": value or []}


@dataclass(frozen=True)
class Events:
    """Events of some names with some properties: `{events, where}`. more: fields beside them."""

    name: str
    label: Any
    more: Sequence[Field] = ()
    needed: bool = True

    def read(self, form: Form, key: str) -> Any:
        names, where = words(form, f"{key}.events"), filters(form, f"{key}.where")
        told = {each.name: each.read(form, f"{key}.{each.name}") for each in self.more}
        told = {name: value for name, value in told.items() if value is not None}
        if not names and not where and not self.needed:
            return None
        return {"events": names} | ({"where": where} if where else {}) | told

    def show(self, value: Any, key: str) -> Shown:
        value = value if isinstance(value, Mapping) else {}
        more = [each.show(value.get(each.name), f"{key}.{each.name}") for each in self.more]
        names = value.get("events") or []
        told = {"label": self.label, "more": more, "needed": self.needed}
        rows = [*_rows(value.get("where") or {}), ("", "eq", "")]
        told |= {"operators": OPERATORS}
        return {"kind": "events", "key": key, "names": [*names, ""], "where": rows, **told}


@dataclass(frozen=True)
class Group:
    """Fields of an object of its own; it is left out where its first field says nothing."""

    name: str
    label: Any
    fields: Sequence[Field]

    def read(self, form: Form, key: str) -> Any:
        told = {each.name: each.read(form, f"{key}.{each.name}") for each in self.fields}
        told = {name: value for name, value in told.items() if value is not None}
        return told if self.fields[0].name in told else None

    def show(self, value: Any, key: str) -> Shown:
        value = value if isinstance(value, Mapping) else {}
        parts = [each.show(value.get(each.name), f"{key}.{each.name}") for each in self.fields]
        return {"kind": "group", "key": key, "label": self.label, "parts": parts}


@dataclass(frozen=True)
class Many:
    """A list that grows and shrinks by buttons: `add:steps`, `remove:steps.1`, `up:steps.1`."""

    name: str
    label: Any
    item: Field
    add: Any
    least: int = 0
    most: int = MOST
    first: Any = field(default_factory=dict)

    def read(self, form: Form, key: str) -> Any:
        count = form.get(f"{key}.count", "0")
        number = min(int(count), self.most) if count.isdecimal() and len(count) < 4 else 0
        return [self.item.read(form, f"{key}.{n}") or {} for n in range(number)] or None

    def show(self, value: Any, key: str) -> Shown:
        found = value if isinstance(value, list) else []
        found = [*found, *[self.first] * (self.least - len(found))]
        items = [self.item.show(each, f"{key}.{n}") for n, each in enumerate(found)]
        told = {"label": self.label, "add": self.add, "least": self.least, "most": self.most}
        return {"kind": "many", "key": key, "items": items, **told}


def words(form: Form, key: str) -> list[str]:
    """What was written in `<key>.0`, `<key>.1`, …"""
    found = (form.get(f"{key}.{number}", "").strip() for number in range(MOST + 1))
    return [each for each in found if each]


def filters(form: Form, key: str) -> dict[str, Any]:
    """Properties and what is asked of each: of one that is named twice either value, and every operator."""
    values: dict[str, list[Any]] = {}
    operators: dict[str, dict[str, Any]] = {}
    for number in range(MOST + 1):
        row = f"{key}.{number}"
        name, asked = form.get(f"{row}.property", "").strip(), form.get(f"{row}.operator", "eq")
        value = scalar(form.get(f"{row}.value", "").strip())
        if name and asked == "eq":
            values.setdefault(name, []).append(value)
        elif name:
            exists = {"present": {"exists": True}, "absent": {"exists": False}}
            operators.setdefault(name, {}).update(exists.get(asked, {asked: value}))
    return {name: _asked(values.get(name, []), operators.get(name)) for name in [*values, *operators]}


def _asked(values: list[Any], operators: dict[str, Any] | None) -> Any:
    if operators is None:
        return values if len(values) > 1 else values[0]
    return ({"in": values} if values else {}) | operators


def scalar(text: str) -> Any:
    """`5`, `true` and `"5"` as JSON means them, every other text as it is."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, bool | int | float | str) else text


def shown_scalar(value: Any) -> str:
    """The text that `scalar` reads as this value."""
    return (
        value if isinstance(value, str) and scalar(value) == value else json.dumps(value, ensure_ascii=False)
    )


def _rows(where: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    """Property, operator and value of each line; what no line can say is left out."""
    for name, asked in where.items():
        if not isinstance(asked, Mapping):
            asked = {"in": asked if isinstance(asked, list) else [asked]}
        for operator, given in asked.items():
            if operator == "exists":
                yield name, "present" if given else "absent", ""
            elif operator == "in":
                yield from ((name, "eq", shown_scalar(value)) for value in given)
            elif operator in OPERATORS:
                yield name, operator, shown_scalar(given)
