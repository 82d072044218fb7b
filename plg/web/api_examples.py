"""A call of each operation as one would type it: a curl command with the document's own example."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from plg.web.api_document import Document, resolved

ONE_LINE = 90
CREDENTIALS = {
    "write_key": '-u "$SECRET_KEY:"',
    "secret": '-H "Authorization: Bearer $SECRET_KEY"',
    "project_key": '-H "Authorization: Bearer $SECRET_KEY"',
    "publishable": '-H "X-Plg-Key: $PUBLISHABLE_KEY"',
    "user": '-H "Authorization: Bearer $USER_TOKEN"',
}


def curl(told: Document, path: str, method: str, operation: Document) -> str:
    """The command, one option a line; keys and tokens are shell variables."""
    body = example_body(told, operation)
    verb = "" if method == "get" or body is not None else f"-X {method.upper()} "
    lines = [f"curl {verb}'{_address(told, path, operation)}'"]
    way: Document = next(iter(operation.get("security", ())), {})
    lines += [CREDENTIALS[name] for name in way]
    if body is not None:
        lines += ["-H 'Content-Type: application/json'", f"-d '{_quoted(body)}'"]
    return " \\\n  ".join(lines)


def _quoted(body: Any) -> str:
    """JSON between single quotes of a shell; a key in it is a shell variable, too."""
    text = json.dumps(body, ensure_ascii=False)
    text = text if len(text) < ONE_LINE else json.dumps(body, ensure_ascii=False, indent=2)
    return text.replace("'", "'\\''").replace("pk_…", """'"$PUBLISHABLE_KEY"'""")


def example_body(told: Document, operation: Document) -> Any:
    """The JSON value to send; None for an operation without a body."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if "example" in content:
        return content["example"]
    if not content:
        return None
    schema = resolved(told, content.get("schema", {}))
    members = schema.get("properties", {})
    return schema.get("example", {k: one["example"] for k, one in members.items() if "example" in one})


def _address(told: Document, path: str, operation: Document) -> str:
    parameters = [resolved(told, one) for one in operation.get("parameters", ())]
    told_in_body = "requestBody" in operation
    asked = {
        one["name"]: _example(one)
        for one in parameters
        if one["in"] == "query" and (one.get("required") or "example" in one["schema"] and not told_in_body)
    }
    for one in parameters:
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", _example(one))
    return told["servers"][0]["url"] + path + (f"?{urlencode(asked)}" if asked else "")


def _example(parameter: Document) -> str:
    return str(parameter.get("schema", {}).get("example", f"{{{parameter['name']}}}"))
