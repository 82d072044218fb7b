"""The canonical form of a JSON-LD document (RDFC-1.0), by the contexts that are bundled. Nothing is ever fetched."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any, Final

from pyld import jsonld

CREDENTIALS: Final = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES: Final = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"

_FOLDER = Path(__file__).parent / "contexts"
_FILES: Final = {CREDENTIALS: "credentials-v2.jsonld", OPEN_BADGES: "ob-v3p0-3.0.3.json"}
_one_at_a_time = threading.Lock()  # pyld's caches are no place for two threads


class CanonicalError(ValueError):
    """The document has no canonical form: its context is not bundled, or a name in it is defined by none."""


def canonical(document: dict[str, Any]) -> bytes:
    """The document's statements as sorted N-Quads. CanonicalError where one of its names would be left out."""
    options = {
        "algorithm": "URDNA2015",
        "format": "application/n-quads",
        "documentLoader": _bundled,
        "base": "",
    }
    processor = jsonld.JsonLdProcessor(on_property_dropped=_refuse)
    try:
        with _one_at_a_time:
            return str(processor.normalize(document, options)).encode()
    except jsonld.JsonLdError as error:
        raise CanonicalError(str(error)) from error


def _refuse(name: str) -> None:
    raise CanonicalError(f"{name} is defined by no context")


def _bundled(url: str, _options: Any) -> dict[str, Any]:
    if url not in _CONTEXTS:
        raise CanonicalError(f"the context {url} is not bundled")
    return {
        "contentType": "application/ld+json",
        "tag": "static",
        "contextUrl": None,
        "documentUrl": url,
        "document": _CONTEXTS[url],
    }


_CONTEXTS: Final[dict[str, Any]] = {
    url: json.loads((_FOLDER / name).read_text(encoding="utf-8")) for url, name in _FILES.items()
}
