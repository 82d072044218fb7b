"""Staff page of extensions: more time or attempts for a person or a whole account, and what was given before."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug import Response

from academy import attempts, quiz_analysis
from academy.endpoints.page import named_actors, page
from academy.enrolments import NotEnrolled
from plg.accounts import accounts
from plg.kit.caller import current_caller, requires
from plg.kit.errors import NotFound
from plg.people import people
from plg.web.i18n import current_locale

bp = Blueprint("staff_extensions", __name__, url_prefix="/staff/quizzes")


@bp.get("/<course>/extensions")
@requires("staff")
def index(course: str) -> str:
    """The form, and what was given."""
    return _page(course, {}, {})


@bp.post("/<course>/extensions")
@requires("staff")
def extend(course: str) -> str | tuple[str, int] | Response:
    """Give it, to a person or to everybody of an account who has begun the course."""
    given = {
        name: request.form.get(name, "").strip()[:1_000] for name in ("who", "minutes", "attempts", "reason")
    }
    given["whom"] = "account" if request.form.get("whom") == "account" else "person"
    try:
        count = _extend(course, given)
    except attempts.ExtensionFaulty as refusal:
        said = {
            "extra_minutes": ("minutes", _("A whole number from 0 to %(most)d.", most=attempts.MOST_MINUTES)),
            "extra_attempts": (
                "attempts",
                _("A whole number from 0 to %(most)d.", most=attempts.MOST_ATTEMPTS),
            ),
            "reason": ("reason", _("Say why, in at most %(most)d characters.", most=attempts.MOST_REASON)),
        }
        return _page(course, given, dict(said[fault.field] for fault in refusal.errors)), 422
    except (NotEnrolled, attempts.NobodyEnrolled):
        return _page(course, given, {"who": _("They have not begun this course.")}), 422
    except NotFound:
        return _page(course, given, {"who": _("Nobody is known by that.")}), 422
    flash(ngettext("Given to one person.", "Given to %(num)d people.", count), "ok")
    return redirect(url_for("staff_extensions.index", course=course))


def _extend(course: str, given: dict[str, str]) -> int:
    quiz_analysis.version_of(course, None)
    amount: dict[str, Any] = {
        "extra_minutes": _whole(given["minutes"]),
        "extra_attempts": _whole(given["attempts"]),
        "reason": given["reason"],
        "by": current_caller().actor,
    }
    if given["whom"] == "account":
        return len(attempts.extend_account(accounts.find(given["who"]).id, course, **amount))
    attempts.extend(people.find(given["who"]).id, course, **amount)
    return 1


def _whole(text: str) -> int:
    """The number; -1, which nobody can be given, where it is none."""
    return int(text or "0") if (text or "0").isascii() and (text or "0").isdigit() and len(text) < 9 else -1


def _page(course: str, given: dict[str, str], faults: dict[str, str]) -> str:
    newest = quiz_analysis.version_of(course, None)
    rows = attempts.extensions(course)
    found = people.get_all(person for _row, person in rows)
    return page(
        "staff_extensions.html",
        course=course,
        title=newest.course.title.in_language(current_locale()),
        given={"whom": "person", "who": "", "minutes": "", "attempts": "", "reason": ""} | given,
        faults=faults,
        rows=[(row, found[person].name or found[person].public_id) for row, person in rows],
        actors=named_actors(row.given_by for row, _person in rows),
    )
