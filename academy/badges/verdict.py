"""What a credential is worth: whether it was issued here, and unchanged, and how the award stands now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from academy import certificates
from academy.badges import canonical, credential, issuer, keys, multikey, parsing, proof
from academy.badges.parsing import UnreadableError
from academy.certificates import CertificateFacts, CertificateNotFound

Finding = Literal[
    "valid",
    "expired",
    "suspended",
    "revoked",
    "renewed",
    "corrected",
    "tampered",
    "wrong_controller",
    "withdrawn_key",
    "other_issuer",
    "unknown",
    "unreadable",
]
FINDINGS: Final[tuple[Finding, ...]] = get_args(Finding)


@dataclass(frozen=True)
class Verdict:
    """finding: the first five are how the award stands now; `corrected`: it holds, but says something else by now;
    `tampered`: something was changed since it was signed; `wrong_controller`: signed by a key that is another's;
    `withdrawn_key`: by one that counts no more; `other_issuer`: somebody else's, of which nothing is known here;
    `unknown`: signed here, for no award that exists. facts: of the award, where it is genuine."""

    finding: Finding
    facts: CertificateFacts | None = None


def judge(file: bytes) -> Verdict:
    """Of a credential as JSON, or a PNG or SVG that holds one. Nothing is fetched, nothing is kept."""
    try:
        document = parsing.read(file)
        said, signed_by = _issuer_and_method(document)
    except UnreadableError:
        return Verdict("unreadable")
    if said != issuer.did():
        return Verdict("other_issuer")
    fault = _fault_of_signature(document, signed_by)
    return Verdict(fault) if fault else _standing(document)


def _issuer_and_method(document: dict[str, Any]) -> tuple[str, str]:
    said, options, kinds = document.get("issuer"), document.get("proof"), document.get("type")
    name = said.get("id") if isinstance(said, dict) else said
    if not isinstance(options, dict) or not isinstance(kinds, list) or "OpenBadgeCredential" not in kinds:
        raise UnreadableError("is no signed badge")
    if not isinstance(name, str) or not all(isinstance(value, str) for value in options.values()):
        raise UnreadableError("does not say who issued it")
    return name, options.get("verificationMethod", "")


def _fault_of_signature(document: dict[str, Any], signed_by: str) -> Finding | None:
    controller, _, named = signed_by.partition("#")
    if controller != issuer.did():
        return "wrong_controller"
    if document.get("@context") != [canonical.CREDENTIALS, canonical.OPEN_BADGES]:
        return "tampered"
    key = keys.find(named)
    if key is None:
        return "wrong_controller"
    if key.withdrawn_at is not None:
        return "withdrawn_key"
    options = document["proof"]
    as_ours = options.get("cryptosuite") == proof.SUITE and options.get("proofPurpose") == "assertionMethod"
    holds = as_ours and proof.holds(document, multikey.public_key(key.multikey))
    return None if holds else "tampered"


def _standing(document: dict[str, Any]) -> Verdict:
    try:
        found = certificates.find(str(document.get("id")).rpartition("/")[2])
    except CertificateNotFound:
        return Verdict("unknown")
    facts = certificates.facts_of(found)
    is_newest = document.get("validFrom") == proof.stamp(credential.valid_from(found))
    return Verdict(facts.status if is_newest or facts.status != "valid" else "corrected", facts)
