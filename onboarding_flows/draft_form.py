"""A draft as the fields of a form, and back. What a form does not know, or what nobody changed there, stays as it is.

Fields are named as faults are: by the member's path in the definition, `steps.0.title.en`."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel
from werkzeug.datastructures import MultiDict

from onboarding_flows.definition import Flow, Part
from onboarding_flows.draft_fields import HOW, Entry, Switch, offered, switches
from onboarding_flows.prompt_definition import TourStep
from onboarding_flows.step_definition import Step
from plg.kit.rules import Field
from plg.web import rule_form

ABSENT: Final = object()
_INTEGER: Final = re.compile(r"-?\d{1,9}")
Form = MultiDict[str, str]


@dataclass(frozen=True)
class Owner:
    """The flow, a section or a step, as it stands in a definition. path: "" for the flow."""

    model: type[BaseModel]
    path: str
    held: dict[str, Any]

    def name(self, path: str) -> str:
        return f"{self.path}.{path}" if self.path else path


def owners(definition: dict[str, Any]) -> Iterator[Owner]:
    """Every part of the definition that has fields; what has not the form of one is left out."""
    yield Owner(Flow, "", definition)
    is_tour = definition.get("kind") == "tour"
    yield from _steps("steps", definition.get("steps"), TourStep if is_tour else Step)
    for path, part in _listed("sections", definition.get("sections")):
        yield Owner(Part, path, part)
        yield from _steps(f"{path}.steps", part.get("steps"), Step)


def _steps(path: str, steps: Any, model: type[Step]) -> Iterator[Owner]:
    yield from (Owner(model, each, step) for each, step in _listed(path, steps))


def _listed(path: str, items: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(items, list):
        yield from ((f"{path}.{n}", item) for n, item in enumerate(items) if isinstance(item, dict))


def value_at(held: Mapping[str, Any], path: str) -> Any:
    """The member of that path; ABSENT where there is none."""
    found: Any = held
    for key in path.split("."):
        if not isinstance(found, Mapping) or key not in found:
            return ABSENT
        found = found[key]
    return found


def shown(entry: Entry, value: Any) -> list[str] | None:
    """The member as a form holds it; None where no form can. Rules and conditions have forms of their own."""
    if value is ABSENT:
        standard = entry.standard
        return [] if standard is None or standard is False else ["1" if standard is True else str(standard)]
    if entry.kind == "flag":
        return (["1"] if value else []) if isinstance(value, bool) else None
    if entry.kind == "choices":
        return list(value) if _is_texts(value) else None
    if entry.kind == "lines":
        return ["\n".join(value)] if _is_texts(value) else None
    one_line = entry.kind == "prose" or not re.search(r"[\r\n]", str(value))
    return [str(value)] if isinstance(value, str | int) and not isinstance(value, bool) and one_line else None


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and each for each in value)


def _read(entry: Entry, posted: list[str]) -> Any:
    """What was typed, as a member; ABSENT where it is what an absent member means."""
    text = posted[0].strip() if posted else ""
    if entry.kind == "flag":
        return ABSENT if bool(posted) is entry.standard else bool(posted)
    if entry.kind == "choices":
        return posted or ABSENT
    if entry.kind == "lines":
        return [line.strip() for line in text.splitlines() if line.strip()] or ABSENT
    if not text or text == entry.standard:
        return ABSENT
    return int(text) if entry.kind == "number" and _INTEGER.fullmatch(text) else text


def put(held: dict[str, Any], path: str, value: Any) -> None:
    """Set the member of that path, or take it away, and with it what it leaves empty."""
    first, _, rest = path.partition(".")
    if not rest:
        held.pop(first, None) if value is ABSENT else held.__setitem__(first, value)
        return
    inner = held.get(first, {})
    if not isinstance(inner, dict):
        return
    put(inner, rest, value)
    if inner:
        held[first] = inner
    else:
        held.pop(first, None)


def applied(definition: dict[str, Any], form: Form, fields: Sequence[Field]) -> dict[str, Any]:
    """The definition with what was changed in the form. fields: those that rules may name."""
    new = copy.deepcopy(definition)
    for owner in list(owners(new)):
        before = {switch.name: chosen(owner.held, switch) for switch in switches(owner.model)}
        for entry in offered(owner.model):
            _apply(owner, entry, form, list(fields))
        for switch in switches(owner.model):
            _turn(owner, switch, before[switch.name], form)
    if new.get("kind") != definition.get("kind"):
        _fit_steps(new, was_tour=definition.get("kind") == "tour")
    return new


def _fit_steps(definition: dict[str, Any], was_tour: bool) -> None:
    """Going on does a step of a tour, which does not say so; where the kind changes, steps by hand follow it."""
    for owner in owners(definition):
        if owner.model is TourStep and owner.held.get("manual") is True:
            del owner.held["manual"]
        elif owner.model is Step and was_tour and not chosen(owner.held, HOW):
            owner.held["manual"] = True


def _apply(owner: Owner, entry: Entry, form: Form, fields: list[Field]) -> None:
    name, before = owner.name(entry.path), value_at(owner.held, entry.path)
    if entry.kind == "rule":
        _apply_rule(owner, entry, form, fields)
    elif entry.kind == "where":
        _apply_where(owner, entry, form)
    elif name in form and (was := shown(entry, before)) is not None:
        posted = [text.replace("\r\n", "\n") for text in form.getlist(name) if text]
        if _plain(posted) != _plain(was):
            put(owner.held, entry.path, _read(entry, _in_order(posted, was)))


def _plain(texts: list[str]) -> list[str]:
    """As browsers send it: one kind of line break, and no space around it."""
    return sorted(re.sub(r"\r\n?", "\n", text).strip() for text in texts if text.strip())


def _in_order(posted: list[str], was: list[str]) -> list[str]:
    """What was there before first, in its order."""
    return [text for text in was if text in posted] + [text for text in posted if text not in was]


def _apply_rule(owner: Owner, entry: Entry, form: Form, fields: list[Field]) -> None:
    name, before = owner.name(entry.path), value_at(owner.held, entry.path)
    posted = rule_form.rule_of(name, form, fields)
    if posted is None or (before is not ABSENT and not rule_form.can_be_built(name, before, fields)):
        return
    if before is ABSENT or posted != rule_form.canonical(before):
        put(owner.held, entry.path, posted)


def _apply_where(owner: Owner, entry: Entry, form: Form) -> None:
    name, before = owner.name(entry.path), value_at(owner.held, entry.path)
    if f"{name}_key.0" not in form or where_rows(name, before) is None:
        return
    posted = rule_form.read_where(name, form)
    if posted != ({} if before is ABSENT else rule_form.written_out(before)):
        put(owner.held, entry.path, posted or ABSENT)


def where_rows(name: str, where: Any) -> list[dict[str, str]] | None:
    """Conditions on an event's properties as rows, with an empty one to go on; None where no form can show them."""
    given = {} if where is ABSENT else where
    try:
        said = dict(rule_form.where_fields(name, given))
        if rule_form.read_where(name, said) != rule_form.written_out(given):
            return None
    except (AttributeError, TypeError):
        return None
    count = len(said) // 3
    rows = [{w: said[f"{name}_{w}.{n}"] for w in ("key", "op", "value")} for n in range(count)]
    return [*rows, {"key": "", "op": "eq", "value": ""}]


def chosen(held: Mapping[str, Any], switch: Switch) -> str:
    """The option whose first member is there; "" where none is."""
    there = (option for option, way in switch.ways.items() if value_at(held, way[0][0]) is not ABSENT)
    return next(there, "")


def _turn(owner: Owner, switch: Switch, before: str, form: Form) -> None:
    """Let the members of the way that was chosen be there, and those of the others not."""
    posted = form.get(owner.name(switch.name))
    if posted is None or posted == before or posted not in {*switch.ways, ""}:
        return
    members, first = switch.ways.get(posted, ((), None))
    others = {path for way in switch.ways.values() for path in way[0]} - {*members}
    for path in others:
        put(owner.held, path, ABSENT)
    if members and value_at(owner.held, members[0]) is ABSENT:
        put(owner.held, members[0], copy.deepcopy(first))


def rest(owner: Owner) -> dict[str, Any]:
    """The members that no field shows."""
    left = copy.deepcopy(owner.held)
    for entry in offered(owner.model):
        value = value_at(owner.held, entry.path)
        if value is not ABSENT and _has_form(owner, entry, value):
            put(left, entry.path, ABSENT)
    hidden = {Flow: {"steps", "sections", "key"}, Part: {"steps"}, Step: {"manual"}}.get(owner.model, ())
    return {name: value for name, value in left.items() if name not in hidden}


def _has_form(owner: Owner, entry: Entry, value: Any) -> bool:
    if entry.kind == "rule":
        return True  # a builder shows as text what it cannot build
    if entry.kind == "where":
        return where_rows(owner.name(entry.path), value) is not None
    return shown(entry, value) is not None
