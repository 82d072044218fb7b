"""Data Integrity proofs with the suite eddsa-rdfc-2022 (W3C Data Integrity EdDSA Cryptosuites v1.0)."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from academy.badges import multikey
from academy.badges.canonical import CanonicalError, canonical

SUITE: Final = "eddsa-rdfc-2022"


def signed(
    document: dict[str, Any], key: Ed25519PrivateKey, method: str, created: dt.datetime
) -> dict[str, Any]:
    """The document with its proof. method: the DID URL of the key. The same in gives the same out."""
    options = {
        "type": "DataIntegrityProof",
        "created": stamp(created),
        "verificationMethod": method,
        "cryptosuite": SUITE,
        "proofPurpose": "assertionMethod",
    }
    signature = key.sign(_hashes(document, options))
    return document | {"proof": options | {"proofValue": multikey.encode(signature)}}


def holds(document: dict[str, Any], key: Ed25519PublicKey) -> bool:
    """Whether the document's proof is this key's signature of all that the document says."""
    bare = {name: value for name, value in document.items() if name != "proof"}
    options = dict(document["proof"])
    try:
        key.verify(multikey.decode(options.pop("proofValue")), _hashes(bare, options))
    except (InvalidSignature, CanonicalError, ValueError):
        return False
    return True


def stamp(moment: dt.datetime) -> str:
    """A moment as XML Schema's dateTime, to the second, in UTC."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _hashes(document: dict[str, Any], options: dict[str, Any]) -> bytes:
    """What is signed: the hash of the proof's options, then that of the document."""
    with_context = {"@context": document["@context"]} | options
    return b"".join(hashlib.sha256(canonical(each)).digest() for each in (with_context, document))
