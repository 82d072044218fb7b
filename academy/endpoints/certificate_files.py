"""Certificates as files: the PDF, and the picture for previews of links."""

from __future__ import annotations

from flask import Blueprint, Response
from werkzeug import Response as AnyResponse

from academy import certificates, papers
from academy.endpoints.page import page
from academy.models import Certificate
from academy.papers import PaperNotPrintable
from plg.kit.caller import requires
from plg.kit.db import db
from plg.kit.rate_limits import limiter
from plg.web.i18n import current_locale

bp = Blueprint("academy_certificate_files", __name__)

EVERYBODY = requires("anonymous", "person", "staff")


@bp.get("/certificates/<code>.pdf")
@EVERYBODY
@limiter.limit("30/minute")
def pdf(code: str) -> AnyResponse | tuple[str, int]:
    """The certificate to print and to keep, in the reader's language or that of `?lang=`."""
    found = certificates.find(code)
    try:
        return pdf_answer(found, current_locale())
    except PaperNotPrintable:
        return page("not_printable.html", code=certificates.grouped(found.code)), PaperNotPrintable.status


def pdf_answer(certificate: Certificate, locale: str) -> Response:
    """The file as a download. It is never kept by a cache: whoever asks again may get a corrected one."""
    paper = papers.hand_out(certificate, locale)
    db.session.commit()
    answer = Response(paper.content, mimetype="application/pdf")
    name = f"{certificates.grouped(certificate.code)}-{locale}.pdf"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return _unseen(answer)


@bp.get("/certificates/<code>.png")
@EVERYBODY
@limiter.limit("30/minute")
def picture(code: str) -> Response:
    """What networks show beside a shared link."""
    found = certificates.find(code)
    answer = Response(papers.picture(found, current_locale()), mimetype="image/png")
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return _unseen(answer)


def _unseen(answer: Response) -> Response:
    """No search engine lists it, as little as the page."""
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers.setdefault("Cache-Control", "private, no-store")
    return answer
