"""Where holders show what they earned."""

from __future__ import annotations

from urllib.parse import urlencode

from academy.certificates import CertificateFacts

LINKEDIN = "https://www.linkedin.com/profile/add"


def linkedin_url(facts: CertificateFacts, title: str, issuer: str, address: str) -> str:
    """The form of the holder's LinkedIn profile, filled in: LinkedIn's "Add to Profile" parameters
    (addtoprofile.linkedin.com). It changes nothing until they save it there."""
    given: dict[str, str | int] = {
        "startTask": "CERTIFICATION_NAME",
        "name": title,
        "organizationName": issuer,
        "issueYear": facts.issued_on.year,
        "issueMonth": facts.issued_on.month,
    }
    if facts.expires_on:
        given |= {"expirationYear": facts.expires_on.year, "expirationMonth": facts.expires_on.month}
    return f"{LINKEDIN}?{urlencode(given | {'certUrl': address, 'certId': facts.code})}"
