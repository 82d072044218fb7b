"""Runs the sandbox's small web apps on loopback, each on a thread of this process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

LOOPBACK = "127.0.0.1"
CLOSES_WITHIN = 0.02  # seconds


class _QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        logging.getLogger("plg.sandbox").debug("%s %s", self.requestline, code)


class Served:
    """A WSGI app that answers at `url` until `close()`. Port 0 takes a free one."""

    def __init__(self, app: Callable[..., Any], port: int = 0) -> None:
        self._server = make_server(LOOPBACK, port, app, threaded=True, request_handler=_QuietHandler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(CLOSES_WITHIN,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://{LOOPBACK}:{self._server.server_port}"

    def close(self) -> None:
        """Answer no more, and give the port back."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
