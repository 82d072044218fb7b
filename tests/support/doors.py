"""Every door of an app: each URL rule with each method, as a visitor meets it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask
from werkzeug.routing import BaseConverter, Rule

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_EXAMPLES: dict[str, Any] = {
    "IntegerConverter": 987654321,
    "FloatConverter": 1.5,
    "UUIDConverter": UUID(int=0),
}


@dataclass(frozen=True)
class Door:
    """A method and a path whose variables hold examples that belong to nobody."""

    method: str
    path: str
    endpoint: str
    kinds: frozenset[str] | None
    for_machines: bool
    variables: tuple[str, ...]
    rule: Rule

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def doors(app: Flask) -> Iterator[Door]:
    """All doors but those that Flask opens by itself (static files, answers to OPTIONS and HEAD)."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if rule.endpoint.split(".")[-1] == "static":
            continue
        kinds = getattr(view, "plg_callers", None)
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            yield Door(
                method,
                _path(rule),
                rule.endpoint,
                None if kinds is None else frozenset(kinds),
                bool(getattr(view, "plg_door", False)),
                tuple(sorted(rule.arguments)),
                rule,
            )


def filled(door: Door, value: object) -> str | None:
    """The door's path with this value in each variable; None where a variable cannot hold it."""
    try:
        return _built(door.rule, dict.fromkeys(door.variables, value))
    except (ValueError, TypeError):
        return None


def _path(rule: Rule) -> str:
    values = {name: _example(converter) for name, converter in rule._converters.items()}
    return _built(rule, values)


def _example(converter: BaseConverter) -> Any:
    """A value that fits, and that belongs to nobody."""
    choices = getattr(converter, "items", None)
    return min(choices) if choices else _EXAMPLES.get(type(converter).__name__, "nobody-is-known-by-this")


def _built(rule: Rule, values: dict[str, Any]) -> str:
    built = rule.build(values, append_unknown=False)
    if built is None:
        raise ValueError(f"{rule} cannot be built of {values}")
    return built[1]
