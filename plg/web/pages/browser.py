"""The browser's session: signing it in and out. The cookie holds a random token; the row is the truth.

Every way in for a person ends in `sign_in_person`, which asks for the second step where there is one."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, session, url_for
from flask_login import current_user, login_user, logout_user
from werkzeug import Response

from plg.access import credentials, second_step, sessions, totp
from plg.access.models import SignInSession
from plg.events import log, names
from plg.web.front_door import SignedIn
from plg.web.pages import known_browsers

SECOND_STEP = "second_step"
PASSKEY = "passkey"


def sign_in_person(person_id: int, *, way: str = "password", onward: str = "") -> Response:
    """Sign the person in, in this browser, and lead on: to `onward` (a path that `local_path` let pass), else to
    the workspace. Whoever has an authenticator app is led to the second step first, unless they came by passkey.

    way: how they showed who they are: `password`, `passkey`, `link`, or a provider's name (`google`)."""
    if way != PASSKEY and totp.is_on(person_id):
        sign_out()
        session[SECOND_STEP] = second_step.begin(person_id, {"way": way, "next": onward})
        return redirect(url_for("second_step.form"), 303)
    begin_session(person_id, way)
    return redirect(onward or url_for("workspace.home"), 303)


def begin_session(person_id: int, way: str) -> None:
    """All steps are done: begin the person's session in this browser. Only for the end of a way in."""
    _begin(sessions.begin(person_id=person_id, way=way, **_where()))
    log.record(names.SIGNED_IN, person_id=person_id, properties={"way": way})
    credential = credentials.of_person(person_id)
    if credential is not None:
        known_browsers.remember(credential.email)


def sign_in_staff(staff_id: int) -> None:
    _begin(sessions.begin(staff_id=staff_id, way="password", **_where()))


def current_session() -> SignInSession:
    """The row of the session that this request belongs to; only for signed-in callers."""
    return current_user.row


def is_fresh() -> bool:
    """Whether the person showed who they are only minutes ago."""
    return sessions.is_fresh(current_session())


def prove() -> None:
    """The person has just shown anew who they are."""
    sessions.prove(current_session().id)


def _where() -> dict[str, Any]:
    return {"user_agent": request.user_agent.string, "ip_address": request.remote_addr or ""}


def _begin(token: str) -> None:
    # Whatever somebody else may have put into this browser before (session fixation) ends here.
    sign_out()
    row = sessions.find(token)
    assert row is not None
    login_user(SignedIn(token, row))


def sign_out() -> None:
    """End the session of this browser, here and in the database."""
    if current_user.is_authenticated:
        sessions.end(current_user.id)
    logout_user()
    session.clear()
