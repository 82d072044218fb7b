"""The reference of the API: the OpenAPI 3.1 document as one page, rendered on the server."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Blueprint, current_app, render_template

from plg.kit.caller import requires

bp = Blueprint("api_reference", __name__)

METHODS = ("get", "post", "put", "patch", "delete")
Document = Mapping[str, Any]


@dataclass(frozen=True)
class Property:
    """One line of a table: a parameter, or a member of an object."""

    name: str
    type: str
    required: bool
    text: str
    place: str = ""


@dataclass(frozen=True)
class Answer:
    status: str
    meaning: str
    shape: str
    properties: list[Property] = field(default_factory=list)


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    summary: str
    text: str
    anchor: str
    callers: list[str]
    parameters: list[Property]
    body: list[Property]
    answers: list[Answer]


@bp.get("/api")
@requires("anonymous")
def show() -> str:
    document = current_app.api_doc  # type: ignore[attr-defined]
    groups = grouped(document)
    return render_template("pages/api.html", groups=groups, version=document["info"]["version"])


def grouped(document: Document) -> dict[str, list[Operation]]:
    """Every operation of an OpenAPI document by its first tag, in the document's order."""
    groups: dict[str, list[Operation]] = {}
    for path, item in sorted(document.get("paths", {}).items()):
        for method in METHODS:
            if method in item:
                tag = next(iter(item[method].get("tags", ())), "")
                groups.setdefault(tag, []).append(_operation(document, path, method, item[method]))
    return dict(sorted(groups.items()))


def _operation(document: Document, path: str, method: str, told: Document) -> Operation:
    content = told.get("requestBody", {}).get("content", {})
    return Operation(
        method=method,
        path=path,
        summary=told.get("summary", ""),
        text=told.get("description", ""),
        anchor=f"{method}-{re.sub(r'[^a-z0-9]+', '-', path.lower()).strip('-')}",
        callers=sorted({name for way in told.get("security", ()) for name in way}),
        parameters=[_parameter(document, one) for one in told.get("parameters", ())],
        body=_properties(document, _schema(content)),
        answers=[_answer(document, code, one) for code, one in sorted(told.get("responses", {}).items())],
    )


def _schema(content: Document) -> Document:
    return next((one.get("schema", {}) for one in content.values()), {})


def _parameter(document: Document, told: Document) -> Property:
    schema = told.get("schema", {})
    text = told.get("description") or schema.get("description", "")
    return Property(
        told["name"], type_of(document, schema), told.get("required", False), text, told.get("in", "")
    )


def _answer(document: Document, code: str, told: Document) -> Answer:
    schema = _schema(told.get("content", {}))
    # 422 is the same problem document everywhere; its table would stand under each operation.
    properties = _properties(document, schema) if code.startswith("2") else []
    meaning = HTTPStatus(int(code)).phrase if code.isdigit() else code
    return Answer(code, meaning, type_of(document, schema), properties)


def _properties(document: Document, schema: Document) -> list[Property]:
    found = _resolved(document, schema)
    if found.get("type") == "array":
        found = _resolved(document, found.get("items", {}))
    required = set(found.get("required", ()))
    return [
        Property(name, type_of(document, one), name in required, one.get("description", ""))
        for name, one in found.get("properties", {}).items()
    ]


def _resolved(document: Document, schema: Document) -> Document:
    """The schema that a `$ref` into this document points at."""
    while "$ref" in schema:
        found: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        schema = found
    return schema


def type_of(document: Document, schema: Document) -> str:
    """A schema in a few words: `string`, `array of object`, `"es" or "en" or null`."""
    if not schema:
        return ""
    if "const" in schema:
        return f'"{schema["const"]}"'
    if "enum" in schema:
        return " or ".join(f'"{one}"' for one in schema["enum"])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(_distinct(type_of(document, one) for one in schema[several]))
    found = _resolved(document, schema)
    if found is not schema:
        return type_of(document, found)
    if found.get("type") == "array":
        return f"array of {type_of(document, found.get('items', {})) or 'anything'}"
    kind = found.get("type", "anything")
    kind = " or ".join(kind) if isinstance(kind, list) else kind
    return f"{kind} ({found['format']})" if "format" in found else kind


def _distinct(texts: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(texts))
