"""Rate limits at the doors: `@limiter.limit("10/minute")` on a view. All processes count together."""

from typing import cast

from flask import Flask, Response, g
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import RateLimitItem
from limits.strategies import STRATEGIES, FixedWindowRateLimiter

from plg.kit.rate_counts import DatabaseCounts


class Reserving(FixedWindowRateLimiter):
    """Fixed windows that hold under parallel calls, too, where only some answers count (`deduct_when`): the use is
    counted when the call is let in, and given back after an answer that does not count."""

    def test(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        key = item.key_for(*identifiers)
        admitted = _counts(self).reserve(key, item.amount, item.get_expiry(), cost)
        if admitted:
            _reserved()[key] = cost
        return admitted

    def hit(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        if _reserved().pop(item.key_for(*identifiers), None) is not None:
            return True
        return super().hit(item, *identifiers, cost=cost)


STRATEGIES["reserving"] = Reserving
limiter = Limiter(
    get_remote_address,
    storage_uri=f"{DatabaseCounts.STORAGE_SCHEME[0]}://",
    strategy="reserving",
    headers_enabled=True,
)


def init_rate_limits(app: Flask, *, enabled: bool) -> None:
    app.config["RATELIMIT_ENABLED"] = enabled
    app.after_request(_retry_only_what_was_refused)
    app.after_request(_give_back)  # called after the limiter's own, which counts what counts
    limiter.init_app(app)


def _give_back(response: Response) -> Response:
    while _reserved():
        key, cost = _reserved().popitem()
        _counts(limiter.limiter).give_back(key, cost)
    return response


def _reserved() -> dict[str, int]:
    return g.setdefault("rate_limits_reserved", {})


def _counts(strategy: object) -> DatabaseCounts:
    return cast(DatabaseCounts, strategy.storage)  # type: ignore[attr-defined]


def _retry_only_what_was_refused(response: Response) -> Response:
    """Flask-Limiter gives every answer a Retry-After; clients would take a refused key for a busy server."""
    if response.status_code < 500 and response.status_code not in {409, 429}:
        response.headers.pop("Retry-After", None)
    return response
