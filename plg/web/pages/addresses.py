"""Addresses: absolute ones for mails, and safe ones to go on to."""

from __future__ import annotations

from typing import Any

from flask import current_app, url_for


def public_url(endpoint: str, **values: Any) -> str:
    """The address of a page as the world reaches it, for mails: under `public_url`, never the Host header."""
    return current_app.extensions["plg.settings"].public_url + url_for(endpoint, **values)


def local_path(target: str | None, otherwise: str) -> str:
    """`target` if it is a path of this very site; a way elsewhere (`//host`, `/\\host`, what browsers drop
    such as tabs) is refused and `otherwise` taken."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return otherwise
    if "\\" in target or any(ord(letter) <= 0x20 or ord(letter) == 0x7F for letter in target):
        return otherwise
    return target
