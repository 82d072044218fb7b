"""Whatever a client wraps its JSON in is undone; whatever is broken or a bomb is refused by name."""

import base64
import gzip
import json
import tracemalloc
import urllib.parse
import zlib

import brotli
import lzstring
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from plg.capture.decoding import (
    MAX_DEPTH,
    BodyTooLarge,
    Undecodable,
    UnsupportedEncoding,
    parse_json,
    read_body,
)
from plg.kit.errors import Refusal

LIMIT = 1_000_000
VALUE = {"event": "Café visité 😀", "properties": {"n": [1, 2.5, None, True]}}
JSON = json.dumps(VALUE).encode()
FORM = "application/x-www-form-urlencoded"

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc$_é"), inner),
    max_leaves=20,
)


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


def lz64(text: str) -> bytes:
    # The JavaScript library sees UTF-16 units; its Python port must be fed them one by one.
    units = text.encode("utf-16-le")
    return (
        lzstring.LZString()
        .compressToBase64(
            "".join(chr(int.from_bytes(units[i : i + 2], "little")) for i in range(0, len(units), 2))
        )
        .encode()
    )


B64 = base64.b64encode(JSON)
WRAPPED = {
    "plain": (JSON, {}),
    "byte order mark": (b"\xef\xbb\xbf" + JSON, {}),
    "gzip by header": (gzip.compress(JSON), {"encoding": "gzip"}),
    "gzip by query": (gzip.compress(JSON), {"compression": "gzip"}),
    "gzip-js": (gzip.compress(JSON), {"compression": "gzip-js"}),
    "gzip that nobody announced": (gzip.compress(JSON), {"content_type": "text/plain"}),
    "gzip announced twice": (gzip.compress(JSON), {"encoding": "gzip", "compression": "gzip-js"}),
    "gzip announced and undone by a proxy": (JSON, {"encoding": "gzip"}),
    "gzip in a form's type": (gzip.compress(JSON), {"content_type": FORM}),
    "deflate": (zlib.compress(JSON), {"encoding": "deflate"}),
    "deflate without its header": (raw_deflate(JSON), {"encoding": "deflate"}),
    "zstd": (zstandard.ZstdCompressor().compress(JSON), {"encoding": "zstd"}),
    "brotli": (brotli.compress(JSON), {"encoding": "br"}),
    "deflate within gzip": (gzip.compress(zlib.compress(JSON)), {"encoding": "deflate, gzip"}),
    "base64": (B64, {"compression": "base64"}),
    "base64 that nobody announced": (B64, {}),
    "base64 without padding": (B64.rstrip(b"="), {}),
    "urlsafe base64": (base64.urlsafe_b64encode(JSON), {}),
    "base64 of gzip": (base64.b64encode(gzip.compress(JSON)), {}),
    "lz64": (lz64(JSON.decode()), {"compression": "lz64"}),
    "form": (b"data=" + urllib.parse.quote(JSON).encode(), {"content_type": FORM}),
    "form with base64": (b"data=" + urllib.parse.quote(B64).encode(), {"content_type": FORM}),
    "form whose base64 is not escaped": (b"data=" + B64, {"content_type": FORM}),
    "form with its type": (b"compression=lz64&data=" + urllib.parse.quote(lz64(JSON.decode())).encode(),
                           {"content_type": FORM + "; charset=utf-8"}),
    "form of another type": (b"data=" + urllib.parse.quote(B64).encode(), {"content_type": "text/plain"}),
    "JSON in a form's type": (JSON, {"content_type": FORM}),
}  # fmt: skip


@pytest.mark.parametrize("name", WRAPPED)
def test_every_wrapping_that_sdks_use_is_undone(name):
    body, hints = WRAPPED[name]
    assert read_body(body, LIMIT, **hints) == VALUE


@given(json_values, st.sampled_from(["identity", "gzip", "deflate", "zstd", "br"]))
def test_any_value_survives_any_encoding(value, encoding):
    pack = {
        "identity": bytes,
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "zstd": zstandard.ZstdCompressor().compress,
        "br": brotli.compress,
    }[encoding]
    # In a list: a bare `null` could be base64, and is no request.
    assert read_body(pack(json.dumps([value]).encode()), LIMIT, encoding=encoding) == [value]


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=300))
def test_any_text_survives_lz64(text):
    assert read_body(lz64(json.dumps([text], ensure_ascii=False)), LIMIT, compression="lz64") == [text]


@given(
    st.binary(max_size=200) | json_values.map(lambda v: json.dumps(v).encode()),
    st.sampled_from(["", "gzip", "deflate", "zstd", "br", "gzip, br", "snappy", ","]),
    st.sampled_from(["", "gzip", "gzip-js", "base64", "lz64", "nonsense"]),
    st.sampled_from(["", "application/json", FORM, "text/plain; charset=x"]),
)
def test_no_bytes_raise_anything_but_a_refusal(body, encoding, compression, content_type):
    try:
        read_body(body, LIMIT, encoding=encoding, compression=compression, content_type=content_type)
    except Refusal as refusal:
        assert refusal.status in {400, 413, 415}
        assert refusal.detail


@given(st.sampled_from(sorted(WRAPPED)), st.data())
def test_a_damaged_wrapping_raises_nothing_but_a_refusal(name, data):
    body, hints = WRAPPED[name]
    place = data.draw(st.integers(0, len(body) - 1))
    damaged = data.draw(st.sampled_from([body[:place], body[:place] + b"\xa7" + body[place + 1 :]]))
    try:
        read_body(damaged, LIMIT, **hints)
    except Refusal as refusal:
        assert refusal.status in {400, 413, 415}


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("gzip", gzip.compress(JSON)), ("deflate", zlib.compress(JSON)), ("br", brotli.compress(JSON))],
    ids=["gzip", "deflate", "br"],
)
def test_a_stream_that_is_cut_short_is_refused_by_that_name(encoding, body):
    with pytest.raises(Undecodable, match=f"{encoding} stream is cut short"):
        read_body(body[:-4], LIMIT, encoding=encoding)


def test_zstd_cut_short_is_refused():
    body = zstandard.ZstdCompressor().compress(JSON * 1000)
    with pytest.raises(Undecodable):
        read_body(body[:-4], LIMIT, encoding="zstd")


ZEROS = b'["' + b"0" * 200_000_000 + b'"]'
BOMBS = {
    "gzip": lambda: (gzip.compress(ZEROS, 1), {"encoding": "gzip"}),
    "gzip that nobody announced": lambda: (gzip.compress(ZEROS, 1), {}),
    "deflate": lambda: (zlib.compress(ZEROS, 1), {"encoding": "deflate"}),
    "zstd": lambda: (zstandard.ZstdCompressor().compress(ZEROS), {"encoding": "zstd"}),
    "brotli": lambda: (brotli.compress(ZEROS, quality=1), {"encoding": "br"}),
    "lz64": lambda: (lz64("0" * 3_000_000), {"compression": "lz64"}),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_while_it_unpacks_and_never_held_whole(name):
    body, hints = BOMBS[name]()
    assert len(body) < 1_000_000
    tracemalloc.start()
    with pytest.raises(BodyTooLarge):
        read_body(body, 1_000_000, **hints)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_a_body_over_the_limit_is_refused_before_it_is_read():
    with pytest.raises(BodyTooLarge):
        read_body(b"x" * 101, 100)


def test_many_small_values_are_refused_before_they_fill_the_memory():
    with pytest.raises(BodyTooLarge, match="values"):
        read_body(b"[" + b"[]," * 1_500_000 + b"[]]", 20_000_000)


@pytest.mark.parametrize("opened", ["[", '{"a":'])
@pytest.mark.parametrize("depth", [MAX_DEPTH + 2, 1_000, 100_000])
def test_deep_nesting_is_a_plain_refusal(opened, depth):
    closed = "]" if opened == "[" else "}"
    with pytest.raises(Undecodable, match="nested"):
        read_body((opened * depth + "1" + closed * depth).encode(), LIMIT)


def test_deep_nesting_is_refused_in_what_json_strictly_forbids_too():
    with pytest.raises(Undecodable, match="nested"):
        parse_json(b"[" * 1000 + b"NaN" + b"]" * 1000)


def test_the_deepest_allowed_nesting_passes():
    assert parse_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)


def test_brackets_inside_text_are_not_nesting():
    assert parse_json(json.dumps({"text": "[{" * 500}).encode()) == {"text": "[{" * 500}


def test_nul_characters_are_replaced_in_keys_and_values():
    assert parse_json(b'{"a\\u0000b": ["x\\u0000", {"c": "\\u0000"}]}') == {
        "a\ufffdb": ["x\ufffd", {"c": "\ufffd"}]
    }


def test_an_escaped_backslash_before_u0000_is_left_alone():
    assert parse_json(b'["\\\\u0000"]') == ["\\u0000"]


def test_half_a_surrogate_pair_is_replaced():
    assert parse_json(b'{"cut": "emoji \\ud83d", "whole": "\\ud83d\\ude00"}') == {
        "cut": "emoji \ufffd",
        "whole": "😀",
    }


def test_numbers_that_json_has_not_become_null():
    assert parse_json(b'{"a": NaN, "b": -Infinity, "c": 1}') == {"a": None, "b": None, "c": 1}


def test_bytes_that_are_no_utf8_are_replaced():
    assert parse_json(b'["caf\xe9"]') == ["caf\ufffd"]


@pytest.mark.parametrize("body", [b"", b"  ", b"hello", b"{", b'{"a":1}}', b"[1" + b"0" * 5000 + b"]"])
def test_what_is_no_json_is_refused(body):
    with pytest.raises(Undecodable):
        read_body(body, LIMIT)


def test_an_unknown_encoding_is_refused_as_such():
    with pytest.raises(UnsupportedEncoding, match="snappy"):
        read_body(JSON, LIMIT, encoding="snappy")
