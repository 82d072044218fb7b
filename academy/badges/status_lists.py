"""Bitstring Status List (W3C, v1.0): whether an award was revoked or is suspended, told without telling whose."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from academy.badges import canonical, issuer, keys, proof
from academy.badges.models import Badge
from academy.certificate_models import CertificateStanding
from academy.certificate_standing import REVOCATION, SHORTENING, SUSPENSION
from academy.models import Certificate
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import NotFound

PURPOSE: Final = "revocation"
"""The one purpose, whether an award is revoked or, for a while, suspended: Open Badges 3.0 has room for one status
entry, and this is the one that every verifier looks for."""
SIZE: Final = 131_072
"""Places in a list: the least that the standard allows, so that an award is one of many."""


class StatusListNotFound(NotFound):
    pass


def entry(number: int, place: int) -> dict[str, str]:
    """What a credential says of its place in a list."""
    return {
        "id": f"{address(number)}#{place}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": PURPOSE,
        "statusListIndex": str(place),
        "statusListCredential": address(number),
    }


def address(number: int) -> str:
    """Where the list is found."""
    return issuer.address(f"/credentials/status/{number}")


def encoded(number: int) -> str:
    """The list as it stands now: a bit for each place, the first one the highest of the first byte; set where the
    award is revoked or suspended. Packed by gzip, as multibase base64url."""
    if not 1 <= number <= (db.session.scalar(select(func.max(Badge.status_list))) or 0):
        raise StatusListNotFound("There is no such status list.")
    bits = bytearray(SIZE // 8)
    for place in _set_places(number):
        bits[place // 8] |= 0x80 >> place % 8
    packed = gzip.compress(bytes(bits), mtime=0)
    return "u" + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def signed_list(number: int, bits: str) -> dict[str, Any]:
    """The credential that tells the list. bits: as `encoded` gives them."""
    key = keys.ready()
    private, at = keys.private(key), address(number)
    assert private is not None
    told = {
        "@context": [canonical.CREDENTIALS],
        "id": at,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer.did(),
        "credentialSubject": {
            "id": f"{at}#list",
            "type": "BitstringStatusList",
            "statusPurpose": PURPOSE,
            "encodedList": bits,
        },
    }
    return proof.signed(told, private, issuer.method(key.multikey), now())


def _set_places(number: int) -> Iterable[int]:
    here = select(Badge.status_place).join(Certificate, Certificate.code == Badge.code)
    here = here.join(CertificateStanding, CertificateStanding.certificate_id == Certificate.id)
    # + 0 keeps SQLite from walking the whole list: few of its awards have a standing, and these lead to their places.
    return db.session.scalars(
        here.where(Badge.status_list + 0 == number, or_(_is_revoked(), _is_suspended()))
    )


def _is_revoked() -> ColumnElement[bool]:
    """For good, or because it was shortened: credentials that were handed out say a later end."""
    over = and_(CertificateStanding.kind == SHORTENING, CertificateStanding.expires_at <= now())
    return or_(CertificateStanding.kind == REVOCATION, over)


def _is_suspended() -> ColumnElement[bool]:
    """The newest edition is, and was not reinstated since."""
    newer, later = aliased(Certificate), aliased(CertificateStanding)
    corrected = select(newer.id).where(newer.code == Certificate.code, newer.edition > Certificate.edition)
    changed = select(later.number).where(
        later.certificate_id == CertificateStanding.certificate_id,
        later.number > CertificateStanding.number,
        later.kind != SHORTENING,
    )
    return and_(CertificateStanding.kind == SUSPENSION, ~corrected.exists(), ~changed.exists())
