"""YAML as people mean it: no aliases (bombs are built of them), no key twice, readable text blocks."""

from __future__ import annotations

from typing import Any

import yaml


class _Reader(yaml.SafeLoader):
    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(
                None, None, "aliases are not allowed", self.peek_event().start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if isinstance(key_node, yaml.ScalarNode) and key_node.value in seen:
                mark = key_node.start_mark
                raise yaml.constructor.ConstructorError(None, None, f"{key_node.value!r} stands twice", mark)
            seen.add(key_node.value if isinstance(key_node, yaml.ScalarNode) else id(key_node))
        return super().construct_mapping(node, deep)


class _Writer(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(writer: _Writer, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Writer.add_representer(str, _text)


def read_yaml(text: str) -> Any:
    """The value that the text holds; yaml.YAMLError says what is wrong and on which line."""
    try:
        return yaml.load(text, Loader=_Reader)  # noqa: S506 - a SafeLoader
    except RecursionError as error:
        raise yaml.YAMLError("is nested too deep") from error
    except ValueError as error:
        # Such as a date with 99 months, which PyYAML reads by constructing it.
        raise yaml.YAMLError(str(error)) from error


def write_yaml(value: Any) -> str:
    """The value as text, keys in their own order, that `read_yaml` reads back."""
    return yaml.dump(value, Dumper=_Writer, allow_unicode=True, sort_keys=False, width=100)
