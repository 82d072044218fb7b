"""Stripe's HTTP: who asks, which version, repeated requests answered once, errors in one envelope."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge

from plg.sandbox.stripe.errors import InvalidParameter, StripeError
from plg.sandbox.stripe.expand import expand
from plg.sandbox.stripe.operation import Operation
from plg.sandbox.stripe.resources import OPERATIONS
from plg.sandbox.stripe.store import API_VERSION, Object, Store, Work, new_id
from plg.sandbox.stripe.wire import decode

KEY_LIFETIME = 24 * 3600  # seconds that an idempotent answer is kept
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?")


def api(store: Store) -> Blueprint:
    """The blueprint of everything under `/v1`."""
    blueprint = Blueprint("api", __name__)
    for operation in OPERATIONS:
        rule = operation.path.replace("{", "<").replace("}", ">")
        name = f"{operation.method} {operation.path}".replace(".", "_")
        blueprint.add_url_rule(rule, name, _view(store, operation), methods=[operation.method])
    return blueprint


def _view(store: Store, operation: Operation) -> Callable[..., Response]:
    def view(**ids: str) -> Response:
        request_id = new_id("req_", 14)
        try:
            _check_caller()
            status, body, replayed = _once(store, operation, ids, request_id)
        except StripeError as refusal:
            status, body, replayed = refusal.status, refusal.envelope, False
        answer = _answer(body, status, request_id)
        if replayed:
            answer.headers["Idempotent-Replayed"] = "true"
        return answer

    return view


def _answer(body: Object, status: int, request_id: str) -> Response:
    text = json.dumps(body) + "\n"
    headers = {"Request-Id": request_id, "Stripe-Version": API_VERSION, "Cache-Control": "no-cache, no-store"}
    if key := request.headers.get("Idempotency-Key"):
        headers["Idempotency-Key"] = key
    return Response(text, status, headers, content_type="application/json")


def _check_caller() -> None:
    version = request.headers.get("Stripe-Version", API_VERSION)
    if not _VERSION.fullmatch(version):
        raise StripeError(f"Invalid Stripe API version: {version}")
    credentials = request.authorization
    key = ""
    if credentials is not None:
        key = (credentials.token if credentials.type == "bearer" else credentials.username) or ""
    if not key:
        message = (
            "You did not provide an API key. You need to provide your API key in the Authorization header, "
            "using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        )
        raise StripeError(message, status=401)
    if not key.startswith(("sk_test_", "rk_test_")):
        raise StripeError(f"Invalid API Key provided: {key[:8]}***", status=401)


def _once(
    store: Store, operation: Operation, ids: Mapping[str, str], request_id: str
) -> tuple[int, Object, bool]:
    """Carry out a request, or repeat the answer that its idempotency key already got."""
    body, query = request.get_data(as_text=True), request.query_string.decode()
    key = request.headers.get("Idempotency-Key") if operation.method == "POST" else None
    if key is not None and len(key) > 255:
        raise StripeError("Idempotency keys can have up to 255 characters.", kind="idempotency_error")
    raw = _raw(operation, body, query)
    print_ = hashlib.sha256(json.dumps([request.path, raw], sort_keys=True).encode()).hexdigest()
    with store.lock:
        known = _known_answer(store, key, print_)
        if known is not None:
            return known["status"], known["body"], True
        params = operation.params.read(raw)
        try:
            with store.work() as work:
                work.cause = {"id": request_id, "idempotency_key": key}
                answer = 200, _run(work, operation, ids, params)
                _remember(work, key, print_, *answer)
        except InvalidParameter:
            raise
        except StripeError as refusal:
            answer = refusal.status, refusal.envelope
            with store.work() as work:
                _remember(work, key, print_, *answer)
    return *answer, False


def _raw(operation: Operation, body: str, query: str) -> dict[str, Any]:
    if operation.method == "GET":
        return decode(query)
    if body and request.mimetype != "application/x-www-form-urlencoded":
        message = (
            "Invalid request (check that your POST content type is application/x-www-form-urlencoded). "
            f"If you have questions, we can help at https://support.stripe.com/. ({request.mimetype})"
        )
        raise StripeError(message)
    return decode(body or query)


def _run(work: Work, operation: Operation, ids: Mapping[str, str], params: Object) -> Object:
    answer = operation.run(work, ids, params)
    return expand(work, answer, params.get("expand", []))


def _known_answer(store: Store, key: str | None, print_: str) -> Object | None:
    if key is None:
        return None
    with store.work() as work:
        known = work.find("_answer", key)
        if known is None or known["at"] < work.now - KEY_LIFETIME:
            return None
    if known["print"] != print_:
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were first used "
            f"with. Try using a key other than '{key}' if you meant to execute a different request."
        )
        raise InvalidParameter(message, kind="idempotency_error")
    return known


def _remember(work: Work, key: str | None, print_: str, status: int, body: Object) -> None:
    if key is not None:
        work.put_as("_answer", key, {"print": print_, "status": status, "body": body, "at": work.now})


def http_error(error: HTTPException) -> Response:
    """Errors of HTTP itself, in Stripe's envelope."""
    message, status = error.description or error.name, error.code or 500
    if isinstance(error, (NotFound, MethodNotAllowed)):
        message, status = f"Unrecognized request URL ({request.method}: {request.path}).", 404
    elif isinstance(error, RequestEntityTooLarge):
        message, status = "Request body is too large.", 413
    kind = "api_error" if status >= 500 else "invalid_request_error"
    return _answer({"error": {"type": kind, "message": message}}, status, new_id("req_", 14))
