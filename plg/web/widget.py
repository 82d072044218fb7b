"""The widget: its script, and the one request that tells it everything it shows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from plg.kit.caller import Caller, current_caller, requires
from plg.web import widget_script
from plg.web.i18n import LOCALES
from plg.web.widget_words import WORDS

bp = Blueprint("widget", __name__)
DOORS = "/v1/widget/"
HEADERS = "Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Plg-Key"

StatePart = Callable[[Caller, str], dict[str, Any]]


@bp.get("/plg.js")
@requires("anonymous")
def script() -> Response:
    return widget_script.answer(request)


@bp.after_app_request
def let_host_pages_in(response: Response) -> Response:
    """The widget speaks from the host product's pages, by tokens and never by cookies: any origin may ask."""
    if not request.path.startswith(DOORS):
        return response
    if request.method == "OPTIONS":
        response = Response(status=204)
        response.headers["Access-Control-Allow-Methods"] = "GET, POST"
        response.headers["Access-Control-Allow-Headers"] = HEADERS
        response.headers["Access-Control-Max-Age"] = "86400"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "ETag, Retry-After"
    return response


@bp.get("/v1/widget/state")
@requires("user")
def state() -> Response:
    """Who the user is and what the widget shows them; each room adds its part (see `Wing.widget_state`)."""
    caller = current_caller()
    locale = request.args.get("locale", "")
    locale = locale if locale in LOCALES else caller.locale or "en"
    shown = {**_about(caller, locale), "words": WORDS[locale]}
    parts: Sequence[StatePart] = current_app.extensions["plg.widget_parts"]
    for part in parts:
        for name, told in part(caller, locale).items():
            # What several rooms have something of, such as prompts, is one list.
            shown[name] = shown[name] + told if isinstance(told, list) and name in shown else told
    response = jsonify(shown)
    response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32], weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    if request.if_none_match:
        response.make_conditional(request)
    return response


def _about(caller: Caller, locale: str) -> dict[str, Any]:
    person = {"id": caller.person_key, "name": caller.name, "locale": locale}
    if caller.account_id is None:
        return {"person": person, "account": None}
    account = {"id": caller.account_key, "name": caller.account_name, "role": caller.role}
    return {"person": person, "account": account}
