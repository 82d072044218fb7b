"""The doors for events: plain routes, because thousands of events come in while one page is looked at.

They read no cookie: each finds its key in the body or in a header, wherever the client has put it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from plg.capture import posthog, posthog_v1, replies, segment
from plg.capture.decoding import Undecodable
from plg.capture.doors import account_groups, allow_any_origin, authenticate, deliver, read_request
from plg.capture.times import parse_time
from plg.kit.clock import now
from plg.kit.errors import Refusal
from plg.kit.rate_limits import limiter

RATE = "1000/second"  # what Segment asks of its clients; of each address, in each process

segment_doors = Blueprint("segment", __name__)
posthog_doors = Blueprint("posthog", __name__)
posthog_v1_doors = Blueprint("posthog_v1", __name__)

View = Callable[..., Response]


def _door(blueprint: Blueprint, *paths: str, methods: tuple[str, ...] = ("POST",)) -> Callable[[View], View]:
    """Open a door under these paths, with and without a slash at the end, and answer browsers' preflights there."""

    def decorate(view: View) -> View:
        limited = limiter.limit(lambda: RATE)(view)

        def answer(**arguments: Any) -> Response:
            return replies.json({}) if request.method == "OPTIONS" else limited(**arguments)

        answer.plg_door = True  # type: ignore[attr-defined]
        for path in paths:
            blueprint.add_url_rule(
                path, view.__name__, answer, methods=[*methods, "OPTIONS"], strict_slashes=False
            )
        return answer

    return decorate


def _answer_in_its_own_way(
    blueprint: Blueprint, refused: Callable[[Refusal | HTTPException], Response]
) -> None:
    blueprint.register_error_handler(Refusal, refused)
    blueprint.register_error_handler(HTTPException, refused)
    blueprint.after_request(allow_any_origin)


_answer_in_its_own_way(segment_doors, replies.segment_refused)
_answer_in_its_own_way(posthog_doors, replies.posthog_refused)
_answer_in_its_own_way(posthog_v1_doors, replies.posthog_v1_refused)


# --- Segment ------------------------------------------------------------------------------------


@_door(segment_doors, f"/v1/<any({','.join(segment.PATHS)}):path>")
def segment_call(path: str) -> Response:
    call = segment.PATHS[path]
    limit = segment.MAX_BATCH if call == "batch" else segment.MAX_EVENT
    envelope = segment.read_envelope(read_request(limit), call)
    header = request.headers.get("Authorization", "")
    sender = authenticate(segment.key_of_header(header), envelope.key, posthog_v1.key_of_header(header))
    if len(envelope.events) > 1 or call == "batch":
        segment.check_event_sizes(envelope.events)
    moment = now()
    return replies.segment_took(deliver(segment.parse(envelope, moment), moment, sender))


@_door(segment_doors, "/v1/projects/<key>/settings", methods=("GET",))
def segment_settings(key: str) -> Response:
    """What analytics-next asks before it sends: where to, and which other destinations (none)."""
    host = f"{request.host}/v1"
    destination = {"apiKey": key, "apiHost": host, "protocol": request.scheme, "addBundledMetadata": True}
    return replies.json({"integrations": {"Segment.io": destination}, "plan": {}, "edgeFunction": {}})


# --- PostHog, version 0 -------------------------------------------------------------------------


@_door(posthog_doors, "/capture/", "/e/", "/i/v0/e/", "/track/", methods=("GET", "POST"))
def posthog_event() -> Response:
    return _posthog(posthog.MAX_EVENT)


@_door(posthog_doors, "/engage/", methods=("GET", "POST"))
def posthog_engage() -> Response:
    return _posthog(posthog.MAX_EVENT, engage=True)


@_door(posthog_doors, "/batch/", "/i/v0/ai/batch/", methods=("GET", "POST"))
def posthog_batch() -> Response:
    return _posthog(posthog.MAX_BATCH)


def _posthog(limit: int, *, engage: bool = False) -> Response:
    data = request.args.get("data") if request.method == "GET" else None
    if request.method == "GET" and data is None:
        raise Undecodable("A GET needs the query parameter `data`.")
    sent_at = parse_time(request.args.get("_")) if request.args.get("_", "").isdigit() else None
    envelope = posthog.read_envelope(read_request(limit, data=data), sent_at, engage=engage)
    if not envelope.events:
        raise Undecodable("The batch is empty.")
    sender = authenticate(envelope.key)
    moment = now()
    return replies.posthog_took(
        envelope, deliver(posthog.parse(envelope, moment, account_groups()), moment, sender)
    )


@_door(posthog_doors, "/s/", methods=("GET", "POST"))
def posthog_replay() -> Response:
    """Session recordings are taken and dropped: plg keeps none, and the client must not send them for ever."""
    request.max_content_length = posthog.MAX_REPLAY
    request.get_data(cache=False)
    return replies.json({"status": "Ok"})


@_door(posthog_doors, "/flags/", "/decide/", methods=("GET", "POST"))
def posthog_flags() -> Response:
    """No flags, in the shape of every version that clients ask for (v=1 to 4)."""
    return replies.json(
        {
            "flags": {},
            "featureFlags": {},
            "featureFlagPayloads": {},
            "errorsWhileComputingFlags": False,
            "requestId": str(uuid.uuid4()),
        }
        | _remote_config()
    )


@_door(posthog_doors, "/array/<token>/config", methods=("GET",))
def posthog_config(token: str) -> Response:
    return replies.json({"token": token} | _remote_config())


@_door(posthog_doors, "/array/<token>/config.js", methods=("GET",))
def posthog_config_script(token: str) -> Response:
    """The same for clients that load it as a script."""
    config = replies.json({token: {"config": {"token": token} | _remote_config(), "siteApps": []}}).get_data(
        True
    )
    script = (
        f"window._POSTHOG_REMOTE_CONFIG = Object.assign(window._POSTHOG_REMOTE_CONFIG || {{}}, {config});"
    )
    return Response(script, mimetype="application/javascript")


def _remote_config() -> dict[str, Any]:
    """posthog-js: send gzip, record nothing, ask for nothing else."""
    return {
        "supportedCompression": ["gzip", "gzip-js"],
        "hasFeatureFlags": False,
        "autocapture_opt_out": False,
        "capturePerformance": False,
        "sessionRecording": False,
        "surveys": False,
        "heatmaps": False,
        "siteApps": [],
        "toolbarParams": {},
        "isAuthenticated": False,
        "config": {"enable_collect_everything": False},
    }


# --- PostHog, version 1 -------------------------------------------------------------------------


@_door(posthog_v1_doors, "/i/v1/analytics/events/", "/i/v1/ai/events/")
def posthog_events() -> Response:
    headers = request.headers
    sender = authenticate(posthog_v1.key_of_header(headers.get("Authorization", "")))
    envelope = posthog_v1.read_envelope(
        read_request(posthog.MAX_BATCH),
        sdk_info=headers.get("PostHog-Sdk-Info", ""),
        sent_at=headers.get("PostHog-Request-Timestamp"),
    )
    moment = now()
    parsed = posthog_v1.parse(envelope, moment, account_groups())
    return replies.posthog_v1_took(envelope, deliver(parsed, moment, sender))
