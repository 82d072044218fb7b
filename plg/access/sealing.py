"""Secrets that must be read again are kept sealed: encrypted with a key that is not in the database."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac

from cryptography.fernet import Fernet
from flask import current_app


def seal(secret: str) -> str:
    """The secret for a column: AES-128-CBC with HMAC-SHA256 (Fernet)."""
    return _box().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """The secret again. Raises cryptography's InvalidToken where the server's secret_key is another one now."""
    return _box().decrypt(sealed.encode()).decode()


def keyed_hash(text: str) -> str:
    """For what is too short for a plain hash: nobody can try all values without the server's secret."""
    return hmac.new(_derived("keyed hashes"), text.encode(), hashlib.sha256).hexdigest()


def _box() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_derived("sealed secrets")))


def _derived(purpose: str) -> bytes:
    return _derive(current_app.config["SECRET_KEY"], purpose)


@functools.lru_cache(maxsize=64)
def _derive(key: str, purpose: str) -> bytes:
    return hmac.new(key.encode(), f"plg {purpose}".encode(), hashlib.sha256).digest()
