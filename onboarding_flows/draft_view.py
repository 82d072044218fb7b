"""A draft as its form shows it: each part with its fields, the faults beside them, and what the form cannot show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from onboarding_flows import draft_form, draft_steps
from onboarding_flows.definition import Flow, Part
from onboarding_flows.draft_fields import Entry, Options, Switch, offered, switches
from onboarding_flows.draft_form import Owner, value_at
from onboarding_flows.step_definition import Step
from plg.kit.errors import Fault
from plg.kit.strict_yaml import write_yaml
from plg.plans import catalogue
from plg.web import rule_builder
from plg.web.rule_builder import Builder


@dataclass(frozen=True)
class FieldView:
    """One field. value: what its control holds; rows: those of conditions on events; rule: the form of a rule."""

    name: str
    entry: Entry
    value: list[str]
    error: str
    options: Options
    rows: list[dict[str, str]]
    rule: Builder | None


@dataclass(frozen=True)
class PartView:
    """The flow, a section or a step. faults: those that no field shows; rest: what has no field, as YAML."""

    path: str
    title: str
    fields: Mapping[str, FieldView]
    switches: Mapping[str, tuple[Switch, str]]
    faults: list[str]
    rest: str
    number_of_faults: int
    parts: list[PartView]

    def has(self, start: str) -> bool:
        """Whether it has fields of such a path."""
        return any(path.startswith(start) for path in self.fields)


@dataclass
class _Drawing:
    definition: dict[str, Any]
    faults: dict[str, str]
    counted: str
    locale: str

    def part(self, owner: Owner, parts: Sequence[PartView] = ()) -> PartView:
        fields = {entry.path: field for entry in offered(owner.model) if (field := self._field(owner, entry))}
        inside = [key for key in self.faults if _is_of(key, owner)]
        shown = {field.name for field in fields.values()}
        covered = {key for key in inside if key in shown or _rule_of(key, fields)}
        rest = draft_form.rest(owner)
        return PartView(
            owner.path,
            _title(owner.held, self.locale),
            fields,
            {each.name: (each, draft_form.chosen(owner.held, each)) for each in switches(owner.model)},
            [f"{_short(key, owner)}: {self.faults[key]}" for key in inside if key not in covered],
            write_yaml(rest) if rest else "",
            len(inside),
            list(parts),
        )

    def _field(self, owner: Owner, entry: Entry) -> FieldView | None:
        name, value = owner.name(entry.path), value_at(owner.held, entry.path)
        rows: list[dict[str, str]] = []
        held: list[str] | None = []
        rule = None
        if entry.kind == "rule":
            absent = value is draft_form.ABSENT
            rule = rule_builder.builder(name, None if absent else value, counted=self.counted == name)
        elif entry.kind == "where":
            found = draft_form.where_rows(name, value)
            rows, held = (found, []) if found is not None else ([], None)
        else:
            held = draft_form.shown(entry, value)
        if held is None:
            return None
        options = self._options(owner, entry, held)
        return FieldView(name, entry, held, self.faults.get(name, ""), options, rows, rule)

    def _options(self, owner: Owner, entry: Entry, held: list[str]) -> Options:
        """Those of the field, and what is there although it is none of them."""
        options = list(entry.options)
        if entry.many == "plans":
            options = [(key, key) for key in catalogue.published().plans]
        elif entry.many == "steps":
            steps = [s for s in draft_steps.every_step(self.definition) if s is not owner.held]
            options = [(s["key"], _title(s, self.locale)) for s in steps if isinstance(s.get("key"), str)]
        known = {option for option, _ in options}
        return [*options, *((each, each) for each in held if each not in known)] if options else []


def _is_of(key: str, owner: Owner) -> bool:
    """Whether a fault is of this part itself, and not of one inside it."""
    if issubclass(owner.model, Step):
        return key == owner.path or key.startswith(f"{owner.path}.")
    if owner.model is Part:
        inside = key.startswith(f"{owner.path}.") and not key.startswith(f"{owner.path}.steps.")
        return key == owner.path or inside
    return not key.startswith(("steps.", "sections."))


def _short(key: str, owner: Owner) -> str:
    return key.removeprefix(owner.path).lstrip(".") or key


def _rule_of(key: str, fields: Mapping[str, FieldView]) -> bool:
    """Whether the fault is one of a rule, whose form says it by itself."""
    return any(field.rule is not None and key == field.name for field in fields.values())


def _title(held: Mapping[str, Any], locale: str) -> str:
    title = held.get("title")
    told = title.get(locale) or title.get("en") or title.get("es") if isinstance(title, Mapping) else None
    return str(told or held.get("key") or "")


def view(
    definition: dict[str, Any], faults: Sequence[Fault], *, counted: str = "", locale: str = "en"
) -> PartView:
    """The whole draft: sections with their steps, or steps, are the parts of the flow. counted: the name of the rule
    whose people are to be counted."""
    drawing = _Drawing(definition, {fault.field: fault.message for fault in faults}, counted, locale)
    found = list(draft_form.owners(definition))
    sections = [owner for owner in found if owner.model is Part]
    parts = [
        drawing.part(owner)
        for owner in found
        if issubclass(owner.model, Step) and owner.path.startswith("steps.")
    ]
    for section in sections:
        inside = [
            each
            for each in found
            if issubclass(each.model, Step) and each.path.startswith(f"{section.path}.steps.")
        ]
        parts.append(drawing.part(section, [drawing.part(each) for each in inside]))
    return drawing.part(next(owner for owner in found if owner.model is Flow), parts)
