"""The code of a certificate: what is printed on it, and typed to find it."""

from __future__ import annotations

import re
import secrets
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 20
_MISREAD: Final = str.maketrans("OIL", "011")


def new_code() -> str:
    """100 bits in Crockford's base 32, which has no letters that look like digits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def grouped(code: str) -> str:
    """The code as people read it: `9F3K-7QWX-2M8D-VT4H-P6RB`."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def normalised(typed: str) -> str | None:
    """The code that somebody typed, in any case, with or without its hyphens; None where it can be none."""
    code = re.sub(r"[\s-]", "", typed[:100]).upper().translate(_MISREAD)
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None
