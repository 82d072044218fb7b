"""The public page of a certificate, which is the authority on it, and the forms that check a code or a file."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, request, url_for
from werkzeug import Response

from academy import certificates, papers
from academy.certificates import CertificateFacts, CertificateNotFound
from academy.endpoints.page import page
from academy.endpoints.quiz_pages import percent_text
from academy.models import Certificate
from academy.papers import sharing
from plg.kit.caller import current_caller, requires
from plg.kit.rate_limits import limiter
from plg.settings import Settings
from plg.web.i18n import current_locale

bp = Blueprint("academy_certificates", __name__)


@bp.get("/certificates/<code>")
@requires("anonymous", "person", "staff")
@limiter.limit("120/minute")
def show(code: str) -> str | tuple[str, int] | Response:
    """Whoever has the code sees what was certified, to whom and when, and whether it still holds."""
    try:
        found = certificates.find(code)
    except CertificateNotFound:
        return page("verify.html", code=code[:100], missing=True), 404
    written = certificates.grouped(found.code)
    if code != written:
        return redirect(url_for("academy_certificates.show", code=written))
    return _page(found)


@bp.post("/certificates/<code>")
@requires("anonymous", "person", "staff")
@limiter.limit("30/minute")
def compare(code: str) -> str | tuple[str, int]:
    """Whether a PDF that somebody was given is one that was handed out here. The file is not kept."""
    found = certificates.find(code)
    content = _sent()
    if not content:
        return _page(found, checked="missing"), 422
    return _page(found, checked=_told(found, content))


def _sent() -> bytes:
    file = request.files.get("file")
    return file.read() if file else b""


def _told(certificate: Certificate, content: bytes) -> str:
    """`genuine`; `outdated`, where it was handed out before a correction; or `unknown`."""
    paper = papers.known(certificate, content)
    if paper is None:
        return "unknown"
    return "genuine" if paper.certificate_id == certificate.id else "outdated"


def _page(found: Certificate, **checked: str) -> str:
    facts = certificates.facts_of(found)
    settings: Settings = current_app.extensions["plg.settings"]
    title, address = facts.title[current_locale()], settings.public_url + _path(facts)
    return page(
        "certificate.html",
        facts=facts,
        title=title,
        address=address,
        score=percent_text(found.score),
        pass_mark=percent_text(10_000 * found.pass_mark),
        own=found.person_id == current_caller().person_id,
        sums=papers.sums(found),
        linkedin=sharing.linkedin_url(facts, title, settings.product_name, address),
        picture=settings.public_url + url_for("academy_certificate_files.picture", code=facts.code),
        **checked,
    )


def _path(facts: CertificateFacts) -> str:
    return url_for("academy_certificates.show", code=facts.code)


@bp.get("/verify")
@requires("anonymous", "person", "staff")
@limiter.limit("120/minute")
def verify() -> str | Response:
    """A form for the code that is printed on a certificate."""
    code = request.args.get("code", "")[:100].strip()
    if code:
        return redirect(url_for("academy_certificates.show", code=code.replace("/", "-")))
    return page("verify.html", code="", missing=False)


@bp.post("/verify")
@requires("anonymous", "person", "staff")
@limiter.limit("30/minute")
def find_by_file() -> str | tuple[str, int]:
    """The certificate for which a PDF was handed out, found by its sum."""
    content = _sent()
    found = papers.certificate_of(content) if content else None
    if found is None:
        return page("verify.html", code="", missing=False, checked="unknown" if content else "missing"), 422
    return _page(found, checked=_told(found, content))
