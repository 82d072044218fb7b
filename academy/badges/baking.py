"""Credentials inside of pictures, as Open Badges 3.0 says in 5.3: one `iTXt` chunk of a PNG with the keyword
`openbadgecredential`; one element `openbadges:credential` of an SVG."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from typing import Any, Final

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

NAMESPACE: Final = "https://purl.imsglobal.org/ob/v3p0"
KEYWORD: Final = b"openbadgecredential"
LARGEST: Final = 64 * 1024
"""Bytes of a credential; what is larger is none of ours."""

_PNG: Final = b"\x89PNG\r\n\x1a\n"


class NothingBakedError(ValueError):
    """The file is no picture that holds one credential."""


def into_png(picture: bytes, credential: dict[str, Any]) -> bytes:
    """The picture with the credential, uncompressed, behind its header."""
    text = json.dumps(credential, ensure_ascii=False, separators=(",", ":")).encode()
    return _PNG + b"".join(
        _chunk(kind, content) + (_chunk(b"iTXt", KEYWORD + b"\0\0\0\0\0" + text) if kind == b"IHDR" else b"")
        for kind, content in _chunks(picture)
    )


def into_svg(picture: bytes, credential: dict[str, Any]) -> bytes:
    """The picture, which is of our own making, with the credential as its first element."""
    text = json.dumps(credential, ensure_ascii=False).replace("]]>", "]]\\u003e")
    opened, rest = picture.decode().split(">", 1)
    head = f'{opened} xmlns:openbadges="{NAMESPACE}">'
    return f"{head}<openbadges:credential><![CDATA[{text}]]></openbadges:credential>{rest}".encode()


def out_of(file: bytes) -> str:
    """The credential's text in a PNG or an SVG that somebody sent. Raises NothingBakedError."""
    return _out_of_png(file) if file.startswith(_PNG) else _out_of_svg(file)


def _out_of_png(file: bytes) -> str:
    prefix = KEYWORD + b"\0"
    found = [content for kind, content in _chunks(file) if kind == b"iTXt" and content.startswith(prefix)]
    if len(found) != 1 or len(found[0]) < len(prefix) + 2:
        raise NothingBakedError("there is not exactly one credential in the picture")
    packed, method = found[0][len(prefix) : len(prefix) + 2]
    _language, _, rest = found[0][len(prefix) + 2 :].partition(b"\0")
    _translated, _, text = rest.partition(b"\0")
    if packed and method == 0:
        text = _unpacked(text)
    try:
        return text[: LARGEST + 1].decode()
    except UnicodeDecodeError:
        raise NothingBakedError("the credential is no text") from None


def _out_of_svg(file: bytes) -> str:
    try:
        root = ElementTree.fromstring(file, forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException, ValueError, LookupError):
        raise NothingBakedError("the file is no picture that can be read") from None
    found = list(root.iter(f"{{{NAMESPACE}}}credential"))
    if len(found) != 1:
        raise NothingBakedError("there is not exactly one credential in the picture")
    return (found[0].text or "").strip()


def _unpacked(content: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(content, LARGEST + 1)
    except zlib.error:
        raise NothingBakedError("the credential cannot be unpacked") from None


def _chunks(file: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each chunk; what is cut off ends the file."""
    at = len(_PNG)
    while at + 12 <= len(file):
        length = int.from_bytes(file[at : at + 4])
        yield file[at + 4 : at + 8], file[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return len(content).to_bytes(4) + kind + content + check.to_bytes(4)
