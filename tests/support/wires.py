"""Ways for apps of this process to speak HTTP with each other: over loopback, or over a wire without sockets, which
hands a request to the app with the same method, path, headers and bytes, and costs a tenth of the processor time."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, Protocol, Self
from unittest.mock import patch
from urllib.parse import unquote_to_bytes, urlsplit

import stripe
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from tests.support.live_server import live_server, loopback_socket, url_of

App = Callable[..., Any]


class Wire(Protocol):
    """Who answers where, for a block."""

    def address(self) -> str:
        """A base URL at which no app answers yet."""

    def plug(self, url: str, app: App) -> None:
        """Let an app answer at a base URL."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class Loopback:
    """Real servers, each on a free port of this machine."""

    def __init__(self) -> None:
        self._listeners: dict[str, Any] = {}
        self._servers = ExitStack()

    def address(self) -> str:
        listener = loopback_socket()
        self._listeners[url_of(listener)] = listener
        return url_of(listener)

    def plug(self, url: str, app: App) -> None:
        self._servers.enter_context(live_server(app, self._listeners.pop(url)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._servers.close()


class ShortWire:
    """Requests made with `requests` in this process look first whether an app is plugged in where they go."""

    def __init__(self) -> None:
        self._apps: dict[str, App] = {}
        self._ports = itertools.count(1)
        self._patches = ExitStack()

    def address(self) -> str:
        return f"http://127.0.0.1:{next(self._ports)}"

    def plug(self, url: str, app: App) -> None:
        self._apps[urlsplit(url).netloc] = app

    def __enter__(self) -> Self:
        self._patches.enter_context(patch.object(HTTPAdapter, "send", self._sender()))
        self._patches.enter_context(patch.object(stripe.RequestsClient, "request", self._sdk_sender()))
        return self

    def __exit__(self, *_: object) -> None:
        self._patches.close()

    def _sender(self) -> Callable[..., Response]:
        over_network = HTTPAdapter.send

        def send(adapter: HTTPAdapter, request: PreparedRequest, *more: Any, **options: Any) -> Response:
            app = self._apps.get(urlsplit(request.url or "").netloc)
            if app is None:
                return over_network(adapter, request, *more, **options)
            status, headers, body = _ask(app, request.method, request.url, request.headers, request.body)
            answer = Response()
            answer.status_code, answer.reason = int(status[:3]), status[4:]
            answer.headers, answer.encoding = CaseInsensitiveDict(headers), "utf-8"
            answer.url, answer.request, answer.raw = request.url or "", request, io.BytesIO(body)
            return answer

        return send

    def _sdk_sender(self) -> Callable[..., Any]:
        """Stripe's SDK, without what `requests` does for each request to find a proxy."""
        over_network = stripe.RequestsClient.request

        def send(client: Any, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
            app = self._apps.get(urlsplit(url).netloc)
            if app is None:
                return over_network(client, method, url, headers, post_data)
            status, told, body = _ask(app, method.upper(), url, headers, post_data)
            return body, int(status[:3]), CaseInsensitiveDict(told)

        return send


def _ask(
    app: App, method: Any, url: Any, headers: Any, sent: Any
) -> tuple[str, list[tuple[str, str]], bytes]:
    """Status line, headers and body of what an app answers."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> None:
        started.append((status, headers))

    parts = app(_environ(method, url, headers, sent), start_response)
    try:
        body = b"".join(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    return *started[-1], body


def _environ(method: str, url: str, headers: Any, body: str | bytes | None) -> dict[str, Any]:
    """The request as a WSGI server would tell it (PEP 3333)."""
    where = urlsplit(url)
    sent = body.encode() if isinstance(body, str) else body or b""
    return {
        **_headers(headers),
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(where.path or "/").decode("latin-1"),
        "QUERY_STRING": where.query,
        "CONTENT_LENGTH": str(len(sent)),
        "SERVER_NAME": where.hostname,
        "SERVER_PORT": str(where.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": where.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": where.scheme,
        "wsgi.input": io.BytesIO(sent),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def _headers(headers: Mapping[str, str | bytes]) -> dict[str, str]:
    told = {
        f"HTTP_{name.upper().replace('-', '_')}": value if isinstance(value, str) else value.decode("latin-1")
        for name, value in headers.items()
        if name.lower() != "content-length"
    }
    if "HTTP_CONTENT_TYPE" in told:
        told["CONTENT_TYPE"] = told.pop("HTTP_CONTENT_TYPE")
    return told
