"""Entitlements as feature flags: OpenFeature's remote evaluation protocol (OFREP 0.2), so that any OpenFeature client
can ask. A flag is a feature; whose it is, the context's `account` says, or else its `targetingKey`. A metered or a
given feature's value is whether it may be used now, a number's is the number. Answers read what is committed; an ETag
saves sending them again."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from plg.accounts import accounts
from plg.kit.caller import current_caller, requires
from plg.kit.db import end_transaction, start_reading
from plg.usage import entitlements
from plg.usage.amounts import plain
from plg.usage.entitlements import Entitlement, Entitlements

bp = Blueprint("ofrep", __name__, url_prefix="/ofrep/v1/evaluate")

MISSING, INVALID, UNKNOWN = "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "FLAG_NOT_FOUND"
UNLIMITED = 2**53 - 1
"""The value of a number without limit: the largest that every reader of JSON takes exactly."""


class CannotEvaluate(Exception):  # noqa: N818 - an answer of the protocol
    def __init__(self, code: str, details: str) -> None:
        super().__init__(details)
        self.answer = {"errorCode": code, "errorDetails": details}


@bp.post("/flags")
@requires("secret", "user")
def evaluate_flags() -> Response | tuple[Response, int]:
    """All features."""
    try:
        found = _asked()
    except CannotEvaluate as refused:
        return jsonify(refused.answer), 400
    response = jsonify({"flags": [_flag(each, found) for each in found.by_feature.values()]})
    response.set_etag(hashlib.blake2b(response.get_data(), digest_size=16).hexdigest())
    response.headers["Cache-Control"] = "private, no-cache"
    known = request.headers.get("If-None-Match", "")
    if known and response.headers["ETag"] in known:
        response = Response(status=304, headers={"ETag": response.headers["ETag"]})
    return response


@bp.post("/flags/<path:key>")
@requires("secret", "user")
def evaluate_flag(key: str) -> Response | tuple[Response, int]:
    """One feature."""
    try:
        found = _asked()
    except CannotEvaluate as refused:
        return jsonify({"key": key, **refused.answer}), 400
    if key not in found.by_feature:
        return jsonify(
            {"key": key, "errorCode": UNKNOWN, "errorDetails": f"There is no feature {key!r}."}
        ), 404
    return jsonify(_flag(found.by_feature[key], found))


def _asked() -> Entitlements:
    """The entitlements of the account that the request is about. A user's token says which one that is."""
    end_transaction()
    start_reading()
    caller = current_caller()
    account_id = caller.account_id if caller.kind == "user" else _account_of(request.get_json(silent=True))
    if account_id is None:
        raise CannotEvaluate(INVALID, "The user's token names no account.")
    return entitlements.of_account(account_id)


def _account_of(body: Any) -> int:
    context = body.get("context") if isinstance(body, dict) else None
    context = context if isinstance(context, dict) else {}
    key = context.get("account") or context.get("targetingKey")
    if not isinstance(key, str):
        raise CannotEvaluate(MISSING, "The context needs `account` or `targetingKey`: the account's id.")
    found = accounts.known([key]) if "\0" not in key else {}
    if key not in found:
        raise CannotEvaluate(INVALID, "No account is known by this id.")
    accounts.remember(found)
    return found[key]


def _flag(one: Entitlement, found: Entitlements) -> dict[str, Any]:
    told: dict[str, Any] = {"plan": found.plan.key, "version": found.plan.version}
    value: bool | int | float = one.allowed
    if one.type == "static":
        value = UNLIMITED if one.limit is None else plain(one.limit)
    if one.type != "boolean":
        told |= {key: value for key, value in _figures(one).items() if value is not None}
    if one.reason:
        url = current_app.extensions["plg.settings"].public_url
        told |= {"refused": one.reason, "upgrade_url": f"{url}/upgrade?feature={one.feature}"}
    variant = "allowed" if one.allowed else one.reason
    return {
        "key": one.feature,
        "value": value,
        "reason": "TARGETING_MATCH",
        "variant": variant,
        "metadata": told,
    }


def _figures(one: Entitlement) -> dict[str, Any]:
    figures: dict[str, Any] = {"limit": None if one.limit is None else plain(one.limit)}
    figures["unlimited"] = one.limit is None
    if one.type != "static":
        remaining = one.remaining
        figures |= {"used": plain(one.used), "remaining": None if remaining is None else plain(remaining)}
    return figures
