"""`Idempotency-Key`: a POST that is sent again gets the answer that it got before, and happens once.

As Stripe's: the same key with another request is refused (`idempotency_key_reused`); while the first is still at
work its repetition waits for it (10 s, then 409); a refused request keeps nothing, so it may be mended and sent
again. A request whose process died frees its key after a minute; an answer is kept for two days."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from typing import Any

from flask import Flask, Response, jsonify, request
from sqlalchemy import delete, select, update

from plg.access.models import IdempotentRequest
from plg.kit.caller import current_caller
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.errors import Conflict, Fault, Unprocessable

MAX_KEY = 255
AT_WORK = 0
ABANDONED = dt.timedelta(minutes=1)
WAITS, WAIT_SECONDS = 200, 0.05


class IdempotencyKeyReused(Conflict):
    pass


class IdempotencyKeyInvalid(Unprocessable):
    pass


class IdempotencyKeyInUse(Conflict):
    """The first request with this key is still at work."""


def answer_once(app: Flask, view: Any, arguments: dict[str, Any]) -> Any:
    """Call the view, or give the kept answer. What the view changed and its answer are committed together."""
    key = request.headers.get("Idempotency-Key")
    if key is None or not _heeds_keys(view):
        return app.ensure_sync(view)(**arguments)
    if not 0 < len(key) <= MAX_KEY:
        fault = Fault("Idempotency-Key", f"must have 1 to {MAX_KEY} characters")
        raise IdempotencyKeyInvalid(errors=[fault])
    scope = f"{_owner()}:{hashlib.sha256(key.encode()).hexdigest()}"
    kept = _claim(scope)
    if kept is not None:
        return _answer_again(kept)
    try:
        response = app.make_response(app.ensure_sync(view)(**arguments))
    except BaseException:
        _give_up(scope)
        raise
    if response.status_code < 400 and response.is_json:
        finished = {"status": response.status_code, "body": response.get_json()}
        db.session.execute(_row(scope).values(finished))
    else:
        db.session.execute(delete(IdempotentRequest).where(IdempotentRequest.scope == scope))
    return response


def _heeds_keys(view: Any) -> bool:
    """Doors for machines find out by themselves who is asking, and know a repetition by its own id. An answer with
    a secret in it is not kept."""
    if getattr(view, "plg_door", False) or getattr(view, "plg_answers_secrets", False):
        return False
    return request.method == "POST" and request.path.startswith("/v1/")


def _claim(scope: str) -> IdempotentRequest | None:
    """None: the key is ours and committed as such. Else the finished request that had it before."""
    row = {
        "scope": scope,
        "fingerprint": _fingerprint(),
        "status": AT_WORK,
        "body": None,
        "created_at": now(),
    }
    for _ in range(WAITS):
        claimed = (
            insert(IdempotentRequest).values(row).on_conflict_do_nothing().returning(IdempotentRequest.id)
        )
        new = db.session.execute(claimed).first() is not None
        db.session.commit()
        if new:
            return None
        kept = db.session.scalar(select(IdempotentRequest).where(IdempotentRequest.scope == scope))
        db.session.rollback()
        if kept is not None and kept.status != AT_WORK:
            return kept
        if kept is not None and kept.created_at < now() - ABANDONED:
            _give_up(scope)
        time.sleep(WAIT_SECONDS)
    raise IdempotencyKeyInUse("The first request with this key is still at work.", retry_after=1)


def _row(scope: str) -> Any:
    return update(IdempotentRequest).where(IdempotentRequest.scope == scope)


def _give_up(scope: str) -> None:
    """The request failed or died: its key may be used again."""
    db.session.rollback()
    unfinished = (IdempotentRequest.scope == scope, IdempotentRequest.status == AT_WORK)
    db.session.execute(delete(IdempotentRequest).where(*unfinished))
    db.session.commit()


def _owner() -> str:
    caller = current_caller()
    if caller.key_id is None:
        return caller.actor
    return f"key:{caller.key_id}:{caller.person_id}:{caller.account_id}"


def _fingerprint() -> str:
    # Clients draw a new boundary between the parts of a form each time they send it.
    boundary = request.mimetype_params.get("boundary", "").encode()
    body = request.get_data().replace(boundary, b"") if boundary else request.get_data()
    content = b"\0".join((request.method.encode(), request.full_path.encode(), body))
    return hashlib.sha256(content).hexdigest()


def _answer_again(kept: IdempotentRequest) -> Response:
    if kept.fingerprint != _fingerprint():
        raise IdempotencyKeyReused("This Idempotency-Key came before with another request.")
    response = jsonify(kept.body)
    response.status_code = kept.status
    response.headers["Idempotent-Replayed"] = "true"
    return response
