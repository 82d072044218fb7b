"""The host product's side: takes webhooks over real HTTP and answers as a test says."""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE = 30

Reply = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def told(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class Receiver:
    """`replies` are used up one by one; after them everything is answered with 204."""

    url: str
    received: list[Received] = field(default_factory=list)
    replies: deque[Reply] = field(default_factory=deque)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    @property
    def names(self) -> list[str]:
        return [each.told["data"]["name"] for each in self.received]

    def wait_for(self, count: int) -> None:
        """Until so many webhooks more have come."""
        for _ in range(count):
            assert self.arrived.acquire(timeout=PATIENCE)


def status(code: int, body: str = "", **headers: str) -> Reply:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body.encode())

    return reply


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def when(released: threading.Event) -> Reply:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        assert released.wait(PATIENCE)
        status(204)(handler)

    return reply


def drip(stopped: threading.Event) -> Reply:
    """A byte now and then, so that no single wait for one is long."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        try:
            while not stopped.wait(0.05):
                handler.wfile.write(b"x")
        except OSError:
            return

    return reply


@contextmanager
def receiving(tls: Any = None) -> Iterator[Receiver]:
    """A receiver on loopback; tls: the ssl context of its side."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.received.append(Received(self.path, headers, body))
            reply = receiver.replies.popleft() if receiver.replies else status(204)
            receiver.arrived.release()
            reply(self)
            self.close_connection = True

        def log_message(self, *args: object) -> None:
            """A failing test shows its own story."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Who hangs up, or does not believe a certificate, is part of the story."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    scheme, host = ("https", "localhost") if tls else ("http", "127.0.0.1")
    receiver = Receiver(f"{scheme}://{host}:{server.server_port}/plg")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
