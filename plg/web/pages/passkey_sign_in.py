"""Sign-in by passkey: the browser fetches a challenge, and its answer is a form."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, request
from flask_babel import gettext
from werkzeug import Response

from plg.access import passkeys
from plg.access.passkeys import PasskeyRefused
from plg.kit.caller import requires
from plg.kit.rate_limits import limiter
from plg.web.pages.addresses import local_path
from plg.web.pages.browser import PASSKEY, sign_in_person
from plg.web.pages.limits import network
from plg.web.pages.sign_in import login_page

bp = Blueprint("passkey_sign_in", __name__)

MAX_ANSWER = 20_000


@bp.post("/login/passkey/options")
@limiter.limit("60/minute", key_func=network)
@requires("anonymous")
def options() -> dict[str, Any]:
    return passkeys.sign_in_options()


@bp.post("/login/passkey")
@limiter.limit("30/minute", key_func=network)
@requires("anonymous")
def enter() -> Response | tuple[str, int]:
    onward = local_path(request.form.get("next"), "")
    try:
        passkey = passkeys.check(answer_of_form())
    except PasskeyRefused:
        refused = gettext(
            "That passkey does not open anything here. Try another one, or sign in another way."
        )
        return login_page(onward, "", refused), 401
    return sign_in_person(passkey.person_id, way=PASSKEY, onward=onward)


def answer_of_form() -> dict[str, Any]:
    """The authenticator's answer as passkeys.js put it into the form; {} where that is no JSON object."""
    try:
        answer = current_app.json.loads(request.form.get("credential", "")[:MAX_ANSWER])
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
