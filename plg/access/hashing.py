"""Hashes: slow ones for what people choose, fast ones for what we drew at random."""

from __future__ import annotations

import functools
import hashlib

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app


def hash_token(token: str) -> str:
    """SHA-256: enough for tokens of 128 random bits and more; looked up by equality of the hash."""
    return hashlib.sha256(token.encode()).hexdigest()


@functools.cache
def _hasher(time_cost: int, memory_kib: int) -> PasswordHasher:
    return PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)


def _password_hasher() -> PasswordHasher:
    settings = current_app.extensions["plg.settings"]
    return _hasher(settings.argon2_time_cost, settings.argon2_memory_kib)


def hash_password(password: str) -> str:
    return _password_hasher().hash(password)


def outdated(stored: str) -> bool:
    """Whether the hash was made with other costs than those of today."""
    return _password_hasher().check_needs_rehash(stored)


@functools.cache
def _nobodys_hash(time_cost: int, memory_kib: int) -> str:
    return _hasher(time_cost, memory_kib).hash("nobody has this password")


def verify_password(stored: str | None, password: str) -> bool:
    """Takes as long for an unknown person (stored is None) as for a known one."""
    hasher = _password_hasher()
    settings = current_app.extensions["plg.settings"]
    known = stored or _nobodys_hash(settings.argon2_time_cost, settings.argon2_memory_kib)
    try:
        return hasher.verify(known, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False
