"""Where in the files of a course something stands: lines for faults."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from plg.kit.errors import Fault

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STEP: Final = re.compile(r"\[(\d+)\]|\.?([^.\[\]]+)")
_LINE: Final = re.compile(r"\bline (\d+)")


@dataclass(frozen=True)
class PlacedFault(Fault):
    """A fault with the line of its file, from 1; None where it is of the whole file, or of none."""

    line: int | None = None

    @property
    def file(self) -> str:
        """The file in which it is to be mended."""
        return self.field.partition(":")[0]


def placed(faults: Iterable[Fault], files: Mapping[str, str]) -> list[PlacedFault]:
    """The faults of `read_course` in the order of files and lines, each with the line on which it stands."""
    nodes: dict[str, Any] = {}
    found = []
    for fault in faults:
        name, _, path = fault.field.partition(": ")
        if name.endswith(".yaml") and name in files and path and name not in nodes:
            nodes[name] = _composed(files[name])
        found.append(PlacedFault(fault.field, fault.message, _line(fault, path, nodes.get(name))))
    return sorted(found, key=lambda each: (each.file, each.line or 0))


def _composed(text: str) -> Any:
    try:
        return yaml.compose(text, Loader=_LOADER)
    except (yaml.YAMLError, RecursionError, ValueError):
        return None


def _line(fault: Fault, path: str, node: Any) -> int | None:
    """The line that the fault names by itself, or that of the nearest part of the text that its path leads to."""
    told = _LINE.search(path) or _LINE.search(fault.message)
    if told:
        return int(told[1])
    line = node.start_mark.line + 1 if node is not None and path else None
    for index, name in _STEP.findall(path):
        key, node = _inside(node, index, name)
        if node is None:
            break
        line = (key or node).start_mark.line + 1
    return line


def _inside(node: Any, index: str, name: str) -> tuple[Any, Any]:
    if isinstance(node, yaml.MappingNode) and name:
        return next(((key, value) for key, value in node.value if key.value == name), (None, None))
    if isinstance(node, yaml.SequenceNode) and index and int(index) < len(node.value):
        return None, node.value[int(index)]
    return None, None
