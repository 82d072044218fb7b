"""The badge of a certificate as a picture: plain, and with the credential inside, to be kept and shown elsewhere."""

from __future__ import annotations

from flask import Blueprint, Response, current_app

from academy import badges, certificates, papers
from academy.badges import baking
from academy.papers import brand
from plg.kit.caller import requires
from plg.kit.errors import NotFound
from plg.kit.rate_limits import limiter

bp = Blueprint("academy_badge_pictures", __name__)
EVERYBODY = requires("anonymous", "person", "staff")
SVG = "image/svg+xml"


class LogoNotFound(NotFound):
    pass


@bp.get("/certificates/<code>/image.png")
@EVERYBODY
@limiter.limit("120/minute")
def image(code: str) -> Response:
    """What wallets show of the credential, which names this address."""
    found = certificates.find(code)
    answer = _answer(papers.emblem(found, badges.language_of(found), "png"), "image/png")
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer


@bp.get("/certificates/<code>/badge.png")
@EVERYBODY
@limiter.limit("60/minute")
def png(code: str) -> Response:
    """To be kept: the credential goes with the picture."""
    found = certificates.find(code)
    credential = badges.published(found)
    picture = papers.emblem(found, badges.language_of(found), "png")
    return _kept(baking.into_png(picture, credential), "image/png", f"{certificates.grouped(found.code)}.png")


@bp.get("/certificates/<code>/badge.svg")
@EVERYBODY
@limiter.limit("60/minute")
def svg(code: str) -> Response:
    """The same, for any size."""
    found = certificates.find(code)
    credential = badges.published(found)
    picture = papers.emblem(found, badges.language_of(found), "svg")
    return _kept(baking.into_svg(picture, credential), SVG, f"{certificates.grouped(found.code)}.svg")


@bp.get("/credentials/logo")
@EVERYBODY
@limiter.limit("600/minute")
def logo() -> Response:
    """The issuer's, of which credentials say that it is here."""
    found = brand.of(current_app.extensions["plg.settings"]).logo
    if found is None:
        raise LogoNotFound("The issuer has no logo.")
    answer = _answer(found.encode(), SVG)
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


def _kept(content: bytes, mimetype: str, name: str) -> Response:
    answer = _answer(content, mimetype)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def _answer(content: bytes, mimetype: str) -> Response:
    answer = Response(content, mimetype=mimetype)
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer
