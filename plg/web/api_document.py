"""The OpenAPI document: what the endpoints' schemas say, and beside them the doors that parse for themselves."""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from flask import Flask, current_app
from flask_openapi3.models import PathItem, Schema
from pydantic import BaseModel

from plg import capture, usage, webhooks
from plg.kit.api import APIBlueprint

METHODS: Final = ("get", "post", "put", "patch", "delete")
WRITTEN: Final = tuple(
    Path(room).with_name("openapi.yaml")
    for room in (__file__, capture.__file__, usage.__file__, webhooks.__file__)
)
PROBLEM: Final = {"$ref": "#/components/responses/Problem"}
IDEMPOTENCY_KEY: Final = {"$ref": "#/components/parameters/IdempotencyKey"}

SHAPES: Final = "#/components/schemas/"
REFERENCE: Final = re.compile(re.escape(SHAPES) + r"(\w+)")

_WRITING: Final = threading.Lock()

Document = dict[str, Any]
Part = TypeVar("Part", bound=BaseModel)


def document() -> Document:
    """The whole document; put together once in each app."""
    found: Document | None = current_app.extensions.get("plg.api_document")
    if found is None:
        found = current_app.extensions["plg.api_document"] = _put_together(current_app)
    return found


def operations(told: Document) -> Iterator[tuple[str, str, Document]]:
    """(path, method, operation) of every operation of an OpenAPI document."""
    for path, item in told.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def resolved(told: Document, part: Document) -> Document:
    """`part`, or what its `$ref` into this document points at."""
    while "$ref" in part:
        found: Any = told
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        part = found
    return part


def _put_together(app: Flask) -> Document:
    told: Document = copy.deepcopy(_described(app))
    endpoints = _endpoints(app)
    for path, method, operation in operations(told):
        operation["operationId"] = endpoints[path, method]
        operation["responses"].pop("422", None)
        operation["responses"]["default"] = PROBLEM
        if method == "post":
            operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
    told["components"]["schemas"].pop("ValidationErrorModel", None)
    for file in WRITTEN:
        _merge(told, yaml.safe_load(file.read_text()))
    told["servers"] = [{"url": app.extensions["plg.settings"].public_url}]
    return told


def _described(app: Any) -> Document:
    """What the endpoints' schemas say. Each blueprint writes it once in a process, for whoever asks first."""
    with _WRITING:
        if not app.spec_json:
            for blueprint in app.blueprints.values():
                if isinstance(blueprint, APIBlueprint):
                    blueprint.describe()
                    known = {tag.name for tag in app.tags}
                    app.tags += [tag for tag in blueprint.tags if tag.name not in known]
                    paths, shapes = _apart(blueprint, app.components_schemas)
                    app.paths |= paths
                    app.components_schemas |= shapes
        return app.api_doc


def _apart(
    blueprint: APIBlueprint, taken: Mapping[str, Schema]
) -> tuple[dict[str, PathItem], dict[str, Schema]]:
    """The paths and shapes of a blueprint. A shape whose name is another's already is named after the blueprint, too,
    and so is what speaks of it."""
    shapes: dict[str, Schema] = blueprint.components_schemas
    own = {name for name, shape in shapes.items() if taken.get(name, shape) != shape}
    while more := {name for name, shape in shapes.items() if own & _spoken_of(shape)} - own:
        own |= more
    prefix = blueprint.name.title().replace("_", "")
    named = {name: prefix + name if name in own else name for name in shapes}
    paths = {path: _renamed(item, named) for path, item in blueprint.paths.items()}
    return paths, {named[name]: _renamed(shape, named) for name, shape in shapes.items()}


def _spoken_of(shape: Schema) -> set[str]:
    return set(REFERENCE.findall(_json(shape)))


def _renamed(part: Part, named: Mapping[str, str]) -> Part:
    """The same, where shapes are named so."""
    if all(named.get(each, each) == each for each in REFERENCE.findall(_json(part))):
        return part
    text = REFERENCE.sub(lambda found: f"{SHAPES}{named.get(found[1], found[1])}", _json(part))
    return type(part).model_validate_json(text)


def _json(part: BaseModel) -> str:
    return part.model_dump_json(by_alias=True, exclude_unset=True, warnings=False)


def _endpoints(app: Flask) -> dict[tuple[str, str], str]:
    """The name of the function that answers, by path and method."""
    return {
        (re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule), method.lower()): rule.endpoint.split(".")[-1]
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    }


def _merge(into: Document, more: Document) -> None:
    for name, value in more.items():
        if isinstance(value, dict):
            _merge(into.setdefault(name, {}), value)
        elif isinstance(value, list):
            into.setdefault(name, []).extend(value)
        else:
            into[name] = value
