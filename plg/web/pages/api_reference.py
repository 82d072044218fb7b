"""The reference of the API: the OpenAPI 3.1 document as one page, rendered on the server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus

from flask import Blueprint, render_template
from markdown_it import MarkdownIt
from markupsafe import Markup

from plg.kit.caller import requires
from plg.web import api_document
from plg.web.api_document import Document, operations, resolved
from plg.web.api_examples import curl

bp = Blueprint("api_reference", __name__)

MARKDOWN = MarkdownIt("commonmark", {"html": False})


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
    text: Markup
    anchor: str
    callers: list[str]
    parameters: list[Property]
    body: list[Property]
    answers: list[Answer]
    example: str


@bp.get("/api")
@requires("anonymous")
def show() -> str:
    document = api_document.document()
    shown = {
        "groups": grouped(document),
        "about": {tag["name"]: prose(tag.get("description", "")) for tag in document.get("tags", ())},
        "introduction": prose(document["info"].get("description", "")),
        "line": line,
        "version": document["info"]["version"],
    }
    return render_template("pages/api.html", **shown)


def prose(text: str) -> Markup:
    """The document's Markdown as HTML; tags in it are shown as they stand."""
    return Markup(MARKDOWN.render(text))


def line(text: str) -> Markup:
    """One line of Markdown as HTML, without a paragraph around it."""
    return Markup(MARKDOWN.renderInline(text))


def grouped(document: Document) -> dict[str, list[Operation]]:
    """Every operation of an OpenAPI document by its first tag. Tags that the document explains come first."""
    groups: dict[str, list[Operation]] = {}
    for path, method, told in operations(document):
        tag = next(iter(told.get("tags", ())), "")
        groups.setdefault(tag, []).append(_operation(document, path, method, told))
    explained = [tag["name"] for tag in document.get("tags", ()) if tag.get("description")]
    return {tag: groups[tag] for tag in dict.fromkeys([*explained, *sorted(groups)]) if tag in groups}


def _operation(document: Document, path: str, method: str, told: Document) -> Operation:
    content = told.get("requestBody", {}).get("content", {})
    return Operation(
        method=method,
        path=path,
        summary=told.get("summary", ""),
        text=prose(told.get("description", "")),
        anchor=f"{method}-{re.sub(r'[^a-z0-9]+', '-', path.lower()).strip('-')}",
        callers=sorted({name for way in told.get("security", ()) for name in way}),
        parameters=[_parameter(document, resolved(document, one)) for one in told.get("parameters", ())],
        body=_properties(document, _schema(content)),
        answers=[
            _answer(document, code, resolved(document, one))
            for code, one in sorted(told.get("responses", {}).items())
        ],
        example=curl(document, path, method, told) if "servers" in document else "",
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
    # Refusals look the same everywhere; their table would stand under each operation.
    properties = _properties(document, schema) if code.startswith("2") else []
    phrase = HTTPStatus(int(code)).phrase if code.isdigit() else ""
    said = told.get("description", "")
    meaning = ": ".join(dict.fromkeys(part for part in (phrase, said) if part))
    return Answer("" if code == "default" else code, meaning, type_of(document, schema), properties)


def _properties(document: Document, schema: Document) -> list[Property]:
    found = resolved(document, schema)
    if found.get("type") == "array":
        found = resolved(document, found.get("items", {}))
    required = set(found.get("required", ()))
    own = [
        Property(name, type_of(document, one), name in required, one.get("description", ""))
        for name, one in found.get("properties", {}).items()
    ]
    parts = [one for part in found.get("allOf", ()) for one in _properties(document, part)]
    return sorted([*own, *parts], key=lambda one: not one.required)


def type_of(document: Document, schema: Document) -> str:
    """A schema in a few words: `string`, `array of object`, `"es" or "en" or null`."""
    if not schema:
        return ""
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " or ".join(f'"{one}"' for one in schema["enum"])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(_distinct(type_of(document, one) for one in schema[several]))
    if "allOf" in schema:
        return type_of(document, schema["allOf"][-1])
    found = resolved(document, schema)
    if found is not schema:
        return type_of(document, found)
    if found.get("type") == "array":
        return f"array of {type_of(document, found.get('items', {})) or 'anything'}"
    kind = found.get("type", "anything")
    kind = " or ".join(kind) if isinstance(kind, list) else kind
    return f"{kind} ({found['format']})" if "format" in found else kind


def _distinct(texts: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(texts))
