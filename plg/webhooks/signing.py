"""Secrets and signatures by Standard Webhooks (https://www.standardwebhooks.com, version 1.0.0)."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """`whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(id: str, moment: dt.datetime, body: str, keys: Iterable[str]) -> dict[str, str]:
    """The three headers of a webhook; one signature for each secret, whichever the receiver knows."""
    timestamp = str(int(moment.timestamp()))
    content = f"{id}.{timestamp}.{body}".encode()
    return {
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(key, content) for key in keys),
    }


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
