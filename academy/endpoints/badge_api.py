"""Badges by API: the signed credential of a certificate."""

from __future__ import annotations

from flask import Response
from flask_openapi3 import Tag

from academy import badges, certificates
from academy.endpoints.api import ACTORS
from academy.endpoints.badge_doors import credential_answer
from academy.endpoints.shapes import CertificatePath
from plg.kit.api import APIBlueprint
from plg.kit.caller import requires
from plg.kit.rate_limits import limiter

CREDENTIAL = {"content": {"application/vc+ld+json": {"schema": {"type": "object"}}}}

api = APIBlueprint(
    "academy_badge_api",
    __name__,
    url_prefix="/v1/academy/certificates",
    abp_tags=[Tag(name="Academy")],
    abp_security=ACTORS,
)


@api.get(
    "/<code>/credential",
    summary="A certificate as a signed Open Badges 3.0 credential",
    description="An AchievementCredential with a Data Integrity proof (eddsa-rdfc-2022) of the issuer `did:web` of "
    "plg's own address. It stays the same when the certificate is revoked or suspended: its status lists tell that.",
    responses={200: CREDENTIAL},
)
@requires("secret", "user")
@limiter.limit("600/minute")
def get_certificate_credential(path: CertificatePath) -> Response:
    return credential_answer(badges.published(certificates.find(path.code)))
