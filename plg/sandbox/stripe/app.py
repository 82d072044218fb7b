"""The stand-in's application."""

from __future__ import annotations

import time
from pathlib import Path

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from plg.sandbox.stripe.api import api, http_error
from plg.sandbox.stripe.chaos import Chaos, trouble
from plg.sandbox.stripe.clock import pass_time
from plg.sandbox.stripe.control import control
from plg.sandbox.stripe.courier import Courier
from plg.sandbox.stripe.pages import pages, protect, refuse_foreign_forms
from plg.sandbox.stripe.resources.webhook_endpoints import OWN, register
from plg.sandbox.stripe.store import Store

MAX_BODY = 1 << 20  # bytes


def create_stripe(
    *, webhook_url: str | None, webhook_secret: str, data_dir: Path | None, public_url: str
) -> Flask:
    """A WSGI application that speaks Stripe's HTTP.

    It tells `webhook_url` (if any) of every event, signed with `webhook_secret`. State is kept in memory,
    and in `data_dir` if given, so that a restart with the same folder goes on. `public_url` is where
    browsers reach it: the checkout and portal links begin with it. One process serves one folder.
    `app.extensions["stripe_store"]` and `["stripe_courier"]`, `["stripe_chaos"]` are for tests and for closing down.
    """
    store = Store(data_dir / "stripe.jsonl" if data_dir else None, public_url)
    courier, chaos = Courier(store), Chaos()
    store.on_events = courier.send
    _register_own(store, webhook_url, webhook_secret)
    app = Flask("plg.sandbox.stripe", static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.extensions |= {"stripe_store": store, "stripe_courier": courier, "stripe_chaos": chaos}
    app.register_blueprint(api(store))
    app.register_blueprint(pages(store, courier, chaos))
    app.register_blueprint(control(store, courier, chaos))
    app.register_error_handler(HTTPException, http_error)
    _keep_time(app, store)
    _guard(app, public_url)
    trouble(app, chaos)
    _send_pending(store, courier)
    return app


def _register_own(store: Store, url: str | None, secret: str) -> None:
    with store.work() as work:
        if url is None:
            work.put_as("webhook_endpoint", OWN, None)
        else:
            register(work, OWN, secret, url=url, enabled_events=["*"])


def _send_pending(store: Store, courier: Courier) -> None:
    """After a restart: what was not delivered before is sent again."""
    with store.work() as work:
        pending = [event for event in reversed(work.newest("event")) if event["pending_webhooks"]]
    courier.send(pending)


def _keep_time(app: Flask, store: Store) -> None:
    checked = [time.monotonic()]

    @app.before_request
    def let_time_pass() -> None:
        if time.monotonic() - checked[0] > 1:
            checked[0] = time.monotonic()
            with store.work() as work:
                pass_time(work, work.now)


def _guard(app: Flask, public_url: str) -> None:
    @app.before_request
    def refuse_foreign() -> None:
        if not request.path.startswith("/v1/"):
            refuse_foreign_forms(public_url)

    @app.after_request
    def protect_pages(answer: Response) -> Response:
        return protect(answer)
