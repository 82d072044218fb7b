"""A switch that makes a stand-in fail for a while, so that retries can be tried."""

from __future__ import annotations

import threading
import time
from typing import Any

from flask import Flask, Response, jsonify, request

MOST_SECONDS = 3600


class Outage:
    """Whether the stand-in answers with an error now: for some seconds, or for a number of requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.end()

    def begin(self, status: int = 503, seconds: float | None = None, count: int | None = None) -> None:
        """Answer `status` for some seconds, or to the next `count` requests, or (neither) until `end`."""
        with self._lock:
            self.status = status
            self._until = time.monotonic() + min(
                seconds if seconds is not None else MOST_SECONDS, MOST_SECONDS
            )
            self._left = count

    def end(self) -> None:
        """Work again."""
        with self._lock:
            self.status, self._until, self._left = 503, 0.0, None

    @property
    def on(self) -> bool:
        """True while requests are refused."""
        return time.monotonic() < self._until and self._left != 0

    def refuse(self) -> Response | None:
        """The error to answer one request with, or None when all is well."""
        with self._lock:
            if not self.on:
                return None
            if self._left is not None:
                self._left -= 1
        response = Response("the sandbox was told to fail", self.status, mimetype="text/plain")
        response.headers["Retry-After"] = "1"
        return response


def add_outage_switch(app: Flask, outage: Outage) -> None:
    """`POST /_sandbox/outage` {status, seconds?, count?} begins one, `DELETE` ends it, `GET` tells."""

    @app.route("/_sandbox/outage", methods=["GET", "POST", "DELETE"])
    def outage_switch() -> tuple[dict[str, Any], int] | Response:
        if request.method == "DELETE":
            outage.end()
        if request.method == "POST":
            wish = request.get_json()
            status = wish.get("status", 503)
            if status not in range(400, 600):
                return {"error": "status must be from 400 to 599"}, 400
            outage.begin(status, wish.get("seconds"), wish.get("count"))
        return jsonify(on=outage.on, status=outage.status)
