"""Answers to what went wrong: problem details (RFC 9457) for programs, a page for people."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, Response, current_app, g, jsonify, render_template, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from plg.kit.db import db, is_transient
from plg.kit.errors import BadRequest, Fault, Refusal, TryAgain, Unauthorized, Unprocessable
from plg.web.i18n import N_

log = structlog.get_logger()

PAGE_TEXTS = {
    "already_subscribed": N_("Your workspace has this plan already."),
    "checkout_busy": N_("Somebody else is opening a checkout for your workspace. Try again in a moment."),
    "last_owner": N_("A workspace keeps at least one owner."),
    "no_customer": N_("Your workspace has no billing to look after yet."),
    "not_for_sale": N_("This plan cannot be bought at the moment."),
    "payments_not_set_up": N_("Payments are not set up here yet."),
    "payments_unavailable": N_("Payments do not answer at the moment. Nothing was charged; try again soon."),
    "upgrade_request_not_found": N_("This request is not open any more."),
}
"""What people are told of a refusal, by its code; of all others, what its status says."""


class InvalidRequest(Unprocessable):
    """Something in path, query, headers or body is not of the documented form."""


class InternalError(Refusal):
    status = 500
    title = "Something went wrong on our side"


class CsrfTokenMissing(BadRequest):
    pass


def init_problems(app: Flask) -> None:
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(Exception, _unexpected)


def validation_problem(error: ValidationError) -> Response:
    """flask-openapi3's callback: every fault of the request at once."""
    faults = [Fault(".".join(map(str, e["loc"])) or "body", e["msg"]) for e in error.errors()]
    return problem_response(InvalidRequest("The request has faults.", errors=faults))


def problem_response(refusal: Refusal) -> Response:
    response = jsonify(refusal.to_problem() | {"request_id": g.get("request_id")})
    response.status_code = refusal.status
    response.mimetype = "application/problem+json"
    if refusal.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="plg"'
    if retry_after := refusal.data.get("retry_after"):
        response.headers["Retry-After"] = str(retry_after)
    return response


def wants_page() -> bool:
    """Whether a person looks at the answer; who brings a key is a program."""
    if request.path.startswith("/v1/") or request.authorization or "X-Plg-Key" in request.headers:
        return False
    return request.accept_mimetypes.accept_html


def _answer(refusal: Refusal) -> Response:
    db.session.rollback()
    if not wants_page():
        return problem_response(refusal)
    if isinstance(refusal, Unauthorized) and request.method == "GET":
        return current_app.extensions["plg.sign_in"]()
    said = PAGE_TEXTS.get(refusal.code)
    shown = {"code": refusal.status, "detail": gettext(said) if said else ""}
    page = render_template("error.html", request_id=g.get("request_id"), **shown)
    return Response(page, refusal.status, mimetype="text/html")


def _refused(refusal: Refusal) -> Response:
    return _answer(refusal)


def _http_error(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    names = {404: "NotFound", 405: "MethodNotAllowed", 413: "TooLarge", 415: "UnsupportedMediaType"}
    kind: Any = type(names.get(error.code, error.name.replace(" ", "")), (Refusal,), {})
    kind.status, kind.title = error.code, error.name
    response = _answer(kind(error.description or error.name))
    for name, value in error.get_headers():
        if name.lower() in {"retry-after", "allow"}:
            response.headers[name] = value
    return response


def _csrf_error(error: CSRFError) -> Response:
    return _answer(CsrfTokenMissing(error.description or "The form has expired. Load the page again."))


def _unexpected(error: Exception) -> Response:
    if is_transient(error):
        log.warning("the database could not take it", error=str(error))
        return _answer(TryAgain(retry_after=1))
    log.exception("unexpected error")
    return _answer(InternalError("It has been recorded. Nothing was changed; try again in a moment."))
