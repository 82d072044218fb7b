"""Staff pages where people mark: what waits for marks, and one answer beside its rubric."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug import Response

from academy import courses, marking
from academy.paper import Slot
from academy.questions import FileUpload
from plg.kit.caller import current_caller, requires
from plg.web.i18n import current_locale

bp = Blueprint("academy_marking", __name__, url_prefix="/staff/academy/marking")


@bp.get("")
@requires("staff")
def index() -> str:
    """What waits for marks, the oldest first."""
    rows = [_row(each) for each in marking.queue(_staff_id())]
    return render_template("academy/marking_list.html", rows=rows)


@bp.get("/<attempt>/<int:number>")
@requires("staff")
def show(attempt: str, number: int) -> str:
    """One answer, without the name of whoever gave it and without the marks of others."""
    return _page(marking.script(attempt, number))


@bp.post("/<attempt>/<int:number>")
@requires("staff")
def mark(attempt: str, number: int) -> str | tuple[str, int] | Response:
    """Give the answer its points."""
    script = marking.script(attempt, number)
    points = {each.key: _whole(f"points-{place}") for place, each in enumerate(script.question.rubric, 1)}
    comment = request.form.get("comment", "")
    try:
        row = marking.mark(attempt, number, points, comment, by=_staff_id())
    except marking.MarksFaulty as refusal:
        faulty = {fault.field.removeprefix("points.") for fault in refusal.errors}
        return _page(script, faulty=faulty, given=points, comment=comment), 422
    except (marking.AlreadyDecided, marking.MarkedByYou):
        flash(_("This answer does not need your marks any more."), "info")
        return redirect(url_for("academy_marking.index"))
    told = _("Marked. The result is decided.") if row.share else _("Marked. Somebody else marks it too.")
    flash(told, "ok")
    return redirect(url_for("academy_marking.index"))


def _staff_id() -> int:
    found = current_caller().staff_id
    assert found is not None
    return found


def _whole(name: str) -> int | None:
    text = request.form.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def _row(each: marking.Awaited) -> dict[str, Any]:
    published = courses.published(each.attempt.version_id)
    slot = Slot.from_json(each.attempt.slots[each.row.slot - 1])
    say = published.say(slot.question, current_locale())
    return {
        "attempt": each.attempt.public_id,
        "number": each.row.slot,
        "course": published.course.title.in_language(current_locale()),
        "question": Markup(say("text")).striptags()[:120],
        "since": each.row.since,
        "marks": each.marks,
        "yours": each.yours,
    }


def _page(
    script: marking.Script,
    faulty: set[str] = frozenset(),  # type: ignore[assignment]
    given: dict[str, int | None] | None = None,
    comment: str = "",
) -> str:
    published = courses.published(script.attempt.version_id)
    say = published.say(script.slot.question, current_locale())
    criteria = [
        {
            "name": Markup(say(f"rubric.{each.key}")),
            "points": each.points,
            "value": (given or {}).get(each.key),
            "faulty": each.key in faulty,
        }
        for each in script.question.rubric
    ]
    return render_template(
        "academy/marking.html",
        course=published.course.title.in_language(current_locale()),
        text=Markup(say("text")),
        answer=script.answer,
        file=url_for("academy_files.for_marking", attempt=script.attempt.public_id, number=script.number)
        if isinstance(script.question, FileUpload)
        else None,
        criteria=criteria,
        comment=comment,
        difference=script.question.difference,
    )
