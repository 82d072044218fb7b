"""Apps that a test has done with and the next one takes: to register six hundred doors and to load the templates
anew would cost each test more than most of them do."""

from typing import Any

from flask import Flask

from plg import wiring
from plg.app import create_app, init_config, init_logs
from plg.kit.rate_limits import limiter
from plg.settings import Settings

_BUILT_IN = (
    "database_url",
    "environment",
    "rate_limits",
    "default_locale",
    "product_name",
    "trusted_proxies",
)


class Apps:
    """Those of one process that nobody uses now, by the settings that are built into them.

    Whoever takes one gets it as it was made: with other settings, and without what it kept in memory.
    """

    def __init__(self) -> None:
        self._idle: dict[Any, list[Flask]] = {}
        self._as_made: dict[Flask, tuple[Any, dict[str, Any], dict[str, Any]]] = {}

    def take(self, settings: Settings) -> Flask:
        """An app of these settings for one test."""
        idle = self._idle.get(_built_in(settings))
        return self._as_new(idle.pop(), settings) if idle else self._made(settings)

    def give_back(self, app: Flask) -> None:
        """The test is over, and so are its threads."""
        built_in, *_ = self._as_made[app]
        self._idle.setdefault(built_in, []).append(app)

    def _made(self, settings: Settings) -> Flask:
        app = create_app(settings)
        app.config["TESTING"] = True
        self._as_made[app] = _built_in(settings), dict(app.extensions), dict(app.config)
        return app

    def _as_new(self, app: Flask, settings: Settings) -> Flask:
        _, extensions, config = self._as_made[app]
        for kept, made in ((app.extensions, extensions), (app.config, config)):
            kept.clear()
            kept.update(made)
        vars(app).pop("wsgi_app", None)
        init_logs(settings)
        init_config(app, settings)
        wiring.connect_gateways(app, settings)
        limiter.enabled = settings.rate_limits  # one for all apps of the process
        return app


def _built_in(settings: Settings) -> Any:
    """What the app's doors and pages were made of; the rest is asked for at each use."""
    return tuple(str(getattr(settings, name)) for name in _BUILT_IN)
