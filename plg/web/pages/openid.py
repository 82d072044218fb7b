"""plg as OpenID Connect provider, the part that people see: on the way from a product to its sign-in and back.

The doors for the product's programs are in `plg.openid.endpoints`."""

from __future__ import annotations

from urllib.parse import urlencode

from authlib.oauth2.rfc6749 import AccessDeniedError, InvalidRequestError, OAuth2Error
from authlib.oidc.rpinitiated import EndSessionRequest
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug import Response

from plg.kit.caller import current_caller, requires
from plg.kit.clock import now
from plg.kit.db import writing
from plg.kit.rate_limits import limiter
from plg.openid import clients, grants, server, subjects
from plg.openid.grants import SignIn
from plg.people import people
from plg.web.i18n import LOCALES
from plg.web.pages.browser import current_session, sign_out

bp = Blueprint("openid_pages", __name__, url_prefix="/oauth")

Page = str | tuple[str, int] | Response

ASKS_TO_SIGN_IN_ANEW = ("prompt", "max_age")


@bp.get("/authorize")
@limiter.limit("60/minute")
@requires("anonymous")
def authorize() -> Page:
    """A product sends somebody to sign in: with a code back to it, or by way of the sign-in page."""
    try:
        signed_in = _signed_in()
        grant = server.server().get_consent_grant(request, end_user=signed_in)
        caller = current_caller()
        if caller.kind == "person" and caller.account_id is None:
            raise AccessDeniedError("The person belongs to no workspace.", redirect_uri=grant.redirect_uri)
        if grant.prompt in {"login", "select_account"}:
            return _to_sign_in()
    except OAuth2Error as error:
        return _refused(error)
    except ValueError:
        return _refused(InvalidRequestError("A value in the request cannot be read."))
    with writing():
        return server.server().create_authorization_response(grant.request, grant_user=signed_in, grant=grant)


@bp.get("/continue")
@requires("anonymous")
def go_on() -> Page:
    """The page between the sign-in form and `authorize`. Browsers hold a form's redirects to the sites that our
    policy names (`form-action`); what a page does once it is shown is none of them."""
    address = f"{url_for('openid_pages.authorize')}?{request.query_string.decode('ascii', 'replace')}"
    client = clients.find(request.args.get("client_id", ""))
    return _onward(address, client.name if client else "")


def by_form() -> Response:
    """A product may send its request as a form, too; it goes on as an address, with this site's cookies."""
    return redirect(f"{request.path}?{urlencode(list(request.form.items(multi=True)))}", 303)


by_form.plg_door = True  # type: ignore[attr-defined]
bp.add_url_rule("/authorize", "authorize_by_form", by_form, methods=["POST"])
bp.add_url_rule("/logout", "logout_by_form", by_form, methods=["POST"])


def _signed_in() -> SignIn | None:
    """Who is signed in here, if that is recent enough for what was asked."""
    caller = current_caller()
    if caller.kind != "person" or caller.person_id is None:
        return None
    row, max_age = current_session(), _max_age()
    if max_age is not None and (now() - row.proved_at).total_seconds() >= max_age:
        return None
    subject = subjects.find(caller.person_id, caller.account_id)
    return SignIn(subject, row.id, row.proved_at, grants.methods_of(row)) if subject else None


def _max_age() -> int | None:
    given = request.args.get("max_age", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None


def _to_sign_in() -> Response:
    """To the sign-in page, and from there on to `continue`. Who is signed in here already signs in anew."""
    kept = [(k, v) for k, v in request.args.items(multi=True) if k not in ASKS_TO_SIGN_IN_ANEW]
    if current_user.is_authenticated:
        with writing():
            sign_out()
    onward = f"{url_for('openid_pages.go_on')}?{urlencode(kept)}"
    wanted = (tag.partition("-")[0].lower() for tag in request.args.get("ui_locales", "").split())
    language = next((code for code in wanted if code in LOCALES), None)
    hint = request.args.get("login_hint", "")[:254] or None
    return redirect(url_for("sign_in.login", next=onward, lang=language, email=hint))


def _refused(error: OAuth2Error) -> Page:
    """Back to the product where its address is one that it registered; else only told here."""
    if error.redirect_uri:
        error.state = request.args.get("state")
        return server.refused(error)
    why = error.get_error_description() or error.error
    return render_template("pages/openid_refused.html", why=why), 400


# --- signing out --------------------------------------------------------------------------------------


@bp.get("/logout")
@limiter.limit("60/minute")
@requires("anonymous")
def logout() -> Page:
    """A product signs somebody out (RP-initiated logout). Where it cannot show whom, the person is asked."""
    asked = _asked_to_end()
    caller = current_caller()
    if caller.kind == "person" and not _is_about(asked, caller.person_id):
        return render_template("pages/openid_logout.html", client=asked and asked.client, asked=asked)
    if current_user.is_authenticated and caller.kind == "person":
        with writing():
            sign_out()
    return _signed_out(asked)


@bp.post("/logout/confirmed")
@requires("anonymous")
def confirmed() -> Response:
    """The answer to the question: yes."""
    if current_caller().kind == "person":
        sign_out()
    names = ("client_id", "post_logout_redirect_uri", "state")
    kept = {name: request.form[name] for name in names if request.form.get(name)}
    return redirect(f"{url_for('openid_pages.logout')}?{urlencode(kept)}", 303)


def _asked_to_end() -> EndSessionRequest | None:
    """What was asked; None where it contradicts itself or shows a token that is not ours."""
    try:
        return server.server().validate_endpoint_request("end_session", request)
    except (OAuth2Error, ValueError):
        return None


def _is_about(asked: EndSessionRequest | None, person_id: int | None) -> bool:
    """Whether the product showed an ID token of the very person who is signed in here."""
    if asked is None or asked.id_token_claims is None or person_id is None:
        return False
    return asked.id_token_claims.get("sub") == people.get(person_id).public_id


def _signed_out(asked: EndSessionRequest | None) -> Page:
    if asked is not None and asked.redirect_uri:
        if not asked.needs_confirmation:
            return redirect(asked.redirect_uri)
        return _onward(asked.redirect_uri, asked.client.name)  # a form may have led here
    flash(gettext("You are signed out."), "ok")
    return redirect(url_for("sign_in.login"))


def _onward(address: str, name: str) -> str:
    return render_template("pages/onward.html", address=address, name=name)
