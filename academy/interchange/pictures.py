"""Pictures of texts: those that stand in a file are kept under names that a course can have."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import unquote

from academy.interchange.carrying import slug

MAX_BYTES: Final = 5_000_000
MAX_TOTAL: Final = 50_000_000
STARTS: Final[dict[str, re.Pattern[bytes]]] = {
    "png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "jpg": re.compile(rb"\xff\xd8\xff"),
    "gif": re.compile(rb"GIF8[79]a"),
    "webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}
"""How a picture of each ending begins."""
DATA: Final = re.compile(r"data:image/[a-z+]+;base64,(?P<data>[A-Za-z0-9+/=\s]+)")


class Pictures:
    """What was kept so far, by name."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def among(self, bring: Callable[[str], bytes | None]) -> Callable[[str], str | None]:
        """What `Files` is for a text, whose pictures `bring` gives by their address."""

        def address(source: str) -> str | None:
            inline, path = DATA.fullmatch(source.strip()), unquote(source.strip())
            content = decoded(inline["data"]) if inline else bring(path)
            return self._keep("picture" if inline else path, content)

        return address

    def _keep(self, source: str, content: bytes | None) -> str | None:
        if not content or len(content) > MAX_BYTES:
            return None
        ending = next((each for each, start in STARTS.items() if start.match(content)), None)
        if ending is None or sum(map(len, self.kept.values())) + len(content) > MAX_TOTAL:
            return None
        stem = slug(source.rpartition("/")[2].rpartition(".")[0])[:40] or "picture"
        name = f"{stem}-{hashlib.sha256(content).hexdigest()[:8]}.{ending}"
        self.kept[name] = content
        return f"files/{name}"


def named(files: Mapping[str, bytes]) -> Callable[[str], bytes | None]:
    """Brings files by the last part of their address."""
    return lambda source: files.get(source.rpartition("/")[2])


def decoded(text: str) -> bytes | None:
    """The bytes of base64; None where it is none."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
