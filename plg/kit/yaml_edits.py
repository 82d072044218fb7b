"""Changes in a YAML text that leave the rest of it as its author wrote it: comments, order, layout, unknown names.

Old and new value are compared, and only what differs is written anew. Whatever cannot be written in its place is
written with the entry around it, at last with the whole text; what comes out always reads as the new value.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import Any, Final

import yaml

from plg.kit.strict_yaml import write_yaml

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Many times as fast where libyaml is; both tell the same places."""
_NO_COMMENT: Final = re.compile(r"\S")


class _NotHere(Exception):  # noqa: N818 - a way to go on one level higher, never an answer to anybody
    """A difference that cannot be written inside this node."""


@dataclass(frozen=True)
class _Edit:
    start: int
    end: int
    text: str


def rewritten(text: str, value: Any) -> str:
    """The text, changed so that it reads as `value`. text: YAML that `read_yaml` takes; yaml.YAMLError otherwise."""
    old = yaml.load(text, Loader=_LOADER)  # noqa: S506 - a SafeLoader
    if old == value:
        return text
    if old is None:  # nothing but comments
        return text + ("\n" if text and not text.endswith("\n") else "") + write_yaml(value)
    node = yaml.compose(text, Loader=_LOADER)
    try:
        edits = _Writing(text).inside(node, old, value)
        changed = _applied(text, edits)
        if yaml.load(changed, Loader=_LOADER) == value:  # noqa: S506 - a SafeLoader
            return changed
    except (_NotHere, yaml.YAMLError):
        pass
    return write_yaml(value)


def _applied(text: str, edits: list[_Edit]) -> str:
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


@dataclass(frozen=True)
class _Writing:
    text: str

    def inside(self, node: Any, old: Any, new: Any) -> list[_Edit]:
        """What has to change inside a node; _NotHere where the node has to be written anew."""
        if isinstance(node, yaml.CollectionNode) and not node.value:
            raise _NotHere
        if isinstance(node, yaml.MappingNode) and isinstance(old, dict) and isinstance(new, dict) and new:
            return self._mapping(node, old, new)
        if isinstance(node, yaml.SequenceNode) and isinstance(old, list) and isinstance(new, list) and new:
            return self._sequence(node, old, new)
        if isinstance(node, yaml.ScalarNode) and node.style not in ("|", ">") and not _is_long(new):
            start, end = node.start_mark.index, node.end_mark.index
            if end > start:
                return [_Edit(start, end, _flow(new))]
        raise _NotHere

    def _mapping(self, node: yaml.MappingNode, old: dict[str, Any], new: dict[str, Any]) -> list[_Edit]:
        edits: list[_Edit] = []
        for key_node, value_node in node.value:
            key = key_node.value
            if key not in new:
                edits.append(self._without(node, key_node, value_node))
            elif old[key] != new[key]:
                edits += self._entry(node, key_node, value_node, old[key], {key: new[key]})
        added = {key: item for key, item in new.items() if key not in old}
        if added:
            edits.append(self._after(node, node.value[-1][1], node.value[0][0].start_mark.column, added))
        return edits

    def _entry(
        self, node: yaml.MappingNode, key: yaml.Node, value: yaml.Node, old: Any, new: dict[str, Any]
    ) -> list[_Edit]:
        (item,) = new.values()
        try:
            return self.inside(value, old, item)
        except _NotHere:
            if node.flow_style:
                raise
            column = key.start_mark.column
            return [_Edit(key.start_mark.index, self._end(value), self._block(new, column))]

    def _sequence(self, node: yaml.SequenceNode, old: list[Any], new: list[Any]) -> list[_Edit]:
        if len(old) == len(new) and not all(map(_key, new)):
            return [
                edit
                for item, was, now in zip(node.value, old, new, strict=True)
                if was != now
                for edit in self._item(node, item, was, now)
            ]
        before, after = [_key(item) for item in old], [_key(item) for item in new]
        stay = [key for key in before if key in after]
        if not all(after) or len({*after}) < len(after) or stay != [key for key in after if key in before]:
            raise _NotHere
        if not stay:
            raise _NotHere
        edits: list[_Edit] = []
        wanted = dict(zip(after, new, strict=True))
        for item, was in zip(node.value, old, strict=True):
            if _key(was) not in wanted:
                edits.append(self._without(node, item, item))
            elif was != wanted[_key(was)]:
                edits += self._item(node, item, was, wanted[_key(was)])
        return edits + self._added(node, before, wanted)

    def _added(self, node: yaml.SequenceNode, before: list[Any], wanted: dict[Any, Any]) -> list[_Edit]:
        """New items, each after the one that it follows."""
        places = dict(zip(before, node.value, strict=True))
        edits: list[_Edit] = []
        last, fresh = None, []
        for key, item in [*wanted.items(), (None, None)]:
            if key is not None and key not in places:
                fresh.append(item)
                continue
            if fresh:
                if last is None:
                    raise _NotHere
                edits.append(self._after(node, last, self._dash(node.value[0]).start, fresh))
            last, fresh = places.get(key, last), []
        return edits

    def _item(self, node: yaml.SequenceNode, item: yaml.Node, old: Any, new: Any) -> list[_Edit]:
        try:
            return self.inside(item, old, new)
        except _NotHere:
            if node.flow_style:
                raise
            dash = self._dash(item)
            return [_Edit(dash.end - 1, self._end(item), self._block([new], dash.start))]

    def _dash(self, item: yaml.Node) -> _Edit:
        """Where the hyphen of an item stands: its column (start), and the place after it (end)."""
        at = self.text.rfind("-", 0, item.start_mark.index)
        line = self.text.rfind("\n", 0, at) + 1
        if self.text[line : at + 1].strip(" ") != "-":
            raise _NotHere
        return _Edit(at - line, at + 1, "")

    def _after(self, node: yaml.CollectionNode, last: yaml.Node, column: int, added: Any) -> _Edit:
        """More entries behind the last one."""
        if node.flow_style:
            raise _NotHere
        end = self._line_end(self._end(last))
        return _Edit(end, end, "\n" + " " * column + self._block(added, column))

    def _without(self, node: yaml.CollectionNode, first: yaml.Node, last: yaml.Node) -> _Edit:
        """An entry with its lines, where they are its alone."""
        if node.flow_style or len(node.value) < 2:
            raise _NotHere
        start = self.text.rfind("\n", 0, first.start_mark.index) + 1
        if self.text[start : first.start_mark.index].strip(" -" if first is last else " "):
            raise _NotHere
        return _Edit(start, min(self._line_end(self._end(last)) + 1, len(self.text)), "")

    def _end(self, node: yaml.Node) -> int:
        """Where the node's own text ends; PyYAML counts what follows a block to it, comments included."""
        if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            last = node.value[-1]
            return self._end(last[1] if isinstance(last, tuple) else last)
        end = node.end_mark.index
        while end > node.start_mark.index and not _NO_COMMENT.match(self.text[end - 1]):
            end -= 1
        return end

    def _line_end(self, at: int) -> int:
        end = self.text.find("\n", at)
        return len(self.text) if end < 0 else end

    def _block(self, value: Any, column: int) -> str:
        """The value as lines, of which the first stands where the cursor is."""
        return textwrap.indent(write_yaml(value), " " * column).strip("\n").lstrip(" ")


def _key(item: Any) -> Any:
    """What tells one item of a list from another."""
    return item.get("key") if isinstance(item, dict) else None


def _is_long(value: Any) -> bool:
    return isinstance(value, dict | list) or (isinstance(value, str) and "\n" in value)


def _flow(value: Any) -> str:
    """A value of one line as it may stand in any place, inside braces, too."""
    listed: str = yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=10**9)
    return listed.strip()[1:-1]
