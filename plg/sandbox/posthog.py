"""A PostHog that runs on loopback: takes events as the official SDKs send them, and shows what came.

Paths and answers follow PostHog's capture service (v0) and its `/flags` and `/decide` endpoints.
"""

from __future__ import annotations

import base64
import binascii
import json
import uuid
import zlib
from typing import Any

from flask import Flask, Request, Response, abort, jsonify, make_response, render_template, request

from plg.sandbox.outage import Outage, add_outage_switch
from plg.sandbox.pages import Texts, create_sandbox_app
from plg.sandbox.posthog_store import PosthogStore

LARGEST_BODY = 20 * 1024 * 1024
CAPTURE_PATHS = ("/batch/", "/capture/", "/e/", "/i/v0/e/", "/track/", "/engage/")
GZIP = b"\x1f\x8b"
TEXTS: Texts = {
    "title": ("PostHog", "PostHog"),
    "lead": ("What plg forwarded through the official SDK.", "Lo que plg reenvió con el SDK oficial."),
    "people": ("People", "Personas"),
    "events": ("Events", "Eventos"),
    "event": ("Event", "Evento"),
    "who": ("Person", "Persona"),
    "when": ("When", "Cuándo"),
    "properties": ("Properties", "Propiedades"),
    "ids": ("Distinct ids", "Identificadores"),
    "back": ("All people", "Todas las personas"),
    "count": ("Events: {n}", "Eventos: {n}"),
    "empty": ("Nothing has arrived yet", "Aún no ha llegado nada"),
    "empty_hint": (
        "Events appear here seconds after they happen in the product.",
        "Los eventos aparecen aquí segundos después de ocurrir en el producto.",
    ),
    "outage": (
        "This stand-in is failing on purpose: it answers {status}.",
        "Este simulador falla a propósito: responde {status}.",
    ),
}


class CaptureError(Exception):
    """A request that PostHog would refuse; `status` is 400 or 401."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def create_posthog(store: PosthogStore, outage: Outage | None = None) -> Flask:
    """Capture, flags, the pages `/` and `/persons/<distinct id>`, and the JSON `/api/events`."""
    app = create_sandbox_app("posthog", TEXTS)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    outage = outage or Outage()
    add_outage_switch(app, outage)
    _add_capture(app, store, outage)
    _add_pages(app, store, outage)
    return app


def _add_capture(app: Flask, store: PosthogStore, outage: Outage) -> None:
    def capture() -> Response:
        if refusal := outage.refuse():
            return refusal
        try:
            store.add(read_events(request))
        except CaptureError as refused:
            return Response(str(refused), refused.status, mimetype="text/plain")
        return jsonify(status="Ok")

    for path in CAPTURE_PATHS:
        app.add_url_rule(path, path, capture, methods=["POST"], strict_slashes=False)

    @app.post("/flags/", strict_slashes=False)
    @app.post("/decide/", strict_slashes=False)
    def flags() -> Response:
        none: dict[str, Any] = {"flags": {}, "featureFlags": {}, "featureFlagPayloads": {}}
        answer = jsonify(**none, errorsWhileComputingFlags=False, requestId=str(uuid.uuid4()))
        return outage.refuse() or answer


def _add_pages(app: Flask, store: PosthogStore, outage: Outage) -> None:
    @app.get("/")
    def overview() -> str:
        shown = {"people": store.people()[:200], "events": store.events()[:100]}
        return render_template("posthog.html", **shown, person=None, find=store.person, outage=outage)

    @app.get("/persons/<path:distinct_id>")
    def person(distinct_id: str) -> str:
        found = store.person(distinct_id) or abort(404)
        shown = {"people": [], "events": store.events(distinct_id)[:200]}
        return render_template("posthog.html", **shown, person=found, find=store.person, outage=outage)

    @app.get("/api/events")
    def events() -> Response:
        found = store.events(request.args.get("distinct_id"), request.args.get("event"))
        return make_response(jsonify(events=found[:1000], count=len(found)))

    @app.get("/api/persons/<path:distinct_id>")
    def person_json(distinct_id: str) -> Response:
        found = store.person(distinct_id) or abort(404)
        return jsonify(distinct_ids=found.distinct_ids, properties=found.properties, events=found.events)


def read_events(sent: Request) -> list[dict[str, Any]]:
    """The events of one capture request, whatever of the four body shapes it has.

    Raises `CaptureError`: 400 for what cannot be read or lacks a name or an id, 401 for a missing key.
    """
    body = _json(_unpacked(_raw(sent)))
    whole = body if isinstance(body, dict) else {}
    events = body if isinstance(body, list) else whole.get("batch", [body])
    if not isinstance(events, list) or not events or not all(isinstance(event, dict) for event in events):
        raise CaptureError(400, "empty batch" if events == [] else "an event must be an object")
    for event in events:
        _check(event, whole.get("api_key") or whole.get("token"))
    return events


def _check(event: dict[str, Any], batch_key: object) -> None:
    properties = event.setdefault("properties", {}) or {}
    event["properties"] = properties
    key = event.pop("api_key", None) or event.pop("token", None) or properties.get("token") or batch_key
    if not isinstance(key, str) or not key.strip():
        raise CaptureError(401, "no API key")
    event["distinct_id"] = event.get("distinct_id") or properties.get("distinct_id")
    if not event.get("event"):
        raise CaptureError(400, "an event has no name")
    if not event["distinct_id"]:
        raise CaptureError(400, "an event has no distinct_id")


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(GZIP):
        return body
    unzip = zlib.decompressobj(wbits=31)
    try:
        unpacked = unzip.decompress(body, LARGEST_BODY)
    except zlib.error as error:
        raise CaptureError(400, "broken gzip") from error
    if not unzip.eof:
        raise CaptureError(400, "gzip is cut off or too large")
    return unpacked


def _raw(sent: Request) -> bytes:
    if sent.mimetype != "application/x-www-form-urlencoded":
        return sent.get_data()
    try:
        return base64.b64decode(sent.form.get("data", ""), validate=True)
    except binascii.Error as error:
        raise CaptureError(400, "not base64") from error


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise CaptureError(400, "not JSON") from error
