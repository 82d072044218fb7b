"""The widget's script as browsers get it: minified and compressed once a process."""

from __future__ import annotations

import gzip
import hashlib
import re
from functools import cache

import brotli
import rjsmin
from flask import Request, Response

from plg.web.layout import STATIC

SOURCE = STATIC / "plg.js"
MAX_AGE_SECONDS = 300
_STYLE_SHEET = re.compile(r"(?<=replaceSync\(`)[^`]*")


@cache
def packed() -> bytes:
    """plg.js without comments and needless white space, in its code and in its style sheet."""
    code = rjsmin.jsmin(SOURCE.read_text(encoding="utf-8"))
    return _STYLE_SHEET.sub(lambda found: _tight(found[0]), code).encode()


def _tight(css: str) -> str:
    """CSS without the white space that means nothing. It must hold no strings and no comments."""
    css = re.sub(r"\s+", " ", css.strip())
    return re.sub(r" ?([{},;]) ?|(?<=:) ", r"\1", css).replace(";}", "}")


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
