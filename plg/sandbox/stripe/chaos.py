"""Trouble that Stripe's API can have: slow, out of order, too busy, or an answer that is lost on its way back."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from flask import Flask, Response, jsonify, request


@dataclass
class Trouble:
    """slow: seconds before each answer. fail, busy: how many of the next requests are not carried out (500, 429).
    lose: how many of the next changes are carried out, and answered with 500."""

    slow: float = 0.0
    fail: int = 0
    busy: int = 0
    lose: int = 0


class Chaos:
    """The trouble that the API has at the moment."""

    def __init__(self) -> None:
        self.trouble = Trouble()
        self._lock = threading.Lock()

    def adjust(self, **values: float) -> None:
        """Set troubles by name."""
        with self._lock:
            for name, value in values.items():
                setattr(self.trouble, name, value)

    def before(self) -> Response | None:
        """The answer of a request that is not carried out."""
        if self.trouble.slow:
            time.sleep(self.trouble.slow)
        if self._one("fail"):
            return _error(500, "api_error", "An unknown error occurred.")
        if self._one("busy"):
            return _error(429, "invalid_request_error", "Too many requests. Please slow down.")
        return None

    def after(self, answer: Response) -> Response:
        """The answer of a request that was carried out."""
        if request.method == "POST" and answer.status_code == 200 and self._one("lose"):
            return _error(500, "api_error", "An unknown error occurred.")
        return answer

    def _one(self, name: str) -> bool:
        with self._lock:
            left = getattr(self.trouble, name)
            setattr(self.trouble, name, max(left - 1, 0))
        return bool(left)


def _error(status: int, kind: str, message: str) -> Response:
    answer = jsonify({"error": {"type": kind, "message": message}})
    answer.status_code = status
    return answer


def trouble(app: Flask, chaos: Chaos) -> None:
    """Let the API of an app have this trouble; its pages have none."""

    @app.before_request
    def refuse() -> Response | None:
        return chaos.before() if request.path.startswith("/v1/") else None

    @app.after_request
    def lose(answer: Response) -> Response:
        return chaos.after(answer) if request.path.startswith("/v1/") else answer
