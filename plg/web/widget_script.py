"""The widget's script as browsers get it: joined, minified and compressed once a process.

Its address is all that it knows of plg, so a product may serve it from its own host: a proxy that hands
`/growth/w.js` and `/growth/v1/…` on to plg's `/plg.js` and `/v1/…` is enough, and no ad blocker minds."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from string import ascii_letters

import brotli
import zopfli.gzip
from flask import Request, Response

from plg.web.layout import STATIC

PARTS = ("start", "server", "track", "draw", "element", "prompt", "tour", "checklist", "plan")
"""The files of `static/widget`, in the order in which they build on each other."""
MAX_AGE_SECONDS = 300


def source() -> str:
    """The whole script: one function, and whatever fails in it stays in it. The page around never notices."""
    parts = "\n".join((STATIC / "widget" / f"{part}.js").read_text(encoding="utf-8") for part in PARTS)
    guarded = f"if (window.plg) return; try {{ {parts} }} catch (error) {{ console.debug(error) }}"
    # What is alike stands together: the style sheet between the code would cost sixty bytes.
    return f"((STYLE) => {{ {guarded} }})(`{tight(style())}`)"


def style() -> str:
    return (STATIC / "widget" / "style.css").read_text(encoding="utf-8")


def tight(css: str) -> str:
    """CSS without the white space that means nothing. It must hold no strings and no comments."""
    css = re.sub(r"\s+", " ", css.strip())
    css = re.sub(r" ?([{},;>]) ?|(?<=:) ", r"\1", css)
    return css.replace(";}", "}")


def shortened(code: str) -> str:
    """The code with short names for what is private to it, members whose names begin with `_`, and with one word
    for all declarations: what repeats itself is compressed best."""
    code = re.sub(r"\bconst (?=[\w{[])", "let ", code)
    names = sorted(set(re.findall(r"(?<=\._)[a-z]\w*", code)))
    for name, letter in zip(names, ascii_letters, strict=False):
        code = re.sub(rf"\b_{name}\b", letter, code)
    return code


@cache
def packed() -> bytes:
    """The script without comments and needless white space, its local names shortened. Where no minifier can
    be had (it has no build for every machine) the script is only longer."""
    try:
        import minify  # Here, as it brings a runtime (Go's) that does not outlive a fork of this process.
    except ImportError:
        return source().encode()
    return minify.string("application/javascript", shortened(source())).encode()


@cache
def encoded(encoding: str) -> bytes:
    """The packed script in one of the content encodings `br`, `gzip` and `identity`."""
    if encoding == "br":
        return brotli.compress(packed())
    return zopfli.gzip.compress(packed()) if encoding == "gzip" else packed()


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
