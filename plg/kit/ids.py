"""Identifiers that people see: a prefix that says what it is, and letters nobody can guess."""

import secrets
import uuid

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZabcdefghjkmnpqrstvwxyz"


def new_id(prefix: str, length: int = 20) -> str:
    """`new_id("acct")` -> `acct_7Xk…`; 20 letters carry 114 bits."""
    return f"{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(length))


def new_event_id() -> str:
    return str(uuid.uuid4())
