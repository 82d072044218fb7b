"""Rules as the fields of a form, and back: what is built there is what is kept.

The fields of one rule begin with its name (`audience.when`), then comes the place of the part (`r` is the whole,
`r-0` its first part), then what is said of it: `audience.when:r-0:field`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from plg.kit.rules import Field, RuleFaulty, parse
from plg.kit.rules.fields import find
from plg.kit.rules.operators import OPERATORS
from plg.web.rule_values import Kind, kind_of, read, read_list, shown

ROOT: Final = "r"
GROUPS: Final = ("all", "any", "not")
LISTS: Final = frozenset({"in", "not_in", "between"})
MAX_PARTS: Final = 500
_TEXTS: Final = frozenset(
    {"starts_with", "ends_with", "before", "after", "within_last", "not_within_last", "within_next"}
)


def kind_of_value(operator: str, field_type: str) -> Kind:
    """How what stands beside an operator is written, on a field of this type."""
    if operator == "exists":
        return "json"
    return "text" if operator in _TEXTS else kind_of(field_type)


def type_of(name: Any, fields: list[Field]) -> str:
    """The type of a field as a rule names it; `json` where there is none of this name."""
    named = find(fields, name) if isinstance(name, str) else None
    return named.type if named is not None else "json"


def fields_of(name: str, rule: Any, fields: list[Field]) -> dict[str, str]:
    """The rule as fields of a form; of no rule, none."""
    return dict(_fields(f"{name}:", ROOT, rule, fields)) if rule is not None else {}


def _fields(name: str, place: str, rule: Any, fields: list[Field]) -> Iterator[tuple[str, str]]:
    at = f"{name}{place}:"
    kind = kind_of_part(rule)
    yield f"{at}kind", kind
    if kind in GROUPS:
        for number, part in enumerate(parts_of(rule)):
            yield from _fields(name, f"{place}-{number}", part, fields)
    elif kind == "field":
        yield f"{at}field", shown(rule.get("field", ""), "name")
        yield from _tests(f"{at}test", rule, type_of(rule.get("field"), fields))
    else:
        yield f"{at}event", shown(rule.get("event", ""), "name")
        yield f"{at}within", shown(rule.get("within", ""), "name")
        yield f"{at}by", "account" if rule.get("by") == "account" else ""
        yield from _tests(f"{at}count", rule.get("count"), "number")
        yield from where_fields(f"{at}where", rule.get("where"))


def kind_of_part(rule: Any) -> str:
    """all, any, not, field or event; what is none of these is taken for an empty group."""
    known = rule if isinstance(rule, Mapping) else {}
    return next((kind for kind in (*GROUPS, "field", "event") if kind in known), "all")


def parts_of(rule: Any) -> list[Any]:
    """The rules that a group holds."""
    held = rule.get(kind_of_part(rule)) if isinstance(rule, Mapping) else []
    if kind_of_part(rule) == "not":
        return [held]
    return list(held) if isinstance(held, list) else []


def _tests(at: str, tests: Any, field_type: str) -> Iterator[tuple[str, str]]:
    told = [(op, given) for op, given in (tests or {}).items() if op in OPERATORS]
    for number, (operator, given) in enumerate(told):
        yield f"{at}_op.{number}", operator
        yield f"{at}_value.{number}", shown(given, kind_of_value(operator, field_type))


def where_fields(at: str, where: Any) -> Iterator[tuple[str, str]]:
    """Conditions on an event's properties as rows: property, operator, value."""
    rows = [(key, *test) for key, tests in written_out(where or {}).items() for test in tests.items()]
    for number, (key, operator, given) in enumerate(rows):
        yield f"{at}_key.{number}", shown(key, "name") or '""'
        yield f"{at}_op.{number}", operator
        yield f"{at}_value.{number}", shown(given, kind_of_value(operator, "json"))


def written_out(where: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Each property with operators: a value means `eq`, a list `in`."""
    return {key: _operators(test) for key, test in where.items()}


def _operators(test: Any) -> dict[str, Any]:
    if isinstance(test, Mapping):
        return dict(test)
    return {"in": test} if isinstance(test, list) else {"eq": test}


def rule_of(name: str, form: Mapping[str, str], fields: list[Field]) -> Any:
    """The rule that the fields of a form say; None where they say none."""
    places = [key.split(":")[1] for key in form if key.startswith(f"{name}:") and key.endswith(":kind")]
    known = set(places[:MAX_PARTS])
    return _rule(f"{name}:", ROOT, form, known, fields) if ROOT in known else None


def _rule(name: str, place: str, form: Mapping[str, str], known: set[str], fields: list[Field]) -> Any:
    at = f"{name}{place}:"
    kind = form[f"{at}kind"]
    if kind in GROUPS:
        inner = (f"{place}-{number}" for number in range(MAX_PARTS))
        parts = [_rule(name, each, form, known, fields) for each in inner if each in known]
        return {"not": parts[0] if parts else {"all": []}} if kind == "not" else {kind: parts}
    if kind == "field":
        field = read(form.get(f"{at}field", ""), "name")
        return {"field": field, **_read_tests(f"{at}test", form, type_of(field, fields))}
    return _event(at, form)


def _event(at: str, form: Mapping[str, str]) -> dict[str, Any]:
    rule: dict[str, Any] = {"event": read(form.get(f"{at}event", ""), "name")}
    if count := _read_tests(f"{at}count", form, "number"):
        rule["count"] = count
    if within := read(form.get(f"{at}within", ""), "name"):
        rule["within"] = within
    if where := read_where(f"{at}where", form):
        rule["where"] = where
    if form.get(f"{at}by") == "account":
        rule["by"] = "account"
    return rule


def _numbers(start: str, form: Mapping[str, str]) -> list[str]:
    found = [key.removeprefix(start) for key in form if key.startswith(start)]
    return sorted((number for number in found if number.isdecimal()), key=int)


def _read_tests(at: str, form: Mapping[str, str], field_type: str) -> dict[str, Any]:
    told = {}
    for number in _numbers(f"{at}_op.", form):
        operator = form[f"{at}_op.{number}"]
        if operator in OPERATORS:
            told[operator] = read_value(operator, form.get(f"{at}_value.{number}", ""), field_type)
    return told


def read_value(operator: str, typed: str, field_type: str) -> Any:
    """What stands beside an operator, as it was typed."""
    kind = kind_of_value(operator, field_type)
    return read_list(typed, kind) if operator in LISTS else read(typed, kind)


def read_where(at: str, form: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The inverse of `where_fields`; rows without a property are left out."""
    told: dict[str, dict[str, Any]] = {}
    for number in _numbers(f"{at}_key.", form):
        typed, operator = form[f"{at}_key.{number}"], form.get(f"{at}_op.{number}", "")
        if typed.strip() and operator in OPERATORS:
            value = read_value(operator, form.get(f"{at}_value.{number}", ""), "json")
            told.setdefault(read(typed, "name"), {})[operator] = value
    return told


def canonical(rule: Any) -> Any:
    """The rule with all that means the same said in the same way."""
    kind = kind_of_part(rule)
    if kind in ("all", "any"):
        return {**rule, kind: [canonical(part) for part in _listed(rule[kind])]}
    if kind == "not":
        return {**rule, "not": canonical(rule["not"])}
    if kind == "field":
        return rule
    told = {key: given for key, given in rule.items() if (key, given) != ("by", "person") and given != {}}
    told = {key: given for key, given in told.items() if key != "within" or given is not None}
    return told | ({"where": written_out(told["where"])} if "where" in told else {})


def _listed(parts: Any) -> list[Any]:
    if not isinstance(parts, list):
        raise TypeError("a group holds a list")
    return parts


def can_be_built(name: str, rule: Any, fields: list[Field]) -> bool:
    """Whether the form says all of the rule, so that nothing of it is lost there."""
    try:
        return bool(rule_of(name, fields_of(name, rule, fields), fields) == canonical(rule))
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return False


def faults_of(rule: Any, fields: list[Field]) -> dict[str, str]:
    """What is wrong, by the path in the rule: `all.0.eq`."""
    try:
        parse(rule, fields)
    except RuleFaulty as refusal:
        return {fault.field: fault.message for fault in refusal.errors}
    return {}
