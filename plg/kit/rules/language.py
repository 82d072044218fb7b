"""What a rule can say, as JSON or YAML:

- `{all: [rule, …]}` (an empty list holds for everybody), `{any: [rule, …]}`, `{not: rule}`
- a field: `{field: "person.traits.job", eq: dev}`, with one operator or several that must hold together
  (`operators.OPERATORS` says what each means)
- an event: `{event: "Invoice Sent", count: {gte: 3}, within: 7d, where: {amount: {gte: 100}}, by: account}`: how
  often it happened until now. count: operators of a number, at least once where it is left out; never is `{eq: 0}`.
  within: only in the span until now. where: conditions on the event's own properties, by their whole names: a value
  (`eq`), a list (`in`) or operators. by: what the person did, or what anybody in the account did.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Tag, TypeAdapter, ValidationError
from pydantic import Field as Member

from plg.kit.errors import Fault, Unprocessable
from plg.kit.faults import faults_of
from plg.kit.rules.checks import (
    Duration,
    Flag,
    Item,
    Items,
    Number,
    Pair,
    Part,
    Scalar,
    Text,
    Time,
    size_fault,
)
from plg.kit.rules.fields import Field, Type, find
from plg.kit.rules.operators import OPERATORS

KINDS = ("all", "any", "not", "field", "event")


class RuleFaulty(Unprocessable):
    """A rule that cannot be asked; every fault with its path."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @property
    def operators(self) -> dict[str, Any]:
        """What is asked: operator -> what is given."""
        told = self.model_dump(by_alias=True, exclude_unset=True)
        return {name: given for name, given in told.items() if name in OPERATORS}


EventName = Annotated[Text, Member(min_length=1, max_length=200)]
Key = Annotated[Text, Member(max_length=200)]


class CountTest(Strict):
    """How often: operators of a number."""

    eq: Number = None
    ne: Number = None
    gt: Number = None
    gte: Number = None
    lt: Number = None
    lte: Number = None
    between: Pair = None
    in_: Items = Member(None, alias="in")
    not_in: Items = None


class Test(Strict):
    """Operators that must hold together. A default says nothing: only what is given is asked."""

    eq: Scalar = None
    ne: Scalar = None
    gt: Part = None
    gte: Part = None
    lt: Part = None
    lte: Part = None
    between: Pair = None
    in_: Items = Member(None, alias="in")
    not_in: Items = None
    contains: Item = None
    not_contains: Item = None
    starts_with: Text = None
    ends_with: Text = None
    exists: Flag = None
    before: Time = None
    after: Time = None
    within_last: Duration = None
    not_within_last: Duration = None
    within_next: Duration = None


def _written_out(condition: Any) -> Any:
    """A value means `eq`, a list `in`."""
    if isinstance(condition, Mapping):
        return condition
    return {"in": condition} if isinstance(condition, list) else {"eq": condition}


class _OfField(Strict):
    field: Text


class FieldLeaf(Test, _OfField):
    """Operators on a field."""


class EventLeaf(Strict):
    event: EventName
    count: CountTest = CountTest(gte=1)
    within: Duration | None = None
    where: dict[Key, Annotated[Test, BeforeValidator(_written_out)]] = {}
    by: Literal["person", "account"] = "person"


class All(Strict):
    all: list[Rule]


class AnyOf(Strict):
    any: list[Rule] = Member(min_length=1)


class Not(Strict):
    not_: Rule = Member(alias="not")


def _kind(value: Any) -> str | None:
    known = value if isinstance(value, Mapping) else getattr(type(value), "model_fields", ())
    return next((f"<{kind}>" for kind in KINDS if kind in known or f"{kind}_" in known), None)


Rule = Annotated[
    Annotated[All, Tag("<all>")]
    | Annotated[AnyOf, Tag("<any>")]
    | Annotated[Not, Tag("<not>")]
    | Annotated[FieldLeaf, Tag("<field>")]
    | Annotated[EventLeaf, Tag("<event>")],
    Discriminator(
        _kind,
        custom_error_type="no_rule",
        custom_error_message=f"must be an object with one of {', '.join(KINDS)}",
    ),
]
for _model in (All, AnyOf, Not):
    _model.model_rebuild()
_RULE: TypeAdapter[Any] = TypeAdapter(Rule)

_COMPARED = frozenset({"eq", "ne", "in", "not_in", "exists"})
_ORDERED = _COMPARED | {"gt", "gte", "lt", "lte", "between"}
_TEXT = _ORDERED | {"contains", "not_contains", "starts_with", "ends_with"}
ASKED: dict[Type, frozenset[str]] = {
    "boolean": _COMPARED,
    "number": _ORDERED,
    "text": _TEXT,
    "time": frozenset({"exists", "before", "after", "within_last", "not_within_last", "within_next"}),
    "json": frozenset(OPERATORS),
}
"""The operators that a field of each type has."""
_GIVEN: dict[Type, tuple[type, ...]] = {"boolean": (bool,), "number": (int, float), "text": (str,)}


def parse(definition: Any, fields: Sequence[Field] | None = None, *, at: str = "") -> Rule:
    """The rule of a definition. fields: those that it may name, where they are known. at: where it stands, for the
    paths of faults. Raises RuleFaulty with every fault of form, or else with every one of meaning."""
    if said := size_fault(definition):
        raise RuleFaulty(errors=[Fault(at or "rule", said)])
    try:
        rule = _RULE.validate_python(definition)
    except ValidationError as error:
        raise RuleFaulty(errors=faults_of(error, at, "rule")) from None
    faults = [Fault(path or "rule", said) for path, said in _faults(rule, at, fields)]
    if faults:
        raise RuleFaulty(errors=faults)
    return rule


def dump(rule: Rule) -> dict[str, Any]:
    """The definition as JSON, as short as it was written."""
    return rule.model_dump(mode="json", by_alias=True, exclude_unset=True)


def parts(rule: Rule) -> list[Rule]:
    """The rules that this one is made of; none of a leaf."""
    if isinstance(rule, All):
        return rule.all
    if isinstance(rule, AnyOf):
        return rule.any
    return [rule.not_] if isinstance(rule, Not) else []


def leaves(rule: Rule, at: str = "") -> Iterator[tuple[str, FieldLeaf | EventLeaf]]:
    """Every leaf with its path."""
    if isinstance(rule, FieldLeaf | EventLeaf):
        yield at, rule
    for number, inner in enumerate(parts(rule)):
        step = "not" if isinstance(rule, Not) else f"{'all' if isinstance(rule, All) else 'any'}.{number}"
        yield from leaves(inner, f"{at}.{step}" if at else step)


def event_leaves(rule: Rule) -> list[EventLeaf]:
    return [leaf for _, leaf in leaves(rule) if isinstance(leaf, EventLeaf)]


def field_names(rule: Rule) -> list[str]:
    """The fields that the rule names, each once."""
    return list(dict.fromkeys(leaf.field for _, leaf in leaves(rule) if isinstance(leaf, FieldLeaf)))


def _faults(rule: Rule, at: str, fields: Sequence[Field] | None) -> Iterator[tuple[str, str]]:
    for path, leaf in leaves(rule, at):
        start = f"{path}." if path else ""
        if isinstance(leaf, FieldLeaf):
            yield from (((start + place).rstrip("."), said) for place, said in _faults_of_field(leaf, fields))
            continue
        if not leaf.count.operators:
            yield f"{start}count", "holds no operator"
        for key, test in leaf.where.items():
            if not test.operators:
                yield f"{start}where.{key}", "holds no operator"


def _faults_of_field(leaf: FieldLeaf, fields: Sequence[Field] | None) -> Iterator[tuple[str, str]]:
    if not leaf.operators:
        yield "", "holds no operator"
    if fields is None:
        return
    named = find(fields, leaf.field)
    if named is None:
        yield (
            "field",
            f"there is no field {leaf.field!r}; there are {', '.join(field.name for field in fields)}",
        )
        return
    for name, given in leaf.operators.items():
        if name not in ASKED[named.type]:
            yield name, f"a {named.type} cannot be asked this; it can: {', '.join(sorted(ASKED[named.type]))}"
        elif not _fits(named.type, name, given):
            yield name, f"this field is a {named.type}"


def _fits(kind: Type, operator: str, given: Any) -> bool:
    """Whether what is given is of the field's type, as far as the operator compares with it; null always is."""
    if kind not in _GIVEN or operator == "exists":
        return True
    values = given if isinstance(given, list) else [given]
    return all(
        value is None or isinstance(value, _GIVEN[kind]) and isinstance(value, bool) == (kind == "boolean")
        for value in values
    )
