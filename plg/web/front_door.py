"""The front door: the only place that looks at cookies, keys and tokens. It makes one `Caller` of them."""

from __future__ import annotations

from flask import Flask, current_app, request, session
from flask_login import LoginManager, UserMixin, current_user
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.exc import OperationalError

from plg.access import keys, sessions, user_tokens
from plg.access.models import SignInSession, StaffMember
from plg.accounts import memberships
from plg.kit.caller import ANONYMOUS, Caller, check_caller, current_caller
from plg.kit.db import db, end_transaction, start_reading, stop_reading, writing
from plg.kit.errors import Unauthorized
from plg.people import people

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIE_CALLERS = frozenset({"person", "staff"})
ACCOUNT_IN_SESSION = "account"

csrf = CSRFProtect()
login_manager = LoginManager()
# Flask-Login would write into every browser's session, so that the answer to a request that ran beside another
# could put an older session back; whether a session is fresh, its own row says.
login_manager.session_protection = None


class KeyRefused(Unauthorized):
    """The API key is unknown or revoked."""


class SignedIn(UserMixin):
    """Flask-Login's user: a browser's session. Its id is the session's token."""

    def __init__(self, token: str, row: SignInSession) -> None:
        self.id = token
        self.row = row


@login_manager.user_loader
def _load(token: str) -> SignedIn | None:
    row = sessions.find(token)
    if row is not None and sessions.is_due_to_be_seen(row):
        row = _see(token, row)
    return SignedIn(token, row) if row else None


def _see(token: str, row: SignInSession) -> SignInSession | None:
    """Note every few minutes that the browser is here, in a transaction of its own; a reader is not kept from
    reading by a database that cannot take it now."""
    session_id = row.id
    try:
        with writing():
            sessions.see(session_id, request.remote_addr or "")
            db.session.commit()
    except OperationalError:
        db.session.rollback()
    return sessions.find(token)


def init_front_door(app: Flask) -> None:
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    csrf.init_app(app)
    login_manager.init_app(app)
    app.extensions["plg.front_door"] = caller_of_request
    app.before_request(_choose_transaction)
    app.before_request(_guard)
    app.teardown_request(lambda error: stop_reading())


def _choose_transaction() -> None:
    if request.method in SAFE_METHODS:
        start_reading()
    else:
        stop_reading()


def _guard() -> None:
    """Hold the view's `requires`, and CSRF tokens wherever a cookie could speak for somebody."""
    if request.routing_exception is not None:
        return  # nobody answers there, whoever asks
    view = current_app.view_functions.get(request.endpoint or "")
    kinds = getattr(view, "plg_callers", None)
    if kinds is not None:
        check_caller(kinds)
        _let_a_large_body_in(getattr(view, "plg_max_body", None))
    if request.method in SAFE_METHODS or getattr(view, "plg_door", False):
        return
    if kinds is None or "anonymous" in kinds or current_caller().kind in COOKIE_CALLERS:
        csrf.protect()


def _let_a_large_body_in(limit: int | None) -> None:
    """Of somebody who may come in. It is read for its token, which may last: nothing waits for that."""
    if limit is not None:
        request.max_content_length = limit
        end_transaction()


def caller_of_request() -> Caller:
    key, token = _credentials()
    if key:
        return _caller_of_key(key, token)
    if current_user.is_authenticated:
        return _caller_of_session(current_user.row)
    return ANONYMOUS


def _credentials() -> tuple[str | None, str | None]:
    """(API key, user token) as they came: Bearer, Basic with the key as user name, or X-Plg-Key."""
    auth = request.authorization
    key, token = request.headers.get("X-Plg-Key"), None
    if auth is not None and auth.type == "basic":
        return auth.username, None
    if auth is not None and auth.type == "bearer" and auth.token:
        if auth.token.startswith(("pk_", "sk_")):
            return auth.token, None
        token = auth.token
    return (key or ("" if token is None else "none")), token


def _caller_of_key(plain: str, token: str | None) -> Caller:
    found = keys.check(plain)
    if found is None:
        raise KeyRefused("The API key is unknown or revoked. Give a publishable or secret key.")
    key_id, kind = found
    if token is None or kind != "publishable":
        return Caller(kind, key_id=key_id)
    user = user_tokens.resolve(token)
    return Caller(
        "user",
        person_id=user.person_id,
        account_id=user.account_id,
        role=user.role,
        name=user.name,
        locale=user.locale,
        person_key=user.person_key,
        account_key=user.account_key,
        account_name=user.account_name or "",
        key_id=key_id,
    )


def _caller_of_session(row: SignInSession) -> Caller:
    if row.staff_id is not None:
        staff = db.session.get(StaffMember, row.staff_id)
        if staff is None or staff.disabled_at is not None:
            return ANONYMOUS
        return Caller("staff", staff_id=staff.id, name=staff.name, locale=staff.locale)
    assert row.person_id is not None
    person = people.get(row.person_id)
    account_id, role = _current_account(person.id)
    return Caller(
        "person",
        person_id=person.id,
        account_id=account_id,
        role=role,
        name=person.name,
        locale=person.locale,
    )


def _current_account(person_id: int) -> tuple[int | None, str | None]:
    """The workspace that the person chose last, while they belong to it; else their first."""
    theirs = [(account.id, role) for account, role in memberships.of_person(person_id)]
    chosen = session.get(ACCOUNT_IN_SESSION)
    return next((pair for pair in theirs if pair[0] == chosen), theirs[0] if theirs else (None, None))
