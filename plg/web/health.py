"""Is it alive, is it ready, how is it doing: for load balancers, Prometheus and people."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from sqlalchemy import text

from plg.events import subscribers
from plg.kit.caller import requires
from plg.kit.db import db

bp = Blueprint("health", __name__)

lag_events = Gauge("plg_subscriber_lag_events", "Events not yet read", ["subscriber", "shard"])
lag_seconds = Gauge("plg_subscriber_lag_seconds", "Age of the oldest unread event", ["subscriber", "shard"])
parked = Gauge("plg_subscriber_parked_events", "Events that could not be taken", ["subscriber"])


@bp.get("/healthz")
@requires("anonymous")
def healthz() -> Response:
    return jsonify(status="ok")


@bp.get("/readyz")
@requires("anonymous")
def readyz() -> tuple[Response, int]:
    """Ready when the database answers and is migrated."""
    try:
        db.session.execute(text("SELECT 1 FROM events LIMIT 1"))
    except Exception:
        db.session.rollback()
        return jsonify(status="the database does not answer or is not migrated: `plg db upgrade`"), 503
    return jsonify(status="ok"), 200


@bp.get("/metrics")
@requires("secret", "staff")
def metrics() -> Response:
    for status in subscribers.statuses():
        lag_events.labels(status.subscriber, status.shard).set(status.lag_events)
        lag_seconds.labels(status.subscriber, status.shard).set(status.lag_seconds)
        parked.labels(status.subscriber).set(status.parked)
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
