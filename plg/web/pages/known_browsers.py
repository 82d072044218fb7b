"""Browsers in which somebody signed in before with an address. They have limits of their own, so that a stranger
who guesses at somebody's password cannot lock them out of their own browser (OWASP's device cookies)."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Response, after_this_request, current_app, request
from itsdangerous import BadSignature, URLSafeSerializer

from plg.access.sealing import keyed_hash

COOKIE = "plg_browser"
LIFE_SECONDS = 400 * 24 * 3600  # as long as browsers keep a cookie
MOST_ADDRESSES = 5


def remember(address: str) -> None:
    """Note, in a signed cookie of the answer, that its browser has signed in with the address."""
    known = _read()
    marks = [_mark(address), *(each for each in known["addresses"] if each != _mark(address))]
    value = _signer().dumps({"id": known["id"], "addresses": marks[:MOST_ADDRESSES]})

    @after_this_request
    def _set(response: Response) -> Response:
        secure = current_app.config["SESSION_COOKIE_SECURE"]
        response.set_cookie(COOKIE, value, max_age=LIFE_SECONDS, httponly=True, samesite="Lax", secure=secure)
        return response


def id_for(address: str) -> str | None:
    """This browser's own id, if it has signed in with the address before."""
    known = _read()
    return known["id"] if _mark(address) in known["addresses"] else None


def _read() -> dict[str, Any]:
    try:
        return _signer().loads(request.cookies.get(COOKIE, ""))
    except BadSignature:
        return {"id": secrets.token_urlsafe(12), "addresses": []}


def _mark(address: str) -> str:
    return keyed_hash(f"browser of {address.lower()}")[:16]


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="plg known browser")
