"""Says whether an exchange of HTTP is one that Stripe would have: by schemas made from its OpenAPI file."""

import json
import re
from typing import Any

from jsonschema import Draft202012Validator

from plg.sandbox.stripe.wire import decode
from tests.support.data import shared_data


class Judge:
    """Holds requests against `operations` (unknown parameters refused) and answers against `closed`."""

    def __init__(self) -> None:
        schema = json.loads(shared_data("stripe", "stripe_billing.closed.schema.json").read_text())
        operations = json.loads(shared_data("stripe", "stripe_billing.operations.json").read_text())
        self._by_object = schema["byObject"]
        self._root = Draft202012Validator({"$defs": schema["$defs"]})
        self.operations: dict[str, Any] = operations["operations"]

    def faults_of_request(self, method: str, path: str, query: str, body: str) -> list[str]:
        """What is wrong with the parameters of a request, in words."""
        name, operation = self.operation(method, path)
        if operation is None:
            return [f"{method} {path} is not an operation of Stripe"]
        asked = {"type": "object", "additionalProperties": False, "properties": operation["query"]}
        sent = [(asked, query), (operation["body"], body)]
        return [
            f"{name}: {fault}"
            for schema, text in sent
            for fault in self._faults(schema, _typed(schema, decode(text)))
        ]

    def faults_of_answer(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """What is wrong with an answer, in words."""
        _, operation = self.operation(method, path)
        if status >= 400:
            return self._faults({"$ref": "#/$defs/error"}, body)
        wanted = operation["response"] if operation else None
        if wanted and wanted.startswith("list:"):
            return self._faults_of_list(wanted.removeprefix("list:"), body)
        return self.faults_of_object(body, wanted)

    def faults_of_object(self, thing: Any, kind: str | None = None) -> list[str]:
        """What is wrong with one object; its own `object` says what it should be."""
        deleted = "deleted_" if thing.get("deleted") else ""
        kind = kind or deleted + thing["object"]
        return self._faults({"$ref": f"#/$defs/{self._by_object.get(kind, kind)}"}, thing)

    def operation(self, method: str, path: str) -> tuple[str, dict[str, Any] | None]:
        """The operation that serves a path; a fixed path is preferred to one with ids."""
        fitting = [
            name
            for name in self.operations
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", name), f"{method} {path}")
        ]
        name = min(fitting, key=lambda each: each.count("{"), default="")
        return name, self.operations.get(name)

    def _faults_of_list(self, kind: str, body: Any) -> list[str]:
        frame = {
            "type": "object",
            "additionalProperties": False,
            "required": ["object", "data", "has_more", "url"],
            "properties": {
                "object": {"enum": ["list", "search_result"]},
                "data": {"type": "array"},
                "has_more": {"type": "boolean"},
                "url": {"type": "string"},
                "next_page": {"type": ["string", "null"]},
            },
        }
        return self._faults(frame, body) + [
            fault for thing in body["data"] for fault in self.faults_of_object(thing, kind)
        ]

    def _faults(self, schema: dict[str, Any], thing: Any) -> list[str]:
        found = self._root.evolve(schema=schema).iter_errors(thing)
        return [f"{'.'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in found]


def _typed(schema: dict[str, Any], raw: Any) -> Any:
    """Form text as the JSON type that the schema names; left as it is where it does not fit."""
    for choice in schema.get("anyOf", []):
        value = _typed(choice, raw)
        if Draft202012Validator(choice).is_valid(value):
            return value
    kind = schema.get("type")
    if kind == "array" and isinstance(raw, dict):
        return [_typed(schema["items"], raw[key]) for key in sorted(raw, key=int)]
    if kind == "object" and isinstance(raw, dict):
        return {key: _typed(_property(schema, key), value) for key, value in raw.items()}
    if kind == "integer" and isinstance(raw, str) and re.fullmatch(r"-?\d+", raw):
        return int(raw)
    if kind == "number" and isinstance(raw, str) and re.fullmatch(r"-?\d+(\.\d+)?", raw):
        return float(raw)
    if kind == "boolean":
        return {"true": True, "false": False}.get(raw, raw) if isinstance(raw, str) else raw
    return raw


def _property(schema: dict[str, Any], key: str) -> dict[str, Any]:
    more = schema.get("additionalProperties")
    fallback: dict[str, Any] = more if isinstance(more, dict) else {}
    found: dict[str, Any] = schema.get("properties", {}).get(key, fallback)
    return found
