"""Open Badges 3.0: every certificate as a signed credential that wallets and other programs can check.

Owns the issuer's keys, and of each certificate its place in the status lists and whom its credential names.
"""

from academy.badges.credential import credential_of, language_of, prepare, published
from academy.badges.issuer import did, did_document

__all__ = ["credential_of", "did", "did_document", "language_of", "prepare", "published"]
