"""Facturo's Flask app: who is signed in, its language, its security policy, and its pages."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import jwt
from flask import Flask, abort, current_app, g, redirect, render_template, request, session, url_for
from werkzeug import Response
from werkzeug.exceptions import Forbidden, HTTPException, NotFound

from .growth import Growth
from .pages import pages
from .people import ROLES, User
from .store import Store
from .texts import LOCALES, day, money, text

LARGEST_FORM = 64 * 1024


def create_product(
    plg_url: str, publishable_key: str, secret_key: str, user_token_secret: str, database: str = ":memory:"
) -> Flask:
    """Facturo, talking to the plg at `plg_url`. database: an SQLite file, to go on where it was."""
    app = Flask(__name__)
    cookie_key = hmac.new(user_token_secret.encode(), b"facturo cookies", hashlib.sha256).digest()
    app.config |= {"SECRET_KEY": cookie_key, "MAX_CONTENT_LENGTH": LARGEST_FORM}
    app.config |= {"SESSION_COOKIE_NAME": "facturo", "SESSION_COOKIE_SAMESITE": "Lax"}
    app.extensions["store"] = Store(database)
    app.extensions["growth"] = Growth(plg_url, publishable_key, secret_key, user_token_secret)
    app.before_request(_know_the_user)
    app.before_request(_refuse_other_sites)
    app.before_request(_require_a_user)
    app.after_request(_harden)
    app.context_processor(_for_templates)
    app.register_error_handler(HTTPException, _show_error)
    app.register_blueprint(pages)
    _add_sign_in(app)
    return app


def _add_sign_in(app: Flask) -> None:
    store: Store = app.extensions["store"]
    growth: Growth = app.extensions["growth"]

    def enter(user: User) -> None:
        session.clear()
        session.update(user=user.id, account=user.account_id)
        growth.signed_in(user)

    @app.get("/sign-in")
    def sign_in() -> Any:
        token = request.args.get("plg_token")
        if not token:
            return render_template("sign_in.html", users=store.users())
        try:
            user = _user_of(growth.handed_over(token))
        except jwt.InvalidTokenError:
            return render_template("sign_in.html", users=store.users(), fault="link_refused"), 403
        if not store.first_use_of_link(hashlib.sha256(token.encode()).hexdigest()):
            return render_template("sign_in.html", users=store.users(), fault="link_refused"), 403
        store.add_user(user)
        enter(user)
        return redirect(_own_path(request.args.get("next")))

    @app.post("/sign-in")
    def choose() -> Response:
        user_id, _, account_id = request.form.get("user", "").partition(" ")
        enter(store.user(user_id, account_id) or abort(404))
        return redirect(url_for("pages.dashboard"))

    @app.post("/sign-out")
    def sign_out() -> Response:
        session.clear()
        return redirect(url_for("sign_in"))


def _own_path(path: str | None) -> str:
    """Where to go on, if that is a page of ours and not another site."""
    ours = path and path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if path and ours else url_for("pages.dashboard")


def _user_of(claims: dict[str, Any]) -> User:
    email = claims.get("email") or ""
    name = claims.get("name") or email or claims["sub"]
    role, locale = claims.get("role"), claims.get("locale")
    return User(
        claims["sub"],
        claims["account"],
        name,
        email,
        role if role in ROLES else "member",
        claims.get("account_name") or name,
        locale if locale in LOCALES else LOCALES[0],
    )


def _know_the_user() -> None:
    g.store, g.growth = current_app.extensions["store"], current_app.extensions["growth"]
    g.user = g.store.user(session.get("user", ""), session.get("account", ""))
    wish = request.args.get("lang")
    if wish in LOCALES:
        session["lang"] = wish
    preferred = g.user.locale if g.user else request.accept_languages.best_match(LOCALES)
    g.locale = session.get("lang") or preferred or LOCALES[0]


def _refuse_other_sites() -> None:
    origin = request.headers.get("Origin")
    if request.method == "POST" and origin and origin != request.host_url.rstrip("/"):
        raise Forbidden


def _require_a_user() -> Response | None:
    if request.endpoint in ("sign_in", "choose", "static", None):
        return None
    token = request.args.get("plg_token")
    if g.user and not token:
        return None
    return redirect(url_for("sign_in", plg_token=token, next=request.path if token else None))


def _harden(response: Response) -> Response:
    plg = current_app.extensions["growth"].plg_url
    policy = (
        f"default-src 'none'; script-src 'self' {plg}; connect-src 'self' {plg}; style-src 'self'; "
        f"img-src 'self' data: {plg}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _for_templates() -> dict[str, Any]:
    locale = g.locale
    return {
        "user": g.user,
        "growth": g.growth,
        "locale": locale,
        "other_locale": LOCALES[1 - LOCALES.index(locale)],
        "t": lambda key, **values: text(locale, key, **values),
        "money": lambda cents: money(locale, cents),
        "day": lambda moment: day(locale, moment),
    }


def _show_error(error: HTTPException) -> tuple[str, int] | HTTPException:
    known = {NotFound.code: "not_found", Forbidden.code: "not_allowed"}
    if error.code not in known:
        return error
    return render_template("error.html", message=known[error.code]), error.code or 500
