"""Ed25519 keys and signatures as text: base58 with the alphabet of Bitcoin, behind a `z` (multibase); keys as W3C's
Multikey, which begins with the two bytes 0xed01."""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES: Final = {letter: value for value, letter in enumerate(_ALPHABET)}
_ED25519: Final = b"\xed\x01"
_LONGEST: Final = 200


def encode(content: bytes) -> str:
    """The bytes as multibase base58btc."""
    number, letters = int.from_bytes(content), ""
    while number:
        number, rest = divmod(number, 58)
        letters = _ALPHABET[rest] + letters
    zeros = len(content) - len(content.lstrip(b"\0"))
    return "z" + "1" * zeros + letters


def decode(text: str) -> bytes:
    """`encode`'s inverse; ValueError for anything else."""
    if not text.startswith("z") or len(text) > _LONGEST or not set(text[1:]) <= _VALUES.keys():
        raise ValueError("is no multibase base58btc")
    number = 0
    for letter in text[1:]:
        number = number * 58 + _VALUES[letter]
    zeros = len(text) - 1 - len(text[1:].lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)


def multikey(key: Ed25519PublicKey) -> str:
    """The key as it stands in a DID document: `z6Mk…`."""
    return encode(_ED25519 + key.public_bytes_raw())


def public_key(text: str) -> Ed25519PublicKey:
    """`multikey`'s inverse; ValueError for anything else."""
    content = decode(text)
    if not content.startswith(_ED25519):
        raise ValueError("is no Ed25519 key")
    return Ed25519PublicKey.from_public_bytes(content.removeprefix(_ED25519))
