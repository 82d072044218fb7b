"""From the bytes of a request to a JSON value, whatever a client wrapped them in.

Clients gzip without saying so, say so without doing it, put base64 inside a form inside a query. So only what
bytes cannot tell of themselves (deflate, brotli, lz-string) is believed from a header or query; the rest is
looked at. Everything is bounded while it is unpacked: bytes, values, depth.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import re
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import brotli
import msgspec
import zstandard

from plg.capture import lz64
from plg.kit.errors import BadRequest, Refusal, TooLarge
from plg.kit.texts import scrub

MAX_DEPTH = 64
MAX_VALUES = (
    2_000_000  # of some 70 bytes each: what 20 MB of `[],[],…` would cost otherwise is half a gigabyte
)
_COUNT_VALUES_FROM = 1_000_000  # bytes; less cannot hold too many

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_WINDOW = 1 << 25
_FORM = "application/x-www-form-urlencoded"
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]+={0,2}\s*")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_decode_json = msgspec.json.Decoder().decode


class Undecodable(BadRequest):
    """The body is not what it says, is cut short, or is no JSON."""

    title = "The body cannot be read"


class UnsupportedEncoding(Refusal):
    status = 415
    title = "Unknown content encoding"


class BodyTooLarge(TooLarge):
    title = "The body is too large"


def read_body(
    body: bytes, limit: int, *, encoding: str = "", compression: str = "", content_type: str = ""
) -> Any:
    """The JSON value in `body`, of at most `limit` bytes at every stage of unpacking.

    `encoding` is the Content-Encoding header, `compression` the query's word. Text comes without NUL and lone
    surrogates (U+FFFD stands in), which PostgreSQL would refuse.
    Raises Undecodable, UnsupportedEncoding, BodyTooLarge.
    """
    data = check_size(body, limit)
    for name in reversed(encoding.lower().replace(" ", "").split(",")):
        data = _undo_encoding(name, data, limit)
    if content_type.partition(";")[0].strip().lower() == _FORM or data.startswith(b"data="):
        data, compression = _form_field(data, compression)
    if compression.lower() in {"lz64", "lz-string"}:
        data = _unlz64(data, limit)
    return parse_json(_unwrap(data, limit))


def check_size(data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise BodyTooLarge(f"The body has more than {limit} bytes.")
    return data


# --- unpacking ----------------------------------------------------------------------------------


def _undo_encoding(name: str, data: bytes, limit: int) -> bytes:
    if name in {"", "identity"}:
        return data
    if name in {"gzip", "x-gzip"} and not data.startswith(_GZIP_MAGIC):
        return data  # some proxies undo it and leave the header
    if name not in _INFLATERS:
        raise UnsupportedEncoding(f"Content-Encoding {name[:40]!r} is not one of gzip, deflate, zstd, br.")
    return check_size(_INFLATERS[name](data, limit), limit)


def _unwrap(data: bytes, limit: int) -> bytes:
    """Undo gzip, zstd and base64 as long as the bytes show one of them (three layers at most)."""
    for _ in range(3):
        if data.startswith(_GZIP_MAGIC):
            data = check_size(_gunzip(data, limit), limit)
        elif data.startswith(_ZSTD_MAGIC):
            data = check_size(_unzstd(data, limit), limit)
        elif len(data) > 3 and data[:1] not in b'{["' and _BASE64.fullmatch(data):
            data = _unbase64(data)
        else:
            break
    return data


def _gunzip(data: bytes, limit: int) -> bytes:
    return _inflate(data, limit, 31, "gzip")


def _undeflate(data: bytes, limit: int) -> bytes:
    # RFC 1950 begins with 0x?8 and is a multiple of 31; some clients send the bare RFC 1951 stream.
    wrapped = len(data) > 1 and data[0] & 15 == 8 and int.from_bytes(data[:2]) % 31 == 0
    return _inflate(data, limit, 15 if wrapped else -15, "deflate")


def _inflate(data: bytes, limit: int, wbits: int, name: str) -> bytes:
    inflater = zlib.decompressobj(wbits)
    try:
        unpacked = inflater.decompress(data, limit + 1)
    except zlib.error as error:
        raise Undecodable(f"The {name} stream is damaged.") from error
    if not inflater.eof and len(unpacked) <= limit:
        raise Undecodable(f"The {name} stream is cut short.")
    return unpacked


def _unzstd(data: bytes, limit: int) -> bytes:
    try:
        reader = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).stream_reader(io.BytesIO(data))
        unpacked = reader.read(limit + 1)
    except (zstandard.ZstdError, MemoryError) as error:
        raise Undecodable("The zstd stream is damaged.") from error
    return unpacked


def _unbrotli(data: bytes, limit: int) -> bytes:
    reader = brotli.Decompressor()
    unpacked = bytearray()
    try:
        while len(unpacked) <= limit and not reader.is_finished():
            piece = reader.process(data, output_buffer_limit=1 << 16)
            unpacked += piece
            if not piece and not data:
                raise Undecodable("The br stream is cut short.")
            data = b""
    except brotli.error as error:
        raise Undecodable("The br stream is damaged.") from error
    return bytes(unpacked)


def _unlz64(data: bytes, limit: int) -> bytes:
    try:
        return lz64.decompress(data, limit)
    except lz64.SizeError as error:
        raise BodyTooLarge(f"Unpacked, the body has more than {limit} bytes.") from error
    except lz64.CodeError as error:
        raise Undecodable("The lz64 text is damaged or cut short.") from error


def _unbase64(data: bytes) -> bytes:
    plain = data.strip().rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    try:
        return base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except binascii.Error as error:
        raise Undecodable("The base64 text is damaged or cut short.") from error


def _form_field(data: bytes, compression: str) -> tuple[bytes, str]:
    if data[:1] in b"{[" or data.startswith((_GZIP_MAGIC, _ZSTD_MAGIC)):
        return data, compression  # no form at all: the type is only what the client's HTTP library adds
    try:
        form = parse_qs(data.decode("latin-1"), max_num_fields=20, encoding="utf-8", errors="replace")
    except ValueError as error:
        raise Undecodable("The form has too many fields.") from error
    if "data" not in form:
        raise Undecodable("The form has no field `data`.")
    # A plus sign of base64 that nobody escaped has been read as a space.
    content = form["data"][0]
    content = content if content[:1] in '{["' else content.replace(" ", "+")
    return content.encode("utf-8", "replace"), form.get("compression", [compression])[0]


_INFLATERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _undeflate,
    "zstd": _unzstd,
    "br": _unbrotli,
}


# --- JSON ---------------------------------------------------------------------------------------


def parse_json(data: bytes) -> Any:
    """The value in `data`, which may have what SDKs send and JSON has not: NaN, half a surrogate pair."""
    if len(data) > _COUNT_VALUES_FROM and _values_at_most(data) > MAX_VALUES:
        raise BodyTooLarge(f"The body has more than {MAX_VALUES} values.")
    try:
        value = _decode_json(data)
        broken = b"\\u0000" in data
        deep = _may_be_deep(data)
    except RecursionError as error:
        raise _too_deep() from error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        value, broken, deep = _parse_leniently(data), True, True
    if deep:
        _check_depth(value)
    return scrub(value) if broken else value


def _parse_leniently(data: bytes) -> Any:
    text = data.decode("utf-8-sig", "replace")
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        reason = getattr(error, "msg", "a number has too many digits")
        where = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise Undecodable(
            f"The body is no JSON: {reason}{where}." if text.strip() else "The body is empty."
        ) from error


def _values_at_most(data: bytes) -> int:
    return data.count(b",") + data.count(b"[") + data.count(b"{") + 1


def _may_be_deep(data: bytes) -> bool:
    """Whether the brackets, peeled from inside, last too many layers (those in text may say so too)."""
    brackets = data.translate(None, _NOT_BRACKETS)
    for _ in range(MAX_DEPTH // 2):
        if not brackets:
            return False
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
    return bool(brackets)


def _check_depth(value: Any) -> None:
    layer = [value]
    for _ in range(MAX_DEPTH + 1):
        layer = [
            child
            for parent in layer
            if type(parent) in (dict, list)
            for child in (parent.values() if type(parent) is dict else parent)
        ]
        if not layer:
            return
    raise _too_deep()


def _too_deep() -> Undecodable:
    return Undecodable(f"The body is nested more than {MAX_DEPTH} deep.")
