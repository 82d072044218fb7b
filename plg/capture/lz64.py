"""lz-string's base64 form, as old posthog-js sends it: an LZ78 code, six bits in each character.

The format is lz-string's own; this reader stops as soon as more comes out than is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

_ALPHABET = {c: v for v, c in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")}
_WIDE = {0: 8, 1: 16}  # codes that announce a character not met before, by its width in bits
_END = 2


class CodeError(ValueError):
    """Not lz-string's base64 form, or cut short."""


class SizeError(ValueError):
    """More would come out than the limit."""


def decompress(data: bytes, limit: int) -> bytes:
    """The text behind `data` as UTF-8 of at most `limit` bytes. Raises CodeError or SizeError."""
    pieces: list[str] = []
    size = 0
    for piece in _entries(_bit_reader(data)):
        size += len(piece)
        if size > limit:
            raise SizeError
        pieces.append(piece)
    text = "".join(pieces).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()
    if len(text) > limit:
        raise SizeError
    return text


def _bit_reader(data: bytes) -> Callable[[int], int]:
    """A function that reads the next number of so many bits, its lowest bit first."""
    try:
        bits = iter("".join(f"{_ALPHABET[c]:06b}" for c in data.decode("ascii").strip().rstrip("=")))
    except (KeyError, UnicodeDecodeError) as error:
        raise CodeError from error

    def read(width: int) -> int:
        try:
            return sum((next(bits) == "1") << place for place in range(width))
        except (StopIteration, RuntimeError) as error:
            raise CodeError from error

    return read


def _entries(read: Callable[[int], int]) -> Iterator[str]:
    table = ["", "", ""]  # places 0 to 2 are codes, not text
    width, room, previous = 2, 1, ""
    while (code := read(width)) != _END:
        if code in _WIDE:
            entry = chr(read(_WIDE[code]))
            table.append(entry)
            room -= 1
            if not room:
                room, width = 1 << width, width + 1
        elif code < len(table):
            entry = table[code]
        elif code == len(table) and previous:
            entry = previous + previous[0]
        else:
            raise CodeError
        yield entry
        if previous:
            table.append(previous + entry[0])
            room -= 1
            if not room:
                room, width = 1 << width, width + 1
        previous = entry
