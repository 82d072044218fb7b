"""Rate limits at the doors: `@limiter.limit("10/minute")` on a view. Counts are kept in each process."""

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(get_remote_address, storage_uri="memory://", headers_enabled=True)


def init_rate_limits(app: Flask, *, enabled: bool) -> None:
    app.config["RATELIMIT_ENABLED"] = enabled
    limiter.init_app(app)
