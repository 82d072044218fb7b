"""Certificates: issued once for a passed attempt, found by their code, shown as facts."""

from academy.certificates.codes import ALPHABET, grouped, new_code, normalised
from academy.certificates.facts import CertificateFacts, facts_of
from academy.certificates.finding import CertificateNotFound, find, issued_on, of_attempt, of_person
from academy.certificates.issuing import issue

__all__ = [
    "ALPHABET",
    "CertificateFacts",
    "CertificateNotFound",
    "facts_of",
    "find",
    "grouped",
    "issue",
    "issued_on",
    "new_code",
    "normalised",
    "of_attempt",
    "of_person",
]
