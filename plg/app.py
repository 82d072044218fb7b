"""The factory: one app from settings and wings, as a list of small named steps."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import msgspec
import structlog
from flask import Flask, Response, jsonify, redirect, request, url_for
from flask.json.provider import JSONProvider
from flask_migrate import Migrate
from flask_openapi3 import Info, OpenAPI
from werkzeug.middleware.proxy_fix import ProxyFix

import migrations
from plg import doors, wiring
from plg.kit.api import APIBlueprint
from plg.kit.caller import requires
from plg.kit.db import db, init_db
from plg.kit.rate_limits import init_rate_limits
from plg.kit.wing import Wing, installed_wings
from plg.settings import Settings
from plg.web import api_document
from plg.web.front_door import init_front_door
from plg.web.headers import init_headers
from plg.web.i18n import CORE_TRANSLATIONS, init_babel
from plg.web.idempotency import answer_once
from plg.web.layout import init_layout
from plg.web.problems import init_problems, validation_problem

MAX_BODY = 25 * 1024 * 1024
SECURITY: dict[str, Any] = {
    "secret": {"type": "http", "scheme": "bearer", "description": "A secret key (`sk_…`), server side"},
    "publishable": {"type": "apiKey", "in": "header", "name": "X-Plg-Key", "description": "`pk_…`"},
    "user": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A signed user token"},
}


class MsgspecJson(JSONProvider):
    """JSON by msgspec: fast, datetimes as ISO 8601."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return msgspec.json.encode(obj).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        try:
            return msgspec.json.decode(s)
        except RecursionError as error:
            raise ValueError("nested too deep") from error


class Plg(OpenAPI):
    """The app. One request is one transaction: it is committed before the answer leaves."""

    json_provider_class = MsgspecJson

    def register_api(self, api: APIBlueprint, **options: Any) -> None:  # type: ignore[override]
        """What is told of it is asked for by `api_document`."""
        self.register_blueprint(api, **options)

    def dispatch_request(self) -> Any:
        rule = request.url_rule
        if request.routing_exception is not None or rule is None:
            return super().dispatch_request()
        if request.method == "OPTIONS" and getattr(rule, "provide_automatic_options", False):
            return self.make_default_options_response()
        answer = answer_once(self, self.view_functions[rule.endpoint], request.view_args or {})
        db.session.commit()
        return answer


def create_app(settings: Settings | None = None, wings: Sequence[Wing] | None = None) -> Plg:
    """The whole house on one database. wings: those to load; None loads the installed ones."""
    settings = settings or Settings()
    wings = list(installed_wings() if wings is None else wings)
    init_logs(settings)
    app = Plg(
        "plg",
        info=Info(title="plg", version="1"),
        security_schemes=SECURITY,
        doc_ui=False,
        validation_error_callback=validation_problem,
        root_path=str(CORE_TRANSLATIONS.parent),
        static_url_path="/static",
    )
    init_config(app, settings)
    init_db(app, settings.database)
    Migrate(app, db, directory=migrations.__path__[0], render_as_batch=True)
    init_rate_limits(app, enabled=settings.rate_limits)
    init_headers(app)
    init_front_door(app)
    init_problems(app)
    init_languages(app, settings, wings)
    init_rooms(app, settings, wings)
    init_openapi(app)
    return app


def init_logs(settings: Settings) -> None:
    console = settings.log_format == "console"
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings.log_level)),
        logger_factory=structlog.PrintLoggerFactory(file=wiring.LOG_FILE),
        cache_logger_on_first_use=False,
    )


def init_config(app: Flask, settings: Settings) -> None:
    app.extensions["plg.settings"] = settings
    app.config["SECRET_KEY"] = settings.signing_key()
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.config["SESSION_COOKIE_NAME"] = "plg_session"
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.config["SESSION_COOKIE_SECURE"] = settings.public_url.startswith("https:")
    app.config["FORM_TARGETS"] = " ".join(wiring.form_targets(settings))
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def init_languages(app: Flask, settings: Settings, wings: Sequence[Wing]) -> None:
    folders = [CORE_TRANSLATIONS, *(w.translations for w in wings if w.translations)]
    init_babel(app, folders, default=settings.default_locale, person_locale=wiring.reader_locale)
    nav = [*doors.NAV, *(item for wing in wings for item in wing.nav)]
    init_layout(app, product_name=settings.product_name, nav=nav)


def init_rooms(app: Plg, settings: Settings, wings: Sequence[Wing]) -> None:
    """Doors, readers of the log and jobs of every room and wing."""
    app.extensions["plg.wings"] = wings
    for blueprint in [*doors.BLUEPRINTS, *(bp for wing in wings for bp in wing.blueprints)]:
        if isinstance(blueprint, APIBlueprint):
            app.register_api(blueprint)
        else:
            app.register_blueprint(blueprint)
    parts = [*doors.WIDGET_PARTS, *(w.widget_state for w in wings if w.widget_state)]
    app.extensions["plg.widget_parts"] = parts
    app.extensions["plg.learning"] = [wing.learning for wing in wings if wing.learning]
    app.extensions["plg.sign_in"] = _to_sign_in
    wiring.connect_gateways(app, settings)


def _to_sign_in() -> Response:
    staff = request.path.startswith(("/staff", "/growth"))
    endpoint = "staff.login" if staff else "sign_in.login"
    return redirect(url_for(endpoint, next=request.full_path.rstrip("?")))  # type: ignore[return-value]


def init_openapi(app: Plg) -> None:
    @app.route("/v1/openapi.json")
    @requires("anonymous")
    def openapi_json() -> Response:
        return jsonify(api_document.document())
