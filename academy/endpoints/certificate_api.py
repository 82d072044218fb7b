"""Certificates by API: the file to print and to keep."""

from __future__ import annotations

from flask import Response
from flask_openapi3 import Tag

from academy import certificates
from academy.endpoints.api import ACTORS
from academy.endpoints.certificate_files import pdf_answer
from academy.endpoints.shapes import CertificatePath, Locale
from plg.kit.api import APIBlueprint
from plg.kit.caller import requires
from plg.kit.query import Query
from plg.kit.rate_limits import limiter

PDF = {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}

api = APIBlueprint(
    "academy_certificate_api",
    __name__,
    url_prefix="/v1/academy/certificates",
    abp_tags=[Tag(name="Academy")],
    abp_security=ACTORS,
)


class PaperQuery(Query):
    locale: Locale = "en"


@api.get(
    "/<code>/pdf",
    summary="A certificate as a PDF to print and to keep",
    description="PDF/A-3a and PDF/UA-1. 409 `paper_not_printable` where no font has a letter of the name: the "
    "setting `certificate_fonts` adds fonts.",
    responses={200: PDF},
)
@requires("secret", "user")
@limiter.limit("60/minute")
def get_certificate_pdf(path: CertificatePath, query: PaperQuery) -> Response:
    return pdf_answer(certificates.find(path.code), query.locale)
