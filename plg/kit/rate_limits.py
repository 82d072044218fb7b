"""Rate limits at the doors: `@limiter.limit("10/minute")` on a view. Counts are kept in each process."""

from flask import Flask, Response
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(get_remote_address, storage_uri="memory://", headers_enabled=True)


def init_rate_limits(app: Flask, *, enabled: bool) -> None:
    app.config["RATELIMIT_ENABLED"] = enabled
    app.after_request(_retry_only_what_was_refused)
    limiter.init_app(app)


def _retry_only_what_was_refused(response: Response) -> Response:
    """Flask-Limiter gives every answer a Retry-After; clients would take a refused key for a busy server."""
    if response.status_code < 500 and response.status_code not in {409, 429}:
        response.headers.pop("Retry-After", None)
    return response
