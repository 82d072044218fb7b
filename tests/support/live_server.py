"""Serves a WSGI app on a free loopback port, for browsers and for SDKs that speak real HTTP."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from wsgiref.types import WSGIApplication

from werkzeug.serving import WSGIRequestHandler, make_server


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:
        """Requests are not logged: a failing test shows its own story."""


def loopback_socket() -> socket.socket:
    """A socket on a free loopback port: its number is known before the app that will answer there is made."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    return listener


def url_of(listener: socket.socket) -> str:
    """The base URL that a socket of `loopback_socket` answers under."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def live_server(app: WSGIApplication, listener: socket.socket | None = None) -> Iterator[str]:
    """The base URL (`http://127.0.0.1:PORT`) under which `app` answers during the block."""
    with listener or loopback_socket() as listener:
        port, descriptor = listener.getsockname()[1], listener.fileno()
        server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet, fd=descriptor)
        server.daemon_threads = True  # type: ignore[attr-defined]
        server.block_on_close = False  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield url_of(listener)
        finally:
            server.shutdown()
            thread.join(timeout=5)
            server.server_close()
