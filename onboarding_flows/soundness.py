"""What is wrong with a definition beyond the form of its parts: double keys, requirements that cannot be met."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

from onboarding_flows.completion import MAX_DEPTH
from onboarding_flows.prompt_definition import PLACES, faults_of_kind
from onboarding_flows.shapes import MAX_STEPS
from plg.kit.errors import Fault


def faults(definition: Any) -> list[Fault]:
    """Each fault with its path, of a definition that may be of any form."""
    if not isinstance(definition, dict):
        return []
    steps = list(_steps(definition))
    kind = [Fault(path, said) for path, said in faults_of_kind(definition)]
    asked = _requirements(definition.get("key"), steps)
    return [*kind, *_amount(definition, steps), *_double_keys(steps), *asked]


def _steps(definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every step with its path."""
    yield from _listed("steps", definition.get("steps"))
    for path, part in _listed("sections", definition.get("sections")):
        yield from _listed(f"{path}.steps", part.get("steps"))


def _listed(path: str, items: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(items, list):
        yield from ((f"{path}.{i}", item) for i, item in enumerate(items) if isinstance(item, dict))


def _amount(definition: dict[str, Any], steps: list[tuple[str, dict[str, Any]]]) -> Iterator[Fault]:
    if definition.get("kind") in tuple(PLACES):
        return
    if definition.get("steps") and definition.get("sections"):
        yield Fault("sections", "a flow has either steps or sections")
    elif definition.get("steps", []) == [] and definition.get("sections", []) == []:
        yield Fault("steps", "a flow needs steps, or sections with steps")
    elif len(steps) > MAX_STEPS:
        yield Fault("sections" if definition.get("sections") else "steps", f"at most {MAX_STEPS} steps")
    elif steps and all(step.get("visible_when") is not None for _, step in steps):
        yield Fault(f"{steps[0][0]}.visible_when", "at least one step is there for everybody")


def _double_keys(steps: list[tuple[str, dict[str, Any]]]) -> Iterator[Fault]:
    keys = [step.get("key") for _, step in steps]
    for index, (path, _) in enumerate(steps):
        if keys[index] is not None and keys[index] in keys[:index]:
            yield Fault(f"{path}.key", f"{keys[index]!r} is the key of an earlier step")


def _asked_flows(path: str, way: Any, depth: int = 0) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every `{flow: …}` in what completes a step, with its path."""
    if not isinstance(way, dict) or depth > MAX_DEPTH:
        return
    if "flow" in way:
        yield path, way
    for kind in ("all", "any"):
        for inner, each in _listed(f"{path}.{kind}", way.get(kind)):
            yield from _asked_flows(inner, each, depth + 1)


def _requirements(flow_key: Any, steps: list[tuple[str, dict[str, Any]]]) -> Iterator[Fault]:
    """Steps that come first, and steps of the same flow that complete others: all are there, none in a circle."""
    keys = {step["key"] for _, step in steps if isinstance(step.get("key"), str)}
    graph: dict[str, set[str]] = {}
    paths: dict[str, str] = {}
    for path, step in steps:
        listed = step.get("requires")
        required: list[Any] = listed if isinstance(listed, list) else []
        for index, key in enumerate(required):
            if isinstance(key, str) and key not in keys:
                yield Fault(f"{path}.requires.{index}", f"there is no step {key!r}")
        for place, way in _asked_flows(f"{path}.completes_on", step.get("completes_on")):
            if way["flow"] != flow_key or not isinstance(flow_key, str):
                continue
            if way.get("step") not in keys:
                yield Fault(f"{place}.step", "needs the key of another step of this flow")
            else:
                required = [*required, way["step"]]
        if isinstance(step.get("key"), str):
            graph[step["key"]] = {key for key in required if isinstance(key, str) and key in keys}
            paths.setdefault(step["key"], path)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = error.args[1]
        told = " needs ".join(reversed(circle))
        yield Fault(f"{min(paths[key] for key in circle)}.requires", f"goes in a circle: {told}")
