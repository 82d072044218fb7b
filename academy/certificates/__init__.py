"""Certificates: issued once for a passed attempt, found by their code, shown as facts. What comes later, such as a
renewal, a correction or a revocation, is added to what was there and changes nothing of it."""

from academy.certificates.codes import ALPHABET, grouped, new_code, normalised
from academy.certificates.correcting import CorrectionFaulty, correct
from academy.certificates.facts import CertificateFacts, facts_of, facts_of_all
from academy.certificates.finding import (
    CertificateNotFound,
    chain_of,
    ends_at,
    find,
    issued_on,
    of_attempt,
    of_person,
)
from academy.certificates.issuing import issue, name_for
from academy.certificates.renewing import renews
from academy.certificates.standings import (
    CertificateReplaced,
    CertificateRevoked,
    reinstate,
    revoke,
    suspend,
)

__all__ = [
    "ALPHABET",
    "CertificateFacts",
    "CertificateNotFound",
    "CertificateReplaced",
    "CertificateRevoked",
    "CorrectionFaulty",
    "chain_of",
    "correct",
    "ends_at",
    "facts_of",
    "facts_of_all",
    "find",
    "grouped",
    "issue",
    "issued_on",
    "name_for",
    "new_code",
    "normalised",
    "of_attempt",
    "of_person",
    "reinstate",
    "renews",
    "revoke",
    "suspend",
]
