"""Flows that wait for each other: none of them could ever be completed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from onboarding_flows.completion import AllOf, OnFlow
from onboarding_flows.definition import Flow
from onboarding_flows.step_definition import Step
from plg.kit.errors import Fault

Node = tuple[str, ...]
"""A flow that is completed, `(flow,)`, or a step of it that is done, `(flow, step)`."""


def faults(flow: Flow, others: Mapping[str, Flow]) -> list[Fault]:
    """A fault for each step of the flow that would wait for ever, which names the circle. others: the flows that
    would be live beside it, by key. What people can do in another way, or leave out, is not waited for."""
    graph = _graph({**others, flow.key: flow})
    return [
        Fault(path, f"waits in a circle: {circle}")
        for path, step in _steps(flow)
        if step.completes_on is not None and (circle := _circle(graph, (flow.key, step.key)))
    ]


def _graph(flows: Mapping[str, Flow]) -> dict[Node, set[Node]]:
    """What each of them waits for. Tours, banners and announcements end by themselves."""
    graph: dict[Node, set[Node]] = {}
    for key, flow in flows.items():
        if flow.is_prompt:
            continue
        needed = [s for s in flow.all_steps if not s.skippable and s.visible_when is None]
        graph[(key,)] = {(key, step.key) for step in needed}
        for step in flow.all_steps:
            graph[key, step.key] = {*_asked(step.completes_on), *_first(key, step)}
    return graph


def _asked(way: Any) -> Iterator[Node]:
    """Of several ways each of which is enough, none is waited for."""
    if isinstance(way, OnFlow):
        yield (way.flow,) if way.step is None else (way.flow, way.step)
    elif isinstance(way, AllOf):
        for each in way.all:
            yield from _asked(each)


def _first(key: str, step: Step) -> Iterator[Node]:
    """Only a step that is done by hand waits for those that come first."""
    return ((key, first) for first in step.requires) if step.manual else iter(())


def _circle(graph: Mapping[Node, set[Node]], start: Node) -> str | None:
    reached, waiting = {start: graph[start]}, [start]
    while waiting:
        for node in reached[waiting.pop()]:
            if node not in reached:
                reached[node] = graph.get(node, set())
                waiting.append(node)
    try:
        TopologicalSorter(reached).prepare()
    except CycleError as error:
        return " needs ".join("/".join(node) for node in reversed(error.args[1]))
    return None


def _steps(flow: Flow) -> Iterator[tuple[str, Step]]:
    yield from ((f"steps.{i}.completes_on", step) for i, step in enumerate(flow.steps))
    for number, part in enumerate(flow.sections):
        yield from ((f"sections.{number}.steps.{i}.completes_on", step) for i, step in enumerate(part.steps))
