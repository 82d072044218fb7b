"""Answers to what went wrong: problem details (RFC 9457) for programs, a page for people."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, Response, current_app, g, jsonify, render_template, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from plg.kit.db import db, is_transient, is_unstorable
from plg.kit.errors import BadRequest, Fault, Refusal, TryAgain, Unauthorized, Unprocessable
from plg.kit.faults import faults_of
from plg.web.i18n import N_

log = structlog.get_logger()

PAGE_TEXTS = {
    "already_subscribed": N_("Your workspace has this plan already."),
    "checkout_busy": N_("Somebody else is opening a checkout for your workspace. Try again in a moment."),
    "last_owner": N_("A workspace keeps at least one owner."),
    "no_customer": N_("Your workspace has no billing to look after yet."),
    "no_workspace": N_("You belong to no workspace yet. Open one of your own, or join your colleagues."),
    "not_joinable": N_(
        "This workspace takes in nobody with your address. Ask a colleague for an invitation."
    ),
    "workspace_closing": N_(
        "This workspace is about to be deleted. Until an owner keeps it, nothing in it can be changed."
    ),
    "not_for_sale": N_("This plan cannot be bought at the moment."),
    "change_under_way": N_(
        "Another change of your plan is being made at this moment. Look again in a minute."
    ),
    "not_pausable": N_("This subscription cannot be paused."),
    "not_paused": N_("Your subscription is not paused."),
    "nothing_to_change": N_("Your workspace pays for nothing that could be changed."),
    "offer_gone": N_("This is not offered any more."),
    "payment_overdue": N_("The last payment has not gone through. Pay it first, then change your plan."),
    "quote_expired": N_("This price is out of date, and nothing was charged. Choose the plan again."),
    "subscription_paused": N_("Your subscription is paused. Resume it first."),
    "payments_not_set_up": N_("Payments are not set up here yet."),
    "payments_unavailable": N_("Payments do not answer at the moment. Nothing was charged; try again soon."),
    "upgrade_request_not_found": N_("This request is not open any more."),
}
"""What people are told of a refusal, by its code; of all others, what its status says."""


class InvalidRequest(Unprocessable):
    """Something in path, query, headers or body is not of the documented form."""


class MalformedJson(BadRequest):
    """The body cannot be read as JSON."""

    title = "The body is no JSON"


class ValueNotStorable(BadRequest):
    """A value that no database column takes."""

    title = "A value cannot be stored"


class UnsupportedMediaType(Refusal):
    status = 415
    title = "The body is of another type than JSON"


class InternalError(Refusal):
    status = 500
    title = "Something went wrong on our side"


class CsrfTokenMissing(BadRequest):
    pass


_NO_OBJECT = frozenset({"model_type", "model_attributes_type", "json_invalid"})


def init_problems(app: Flask) -> None:
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(Exception, _unexpected)


def validation_problem(error: ValidationError) -> Response:
    """flask-openapi3's callback: every fault of the request at once."""
    if any(not e["loc"] and e["type"] in _NO_OBJECT for e in error.errors()):
        return problem_response(_unreadable_body())
    return problem_response(InvalidRequest(errors=request_faults(error)))


def request_faults(error: ValidationError) -> list[Fault]:
    """The faults of a request in plain words."""
    return faults_of(error, whole="body")


def _unreadable_body() -> Refusal:
    """Why the body is no JSON object."""
    if not request.get_data():
        return MalformedJson("The body is empty; send a JSON object.")
    if not request.is_json:
        return UnsupportedMediaType("Send JSON, with the header `Content-Type: application/json`.")
    try:
        current_app.json.loads(request.get_data())
    except ValueError as error:
        return MalformedJson(f"The body cannot be read: {error}.")
    return InvalidRequest(errors=[Fault("body", "must be a JSON object")])


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
    kind, detail = _kind_of(error)
    response = _answer(kind(detail))
    for name, value in error.get_headers():
        if name.lower() in {"retry-after", "allow"}:
            response.headers[name] = value
    return response


def _kind_of(error: HTTPException) -> tuple[type[Refusal], str]:
    """The refusal that an error of Flask's is, and what to do about it."""
    names = {404: "NotFound", 405: "MethodNotAllowed", 413: "TooLarge", 415: "UnsupportedMediaType"}
    kind: Any = type(names.get(error.code or 0, error.name.replace(" ", "")), (Refusal,), {})
    kind.status, kind.title = error.code, error.name
    details = {
        404: f"There is nothing at {request.path[:200]}. The API is described at /api.",
        405: f"{request.method} is not possible at {request.path[:200]}; the header Allow says what is.",
        413: f"The body is too large: at most {current_app.config['MAX_CONTENT_LENGTH']} bytes.",
        429: f"Too many calls: at most {error.description}. Wait as long as Retry-After says.",
    }
    return kind, details.get(error.code or 0, error.description or error.name)


def _csrf_error(error: CSRFError) -> Response:
    return _answer(CsrfTokenMissing(error.description or "The form has expired. Load the page again."))


def _unexpected(error: Exception) -> Response:
    if is_transient(error):
        log.warning("the database could not take it", error=str(error))
        return _answer(TryAgain(retry_after=1))
    if is_unstorable(error):
        return _answer(ValueNotStorable("A text holds the character NUL, or a number is out of range."))
    log.exception("unexpected error")
    return _answer(InternalError("It has been recorded. Nothing was changed; try again in a moment."))
