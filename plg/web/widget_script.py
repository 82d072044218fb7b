"""The widget's script as browsers get it: without comments and indentation, compressed once a process."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache

import brotli
from flask import Request, Response

from plg.web.layout import STATIC

SOURCE = STATIC / "plg.js"
MAX_AGE_SECONDS = 300


@cache
def packed() -> bytes:
    """plg.js without the lines that are comments and without indentation; otherwise as it is written."""
    lines = (line.strip() for line in SOURCE.read_text(encoding="utf-8").splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(("//", "/*"))).encode()


@cache
def encoded(encoding: str) -> bytes:
    """The packed script in one of the content encodings `br`, `gzip` and `identity`."""
    if encoding == "br":
        return brotli.compress(packed())
    return gzip.compress(packed(), 9, mtime=0) if encoding == "gzip" else packed()


def answer(request: Request) -> Response:
    """The script in the best encoding that the browser takes; 304 where it has it already."""
    encoding = request.accept_encodings.best_match(["br", "gzip"], "identity")
    response = Response(encoded(encoding), mimetype="text/javascript")
    if encoding != "identity":
        response.content_encoding = encoding
    response.set_etag(f"{hashlib.sha256(packed()).hexdigest()[:20]}-{encoding}")
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.make_conditional(request)
    return response
