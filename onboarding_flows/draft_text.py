"""Drafts as text: read with the places of their faults, written, and compared with what is live."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from onboarding_flows import drafts, flows
from onboarding_flows.flows import FlowFaulty
from onboarding_flows.shapes import Key
from plg.kit.db import decode_json, encode_json
from plg.kit.errors import Fault, Unprocessable
from plg.kit.strict_yaml import read_yaml, write_yaml


class TextUnreadable(Unprocessable):
    """The text is no YAML, or holds no flow, so nothing of it can be kept."""


WHOLE = ("kind", "title", "description", "scope", "audience", "show", "action", "placement", "experiment")
"""The parts of a flow that are no steps."""


@dataclass(frozen=True)
class StepChange:
    """what: added, removed or changed; parts: the names of what is different in a step that changed."""

    what: str
    key: str
    parts: tuple[str, ...] = ()


def is_key(text: str) -> bool:
    """Whether a flow may have this key."""
    try:
        TypeAdapter(Key).validate_python(text)
    except ValidationError:
        return False
    return True


def read(text: str) -> dict[str, Any]:
    """The definition that the text holds, as JSON keeps it; TextUnreadable says on which line it is wrong."""
    if len(text) > drafts.MAX_BYTES:
        raise TextUnreadable(errors=[Fault("", f"a flow has at most {drafts.MAX_BYTES} bytes")])
    try:
        found = read_yaml(text)
    except yaml.YAMLError as error:
        raise TextUnreadable(errors=[_yaml_fault(error)]) from None
    if not isinstance(found, dict):
        raise TextUnreadable(errors=[Fault("", "the text holds no flow")])
    try:
        kept = encode_json(found)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise TextUnreadable(errors=[Fault("", str(error))]) from None
    if "\\u0000" in kept:
        raise TextUnreadable(errors=[Fault("", "holds the character U+0000, which cannot be kept")])
    if len(kept) > drafts.MAX_BYTES:
        raise TextUnreadable(errors=[Fault("", f"a flow has at most {drafts.MAX_BYTES} bytes")])
    definition: dict[str, Any] = decode_json(kept)
    return definition


def _yaml_fault(error: yaml.YAMLError) -> Fault:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or " ".join(str(error).split())
    return Fault(str(mark.line + 1) if mark else "", problem)


def line_of(text: str, path: str) -> int | None:
    """The line, from 1, on which `steps.2.title` stands in a text that `read` takes, or what holds it."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    line = None
    for part in path.split("."):
        key, node = _inside(node, part)
        if node is None:
            break
        line = (key or node).start_mark.line + 1
    return line


def _inside(node: yaml.Node | None, part: str) -> tuple[yaml.Node | None, yaml.Node | None]:
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == part), (None, None))
    if isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
        return None, node.value[int(part)]
    return None, None


def written(definition: dict[str, Any]) -> str:
    """The definition as text; a sound one without what need not be said."""
    return write_yaml(_plain(definition))


def _plain(definition: dict[str, Any]) -> dict[str, Any]:
    try:
        return flows.definition_of(flows.parse(definition))
    except FlowFaulty:
        return definition


def lines(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
    """What changes, line by line with what stands around it: ("+", "-", " " or "@", text)."""
    found = difflib.unified_diff(written(old).splitlines(), written(new).splitlines(), lineterm="", n=2)
    return [(line[:1], line[1:] if line[:1] != "@" else "") for line in list(found)[2:]]


def step_changes(old: dict[str, Any], new: dict[str, Any]) -> list[StepChange]:
    """Step by step, of sound definitions, in the new order; those that are gone come last."""
    before, after = _steps(old), _steps(new)
    found = []
    for key, step in after.items():
        parts = tuple(
            sorted(name for name in {*step, *before.get(key, {})} if _differs(name, before.get(key), step))
        )
        if key not in before:
            found.append(StepChange("added", key))
        elif parts:
            found.append(StepChange("changed", key, parts))
    return found + [StepChange("removed", key) for key in before if key not in after]


def _differs(name: str, before: dict[str, Any] | None, after: dict[str, Any]) -> bool:
    return before is not None and before.get(name) != after.get(name)


def other_changes(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What else is different: names of parts of the flow; `order` where steps that stay change places."""
    a, b = _plain(old), _plain(new)
    found = [name for name in WHOLE if a.get(name) != b.get(name)]
    before, after = _steps(old), _steps(new)
    stay = [key for key in before if key in after]
    return found + (["order"] if stay != [key for key in after if key in before] else [])


def _steps(definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    flow = _plain(definition)
    found = {step["key"]: step for step in flow.get("steps", [])}
    for part in flow.get("sections", []):
        found |= {step["key"]: step | {"section": part["title"]} for step in part["steps"]}
    return found
