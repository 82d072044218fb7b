"""A learning record store that speaks xAPI 1.0.3 as far as statements go, and finds fault with whatever breaks it."""

from __future__ import annotations

import base64
import datetime as dt
import json
import threading
import uuid
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

Fault = tuple[int, dict[str, str]]

PROPERTIES = {"id", "actor", "verb", "object", "result", "context", "timestamp", "version", "attachments"}
RESULT = {"score", "success", "completion", "response", "duration", "extensions"}
CONTEXT = {
    "registration",
    "instructor",
    "team",
    "contextActivities",
    "revision",
    "platform",
    "language",
    "statement",
}
IDENTIFIERS = {"mbox", "mbox_sha1sum", "openid", "account"}


class MalformedError(Exception):
    """What the specification forbids."""


@dataclass
class RecordStore:
    """A WSGI app. `faults` are answered one by one, instead of looking at what was sent. calls: how many statements
    each request held."""

    username: str = "key"
    password: str = "secret"
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: deque[Fault] = field(default_factory=deque)
    calls: list[int] = field(default_factory=list)
    never: set[str] = field(default_factory=set)
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        with self._one_at_a_time:
            status, headers, body = self._answer(environ)
        told = json.dumps(body).encode()
        lines = {"Content-Type": "application/json", "X-Experience-API-Version": "1.0.3", **headers}
        start(f"{status} .", [*lines.items(), ("Content-Length", str(len(told)))])
        return [told]

    def _answer(self, environ: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        sent = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        if self.faults:
            return (*self.faults.popleft(), "fault")
        if (environ["REQUEST_METHOD"], environ["PATH_INFO"]) != ("POST", "/xapi/statements"):
            return 404, {}, "no such resource"
        expected = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        if environ.get("HTTP_AUTHORIZATION") != f"Basic {expected}":
            return 401, {}, "who are you"
        try:
            return self._store(environ, json.loads(sent))
        except MalformedError as error:
            return 400, {}, str(error)

    def _store(
        self, environ: dict[str, Any], statements: list[dict[str, Any]]
    ) -> tuple[int, dict[str, str], Any]:
        """All or none, as it has to be."""
        _need(environ.get("HTTP_X_EXPERIENCE_API_VERSION", "").startswith("1.0"), "version header")
        _need(environ.get("CONTENT_TYPE") == "application/json", "content type")
        self.calls.append(len(statements))
        for each in statements:
            check(each)
            _need(each["id"] not in self.never, f"{each['id']} is not taken")
        _need(len({each["id"] for each in statements}) == len(statements), "two of one id")
        if any(self.kept.get(each["id"], each) != each for each in statements):
            return 409, {}, "another statement has this id"
        self.kept |= {each["id"]: each for each in statements}
        return 200, {}, [each["id"] for each in statements]


def check(told: dict[str, Any]) -> None:
    """Raise MalformedError where a statement is none (xAPI 1.0.3, part two)."""
    _need(
        told.keys() <= PROPERTIES and {"actor", "verb", "object"} <= told.keys(), f"properties {told.keys()}"
    )
    _need(str(uuid.UUID(told["id"])) == told["id"], "id")
    moment = dt.datetime.fromisoformat(told["timestamp"])
    _need(
        moment.tzinfo is not None and moment <= dt.datetime.now(dt.UTC) + dt.timedelta(days=3650), "timestamp"
    )
    _check_actor(told["actor"])
    _need(_is_iri(told["verb"]["id"]), "verb")
    _check_map(told["verb"]["display"])
    _check_activity(told["object"])
    _check_result(told.get("result", {}))
    context = told.get("context", {})
    _need(context.keys() <= CONTEXT | {"extensions"}, "context")
    for activities in context.get("contextActivities", {}).values():
        for activity in activities:
            _check_activity(activity)
    _check_extensions(context.get("extensions", {}))


def _check_actor(actor: dict[str, Any]) -> None:
    _need(actor.get("objectType", "Agent") == "Agent", "actor")
    _need(len(actor.keys() & IDENTIFIERS) == 1, "an agent has exactly one identifier")
    _need(_is_iri(actor["account"]["homePage"]) and isinstance(actor["account"]["name"], str), "account")


def _check_activity(activity: dict[str, Any]) -> None:
    _need(activity["objectType"] == "Activity" and _is_iri(activity["id"]), f"activity {activity['id']}")
    if "definition" in activity:
        _need(_is_iri(activity["definition"]["type"]), "activity type")
        _check_map(activity["definition"]["name"])


def _check_result(result: dict[str, Any]) -> None:
    _need(result.keys() <= RESULT, "result")
    _need(-1 <= result.get("score", {}).get("scaled", 0) <= 1, "scaled")
    for name in ("success", "completion"):
        _need(isinstance(result.get(name, True), bool), name)
    _check_extensions(result.get("extensions", {}))


def _check_map(texts: dict[str, str]) -> None:
    _need(
        bool(texts) and all(len(tag) == 2 and isinstance(text, str) for tag, text in texts.items()),
        "language map",
    )


def _check_extensions(extensions: dict[str, Any]) -> None:
    _need(all(map(_is_iri, extensions)), "extension keys")


def _is_iri(text: str) -> bool:
    parts = urlsplit(text)
    return bool(parts.scheme and parts.netloc) and not set(text) & set(' <>"{}|\\^`')


def _need(condition: bool, what: str) -> None:
    if not condition:
        raise MalformedError(what)
