"""Serves a WSGI app on a free loopback port, for browsers and for SDKs that speak real HTTP."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from wsgiref.types import WSGIApplication

from werkzeug.serving import WSGIRequestHandler, make_server

PATIENCE = 60
"""Seconds: what goes on after its test would write into the next one's database."""


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    under_way: "Requests"

    def run_wsgi(self) -> None:
        with self.under_way:
            super().run_wsgi()

    def log(self, type: str, message: str, *args: object) -> None:
        """Requests are not logged: a failing test shows its own story."""


class Requests:
    """How many requests are being answered, and the end of the last one."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def __enter__(self) -> None:
        with self._changed:
            self._count += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def over(self) -> bool:
        """Waits for those under way; whether they ended in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count == 0, timeout=PATIENCE)


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
def live_server(
    app: WSGIApplication, listener: socket.socket | None = None, *, finishes: bool = False
) -> Iterator[str]:
    """The base URL (`http://127.0.0.1:PORT`) under which `app` answers during the block. finishes: what it is asked
    at the block's end is answered before it is over."""
    with listener or loopback_socket() as listener:
        port, descriptor = listener.getsockname()[1], listener.fileno()
        under_way = Requests()
        handler = type("Handler", (_Quiet,), {"under_way": under_way})
        server = make_server("127.0.0.1", port, app, threaded=True, request_handler=handler, fd=descriptor)
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
            if finishes and not under_way.over():
                raise TimeoutError("a request goes on after the end of its server")
