"""Who issues: the company, by the DID of its own domain (did:web), which controls the keys that sign."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from academy.badges import keys
from plg.settings import Settings


def did() -> str:
    """`did:web:<host of public_url>`; a port and a path follow as the method wants it."""
    address = urlsplit(_settings().public_url)
    host = address.netloc.rpartition("@")[2].replace(":", "%3A")
    return ":".join(["did:web", host, *address.path.strip("/").split("/")]).rstrip(":")


def address(path: str) -> str:
    """Of something that the world finds here; jobs, which serve no request, tell it, too."""
    return _settings().public_url + path


def method(multikey: str) -> str:
    """The DID URL of one of the issuer's keys."""
    return f"{did()}#{multikey}"


def profile() -> dict[str, Any]:
    """The issuer as it stands in a credential."""
    settings = _settings()
    told = {"id": did(), "type": ["Profile"], "name": settings.product_name}
    told |= {"url": settings.product_url or settings.public_url}
    image = {"image": {"id": address("/credentials/logo"), "type": "Image"}}
    return told | (image if settings.certificate_logo else {})


def did_document() -> dict[str, Any]:
    """What `did()` resolves to (DID Core 1.0, Multikey). At the very first call the first keys are made."""
    keys.ready()
    methods = [
        {
            "id": method(row.multikey),
            "type": "Multikey",
            "controller": did(),
            "publicKeyMultibase": row.multikey,
        }
        for row in keys.shown()
    ]
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": did(),
        "verificationMethod": methods,
        "assertionMethod": [each["id"] for each in methods],
    }


def _settings() -> Settings:
    settings: Settings = current_app.extensions["plg.settings"]
    return settings
