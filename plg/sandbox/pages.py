"""What the sandbox's pages have in common: one layout, Spanish and English, and a strict security policy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask, Response, request

LOCALES = ("en", "es")
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

Texts = dict[str, tuple[str, str]]
"""Each text of a page by its key: English, Spanish."""

SHARED_TEXTS: Texts = {
    "sandbox": ("Sandbox", "Entorno de pruebas"),
    "other_locale": ("Español", "English"),
    "skip": ("Skip to the content", "Ir al contenido"),
}


def create_sandbox_app(name: str, texts: Texts) -> Flask:
    """An empty Flask app with the sandbox's layout; templates say `t("key")` for a text of `texts`."""
    app = Flask(name, root_path=str(Path(__file__).parent))
    words = SHARED_TEXTS | texts

    @app.context_processor
    def language() -> dict[str, Any]:
        locale = chosen_locale()
        index = LOCALES.index(locale)
        return {
            "locale": locale,
            "other_locale": LOCALES[1 - index],
            "t": lambda key, **values: words[key][index].format(**values),
        }

    app.after_request(_harden)
    app.after_request(_remember_locale)
    return app


def chosen_locale() -> str:
    """The reader's language: `?lang=`, else what was chosen before, else what the browser prefers."""
    for wish in (request.args.get("lang"), request.cookies.get("sandbox_lang")):
        if wish in LOCALES:
            return wish
    return request.accept_languages.best_match(LOCALES) or LOCALES[0]


def _harden(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    return response


def _remember_locale(response: Response) -> Response:
    wish = request.args.get("lang")
    if wish in LOCALES:
        response.set_cookie("sandbox_lang", wish, samesite="Lax", httponly=True)
    return response
