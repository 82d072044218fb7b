"""The public page of a certificate, and the form that finds one by its code."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, request, url_for
from flask_babel import format_date
from werkzeug import Response

from academy import certificates
from academy.certificates import CertificateNotFound
from academy.endpoints.page import page
from academy.endpoints.quiz_pages import percent_text
from plg.kit.caller import current_caller, requires
from plg.kit.rate_limits import limiter
from plg.web.i18n import current_locale

bp = Blueprint("academy_certificates", __name__)


@bp.get("/certificates/<code>")
@requires("anonymous", "person", "staff")
@limiter.limit("120/minute")
def show(code: str) -> str | tuple[str, int] | Response:
    """Whoever has the code sees what was certified, to whom and when."""
    try:
        found = certificates.find(code)
    except CertificateNotFound:
        return page("verify.html", code=code[:100], missing=True), 404
    written = certificates.grouped(found.code)
    if code != written:
        return redirect(url_for("academy_certificates.show", code=written))
    return page(
        "certificate.html",
        certificate=found,
        code=written,
        issued_on=certificates.issued_on(found),
        revoked_on=format_date(found.revocation.changed_at, "long") if found.revocation else None,
        title=found.course_title[current_locale()],
        score=percent_text(found.score),
        pass_mark=percent_text(10_000 * found.pass_mark),
        own=found.person_id == current_caller().person_id,
        address=current_app.extensions["plg.settings"].public_url + url_for(".show", code=written),
    )


@bp.get("/verify")
@requires("anonymous", "person", "staff")
@limiter.limit("120/minute")
def verify() -> str | Response:
    """A form for the code that is printed on a certificate."""
    code = request.args.get("code", "")[:100].strip()
    if code:
        return redirect(url_for("academy_certificates.show", code=code.replace("/", "-")))
    return page("verify.html", code="", missing=False)
