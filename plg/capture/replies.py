"""Answers as each format's clients expect them. A good answer is always 200: some SDKs take 204 for a failure and
send the same events again."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Response
from werkzeug.exceptions import HTTPException

from plg.capture.messages import Parsed
from plg.capture.posthog import Envelope
from plg.capture.posthog_v1 import results
from plg.kit.errors import Refusal, TooLarge

_DOCS = "https://posthog.com/docs/api"


def json(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, mimetype="application/json")


def text(content: str, status: int) -> Response:
    return Response(content, status, mimetype="text/plain")


def refusal_of(error: Refusal | HTTPException) -> tuple[int, str, str]:
    """(status, code, message) of what went wrong, whoever raised it."""
    if isinstance(error, Refusal):
        named = "".join(f" {fault.field} {fault.message}." for fault in error.errors[:20])
        return error.status, error.code, error.detail + named
    return error.code or 500, error.name.lower().replace(" ", "_"), error.description or error.name


def retry_after(response: Response, error: Refusal | HTTPException) -> Response:
    seconds = error.data.get("retry_after") if isinstance(error, Refusal) else None
    if seconds is not None:
        response.headers["Retry-After"] = str(seconds)
    return response


# --- Segment ------------------------------------------------------------------------------------


def segment_took(parsed: Parsed) -> Response:
    """200 also for events that say too little; they are named, which clients ignore and people can read."""
    return json({"success": True} | ({"faults": parsed.faults} if parsed.faults else {}))


def segment_refused(error: Refusal | HTTPException) -> Response:
    status, code, message = refusal_of(error)
    too_large = isinstance(error, TooLarge) or status == 413
    return retry_after(json({"code": code, "message": message}, 400 if too_large else status), error)


# --- PostHog, version 0 -------------------------------------------------------------------------


def posthog_took(envelope: Envelope, parsed: Parsed) -> Response:
    lost = [fault for fault in parsed.faults if not fault.stored]
    if envelope.alone and lost:
        return text("; ".join(f"{fault.field} {fault.message}" for fault in lost), 400)
    return json({"status": "Ok"} | ({"warnings": parsed.faults} if parsed.faults else {}))


def posthog_refused(error: Refusal | HTTPException) -> Response:
    status, _, message = refusal_of(error)
    return retry_after(text(message, status), error)


# --- PostHog, version 1 -------------------------------------------------------------------------


def posthog_v1_took(envelope: Envelope, parsed: Parsed) -> Response:
    return json({"results": results(envelope, parsed)})


def posthog_v1_refused(error: Refusal | HTTPException) -> Response:
    status, code, message = refusal_of(error)
    body = {"error": code, "error_description": message, "error_uri": _DOCS}
    return retry_after(json(body, status), error)
