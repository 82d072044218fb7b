"""What a browser that signs up is known by: a signed cookie that tells nothing but that it is the same one, its
network address, and how long its form was open."""

from __future__ import annotations

import secrets

from flask import Response, after_this_request, current_app, request, session
from itsdangerous import BadSignature, URLSafeSerializer

from plg.kit.clock import now
from plg.signups.traces import Evidence

COOKIE = "plg_device"
LIFE_SECONDS = 180 * 24 * 3600
OPENED = "sign_up_opened"


def form_opened() -> None:
    """The form is shown: the browser gets its cookie, and the clock of this form begins, once."""
    if OPENED not in session:
        session[OPENED] = now().timestamp()
    device()


def device() -> str:
    """The browser's own token, signed: nobody can take on another browser's. One without a cookie gets one."""
    given = request.cookies.get(COOKIE, "")
    try:
        return _signer().loads(given)
    except BadSignature:
        fresh = secrets.token_urlsafe(16)
        _hand_out(_signer().dumps(fresh))
        return fresh


def evidence() -> Evidence:
    """What this request tells about its browser."""
    opened = session.get(OPENED)
    seconds = now().timestamp() - opened if isinstance(opened, float) else None
    return Evidence(request.remote_addr or "", device(), request.user_agent.string, seconds)


def _hand_out(value: str | bytes) -> None:
    text = value if isinstance(value, str) else value.decode()

    @after_this_request
    def _set(response: Response) -> Response:
        secure = current_app.config["SESSION_COOKIE_SECURE"]
        response.set_cookie(COOKIE, text, max_age=LIFE_SECONDS, httponly=True, samesite="Lax", secure=secure)
        return response


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="plg device that signs up")
