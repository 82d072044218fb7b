"""Doors for wallets and other programs that check credentials: the credential, who issued it, what became of it."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Blueprint, Response, jsonify, request

from academy import badges, certificates
from academy.badges import status_lists
from plg.kit.caller import requires
from plg.kit.rate_limits import limiter

bp = Blueprint("academy_badges", __name__)
CREDENTIAL = "application/vc+ld+json"


@bp.get("/.well-known/did.json")
@bp.get("/did.json")
@requires("anonymous", "person", "staff")
@limiter.limit("1000/minute")
def did_document() -> Response:
    """The issuer's keys. Where `public_url` has a path, `did:web` looks for it at that path."""
    answer = _json(badges.did_document(), "application/did+json")
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer


@bp.get("/certificates/<code>/credential.json")
@requires("anonymous", "person", "staff")
@limiter.limit("120/minute")
def credential(code: str) -> Response:
    """Whoever has the code may have the credential. It is the same when the award is revoked: the lists tell that."""
    return credential_answer(badges.published(certificates.find(code)))


def credential_answer(credential: dict[str, Any]) -> Response:
    """As wallets want it."""
    answer = _json(credential, CREDENTIAL)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


@bp.get("/credentials/status/<int:number>")
@requires("anonymous", "person", "staff")
@limiter.limit("1000/minute")
def status_list(number: int) -> Response:
    """Sent again only where it changed since the reader last saw it: what is revoked or suspended is seen at once."""
    bits = status_lists.encoded(number)
    tag = hashlib.sha256(f"{number} {bits}".encode()).hexdigest()[:32]
    if request.if_none_match.contains_weak(tag):
        answer = Response(status=304)
    else:
        answer = _json(status_lists.signed_list(number, bits), CREDENTIAL)
    answer.set_etag(tag, weak=True)
    answer.headers["Cache-Control"] = "public, no-cache"
    return answer


@bp.after_request
def _allow_any_origin(answer: Response) -> Response:
    """Wallets that run in browsers read these from pages of their own; no cookie says anything here."""
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def _json(told: dict[str, Any], media_type: str) -> Response:
    answer = jsonify(told)
    answer.mimetype = media_type
    return answer
