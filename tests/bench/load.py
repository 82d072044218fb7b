"""A light HTTP load generator: many keep-alive clients in one thread, each a small script.

A client is a generator: it yields a `Request` and is sent the `Response`. One thread and raw sockets
keep the generator cheap, because it shares the processor with the server that it measures.
"""

import json
import selectors
import socket
import time
from collections import defaultdict
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.bench.measuring import percentile


@dataclass(frozen=True, slots=True)
class Request:
    """Bytes to send, and the label under which the latency is kept."""

    raw: bytes
    label: str = "request"


@dataclass(frozen=True, slots=True)
class Response:
    """A status, the body's bytes, and its ETag in lower case."""

    status: int
    body: bytes
    etag: str = ""

    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


Script = Generator[Request, Any, None]  # what is sent into it is a Response


@dataclass
class Result:
    """What a run measured: latencies in ms by label, how many answers had which status, seconds taken."""

    latencies_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    seconds: float = 0.0

    def per_second(self, label: str = "request") -> float:
        """Answers a second over the whole run."""
        return len(self.latencies_ms[label]) / self.seconds if self.seconds else 0.0

    def percentile_ms(self, percent: float, label: str = "request") -> float:
        """The latency that `percent` of the answers did not exceed (nearest rank)."""
        return percentile(self.latencies_ms[label], percent)

    def must_be(self, *statuses: int) -> "Result":
        """This result; raises where any answer had another status."""
        if not self.statuses or not set(self.statuses) <= set(statuses):
            raise RuntimeError(f"expected only {statuses}, met {dict(self.statuses)}")
        return self


def http(
    method: str, path: str, *, body: Any = None, headers: dict[str, str] | None = None, label: str = "request"
) -> Request:
    """A keep-alive HTTP/1.1 request; a body that is not bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(content)}"]
    if body is not None:
        lines.append("Content-Type: application/json")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return Request("\r\n".join(lines).encode() + b"\r\n\r\n" + content, label)


def run(
    url: str, client: Callable[[int], Script], *, clients: int = 8, seconds: float | None = None
) -> Result:
    """Run `client(number)` for each client in parallel, until all scripts end or `seconds` have passed."""
    address = urlsplit(url)
    result, selector = Result(), selectors.DefaultSelector()
    started = time.perf_counter()
    for number in range(clients):
        connection = _Connection(client(number), (address.hostname or "", address.port or 80), result)
        if connection.open():
            selector.register(connection.socket, selectors.EVENT_READ, connection)
    while selector.get_map() and (seconds is None or time.perf_counter() - started < seconds):
        for key, _ in selector.select(timeout=1):
            if not key.data.read():
                selector.unregister(key.fileobj)
                key.data.socket.close()
    result.seconds = time.perf_counter() - started
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    selector.close()
    return result


class _Connection:
    """One client: its script, its socket, and the answer that is arriving."""

    def __init__(self, script: Script, address: tuple[str, int], result: Result) -> None:
        self.script, self.result = script, result
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def open(self) -> bool:
        return self._send(next(self.script, None))

    def read(self) -> bool:
        """Take what has arrived; False when the script has ended."""
        chunk = self.socket.recv(262144)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        self.buffer += chunk
        response = _parsed(self.buffer)
        if response is None:
            return True
        self.buffer = b""
        self.result.latencies_ms[self.label].append((time.perf_counter() - self.sent_at) * 1000)
        self.result.statuses[response.status] += 1
        try:
            return self._send(self.script.send(response))
        except StopIteration:
            return False

    def _send(self, request: Request | None) -> bool:
        if request is None:
            return False
        self.label, self.sent_at = request.label, time.perf_counter()
        self.socket.sendall(request.raw)
        return True


def _parsed(data: bytes) -> Response | None:
    """The answer in `data`, or None while it is incomplete (RFC 9112, sections 6 and 7.1)."""
    head, separator, rest = data.partition(b"\r\n\r\n")
    if not separator:
        return None
    first, *lines = head.lower().split(b"\r\n")
    status = int(first.split(b" ")[1])
    headers = dict(line.split(b":", 1) for line in lines)
    if headers.get(b"connection", b"").strip() == b"close":
        raise ConnectionError("the server does not keep connections alive: this would measure connecting")
    etag = headers.get(b"etag", b"").strip().decode()
    if status in (204, 304):
        return Response(status, b"", etag)
    if b"content-length" in headers:
        length = int(headers[b"content-length"])
        return Response(status, rest[:length], etag) if len(rest) >= length else None
    return Response(status, _unchunked(rest)) if rest.endswith(b"0\r\n\r\n") else None


def _unchunked(data: bytes) -> bytes:
    parts = []
    while data:
        size, _, data = data.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        parts.append(data[:length])
        data = data[length + 2 :]
    return b"".join(parts)
