"""The browser's session: signing it in and out. The cookie holds a random token; the row is the truth."""

from __future__ import annotations

from flask import request, session
from flask_login import current_user, login_user, logout_user

from plg.access import sessions
from plg.events import log, names
from plg.web.front_door import SignedIn


def sign_in_person(person_id: int) -> None:
    """Begin a session of the person in this browser."""
    _begin(sessions.begin(person_id=person_id, user_agent=request.user_agent.string))
    log.record(names.SIGNED_IN, person_id=person_id)


def sign_in_staff(staff_id: int) -> None:
    _begin(sessions.begin(staff_id=staff_id, user_agent=request.user_agent.string))


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
