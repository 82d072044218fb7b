"""What a server may change about certificates: how they stand, and what they say; and what was changed before."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Final

from flask_openapi3 import Tag

from academy import certificates
from academy.certificates import history
from academy.endpoints.api import told
from academy.endpoints.award_shapes import CorrectionIn, HistoryOut, StandingIn
from academy.endpoints.shapes import CertificateOut, CertificatePath
from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires

ACTS: Final[dict[str, Callable[..., object]]] = {
    "revoke": certificates.revoke,
    "suspend": certificates.suspend,
    "reinstate": certificates.reinstate,
}

api = APIBlueprint(
    "academy_award_api",
    __name__,
    url_prefix="/v1/academy/certificates",
    abp_tags=[Tag(name="Academy")],
    abp_security=[{"secret": []}],
)


@api.post(
    "/<code>/standing",
    summary="Revoke, suspend or reinstate a certificate",
    responses={200: CertificateOut},
)
@requires("secret")
def change_certificate_standing(path: CertificatePath, body: StandingIn) -> dict[str, Any]:
    """It stays where it is, and says how it stands; what it had unlocked follows within seconds."""
    found = certificates.find(path.code)
    ACTS[body.act](found, body.reason, by=current_caller().actor)
    return told(certificates.find(path.code))


@api.post(
    "/<code>/corrections",
    summary="Correct the name or the title of a certificate",
    responses={200: CertificateOut},
)
@requires("secret")
def correct_certificate(path: CertificatePath, body: CorrectionIn) -> dict[str, Any]:
    """The next edition stands under the same code, with the same end; the holder gets a mail."""
    found, title = certificates.find(path.code), body.title.model_dump() if body.title else None
    by = current_caller().actor
    return told(certificates.correct(found, name=body.name, title=title, reason=body.reason, by=by))


@api.get("/<code>/history", summary="What was done about a certificate", responses={200: HistoryOut})
@requires("secret")
def get_certificate_history(path: CertificatePath) -> dict[str, Any]:
    entries = [dataclasses.asdict(each) for each in history.of(certificates.find(path.code))]
    return {"data": [each | {"code": certificates.grouped(each["code"])} for each in entries]}
