"""The form of a rule as a page shows it (`rule_builder.html`): its parts, what may be asked of each, what is wrong,
and for how many people it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from flask_babel import lazy_gettext

from plg.kit.clock import now
from plg.kit.rules import Field, RuleFaulty
from plg.kit.rules.language import ASKED
from plg.kit.strict_yaml import write_yaml
from plg.segments import known_values, segments
from plg.segments.segments import Size
from plg.segments.subjects import fields
from plg.web import rule_changes, rule_form
from plg.web.rule_form import GROUPS, ROOT
from plg.web.rule_values import kind_of, shown

OPERATOR_NAMES: Final = {
    "eq": lazy_gettext("is"),
    "ne": lazy_gettext("is not"),
    "gt": lazy_gettext("is more than"),
    "gte": lazy_gettext("is at least"),
    "lt": lazy_gettext("is less than"),
    "lte": lazy_gettext("is at most"),
    "between": lazy_gettext("is between (a, b)"),
    "in": lazy_gettext("is one of (a, b)"),
    "not_in": lazy_gettext("is none of (a, b)"),
    "contains": lazy_gettext("contains"),
    "not_contains": lazy_gettext("does not contain"),
    "starts_with": lazy_gettext("begins with"),
    "ends_with": lazy_gettext("ends with"),
    "exists": lazy_gettext("is known (true, false)"),
    "before": lazy_gettext("is before"),
    "after": lazy_gettext("is after"),
    "within_last": lazy_gettext("is in the last (7d)"),
    "not_within_last": lazy_gettext("is not in the last (7d)"),
    "within_next": lazy_gettext("is in the next (7d)"),
}
OF_NUMBERS: Final = ("gte", "eq", "gt", "lt", "lte", "ne", "between", "in", "not_in")
OF_WHERE: Final = tuple(OPERATOR_NAMES)
ACTION: Final = "rule"


@dataclass(frozen=True)
class Part:
    """A part of a rule. faults: what is wrong with it, by what of it (`eq`, `event`, or the whole)."""

    place: str
    kind: str
    said: Mapping[str, str]
    operators: tuple[str, ...] = ()
    parts: list[Part] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)

    def rows(self, *names: str) -> list[dict[str, str]]:
        """The rows of `test_op, test_value`, and an empty one to go on."""
        numbers = [key.rpartition(".")[2] for key in self.said if key.startswith(f"{names[0]}.")]
        found = [{name: self.said.get(f"{name}.{number}", "") for name in names} for number in numbers]
        return [*found, dict.fromkeys(names, "")]

    @property
    def wheres(self) -> list[dict[str, str]]:
        """The rows of conditions on the event's properties, and an empty one."""
        rows = self.rows("where_key", "where_op", "where_value")
        return [{name.removeprefix("where_"): said for name, said in row.items()} for row in rows]


@dataclass(frozen=True)
class Builder:
    """One rule of a form. name: what its fields begin with. text: the rule as YAML, where a form cannot say it."""

    name: str
    rule: Any
    known: list[Field]
    size: Size | None = None

    @cached_property
    def text(self) -> str:
        whole = self.rule is None or rule_form.can_be_built(self.name, self.rule, self.known)
        return "" if whole else write_yaml(self.rule)

    @cached_property
    def faults(self) -> dict[str, str]:
        return rule_form.faults_of(self.rule, self.known) if self.rule is not None else {}

    @cached_property
    def root(self) -> Part | None:
        said = rule_form.fields_of(self.name, self.rule, self.known)
        return _part(self, ROOT, self.rule, "", said) if said else None


def _part(builder: Builder, place: str, rule: Any, path: str, said: Mapping[str, str]) -> Part:
    at = f"{builder.name}:{place}:"
    own = {key.removeprefix(at): value for key, value in said.items() if key.startswith(at)}
    kind = own["kind"]
    if kind not in GROUPS:
        inside = {_inside(key, path): told for key, told in builder.faults.items() if _is_at(key, path)}
        operators = _operators(own, builder.known) if kind == "field" else OF_NUMBERS
        return Part(place, kind, own, operators, [], inside)
    start = f"{path}.{kind}" if path else kind
    parts = [
        _part(builder, f"{place}-{n}", part, start if kind == "not" else f"{start}.{n}", said)
        for n, part in enumerate(rule_form.parts_of(rule))
    ]
    own_faults = [fault for key, fault in builder.faults.items() if key in {path or "rule", start}]
    return Part(place, kind, own, (), parts, {"": "; ".join(own_faults)} if own_faults else {})


def _is_at(key: str, path: str) -> bool:
    return key in {path, path or "rule"} or key.startswith(f"{path}." if path else "")


def _inside(key: str, path: str) -> str:
    return "" if key == (path or "rule") else key.removeprefix(f"{path}." if path else "")


def _operators(own: Mapping[str, str], known: list[Field]) -> tuple[str, ...]:
    asked = ASKED[rule_form.type_of(own.get("field", ""), known)]  # type: ignore[index]
    return tuple(name for name in OPERATOR_NAMES if name in asked)


def builder(name: str, rule: Any, *, counted: bool = False) -> Builder:
    """The form of a rule. counted: ask for how many people it holds, where it can be asked."""
    moment = now()
    known = fields(moment)
    return Builder(name, rule, known, size_of(rule) if counted and rule is not None else None)


def size_of(rule: Any) -> Size | None:
    """For how many the rule holds now, with some of them; None where it cannot be asked."""
    moment = now()
    try:
        return segments.size(segments.parse(rule, moment), moment)
    except RuleFaulty:
        return None


def posted(name: str, form: Mapping[str, str], do: str = "") -> Any:
    """The rule that a form says, after what its button does: `rule|audience.when|add-field|r`."""
    rule = rule_form.rule_of(name, form, fields(now()))
    what, _, told = do.partition("|")
    of, _, change = told.partition("|")
    if what != ACTION or of != name:
        return rule
    return rule_changes.changed(rule, *change.split("|", 1))


def suggestions() -> dict[str, Any]:
    """What a page with builders offers beside its inputs: fields, their values, events."""
    values = known_values.of_fields()
    known = fields(now())
    names = [each.name for each in known if not each.name.endswith("*")]
    traits = [name for name in values if ".traits." in name or name.startswith("cohort.")]
    return {
        "fields": [*names, *traits],
        "events": known_values.event_names(),
        "values": {
            name: [shown(each, kind_of(rule_form.type_of(name, known))) for each in found]
            for name, found in values.items()
            if found
        },
    }
