"""Headers of every answer, the request's id, and its line in the log."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping

import structlog
from flask import Flask, Response, g, request
from prometheus_client import REGISTRY, Histogram

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; form-action {forms}; base-uri 'none'; frame-ancestors 'none'"
)
_REQUEST_ID = re.compile(r"[\w.-]{1,100}")

log = structlog.get_logger()
seconds = Histogram(
    "plg_request_seconds", "Time to answer", ["endpoint", "method", "status"], registry=REGISTRY
)


def init_headers(app: Flask) -> None:
    """`FORM_TARGETS` of the config: where forms may lead to beside plg itself (the checkout's host)."""
    app.before_request(_begin)

    @app.after_request
    def finish(response: Response) -> Response:
        policy = CSP.format(forms=f"'self' {app.config['FORM_TARGETS']}".strip())
        response.headers.setdefault("Content-Security-Policy", "; ".join([policy, *g.get("loads", ())]))
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
        response.headers["X-Request-Id"] = g.get("request_id", "")
        if request.is_secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if response.mimetype == "text/html":
            response.headers.setdefault("Cache-Control", "no-store")
        _observe(response)
        return response


def also_load(sources: Mapping[str, str]) -> None:
    """The page that is being answered may load from there, too: directive of the policy to source."""
    g.loads = [f"{directive} {source}" for directive, source in sources.items()]


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _observe(response: Response) -> None:
    taken = time.perf_counter() - g.get("began", time.perf_counter())
    seconds.labels(request.endpoint or "none", request.method, response.status_code).observe(taken)
    log.debug(
        "request",
        method=request.method,
        path=request.path,
        status=response.status_code,
        ms=round(taken * 1000, 1),
    )
