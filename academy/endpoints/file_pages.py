"""Files that learners hand in: sent from the paper, and downloaded by their owner or by whoever marks them."""

from __future__ import annotations

import io

from flask import Blueprint, flash, redirect, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug import Response

from academy import attempts, marking, uploads
from academy.endpoints.course_pages import person_id
from academy.endpoints.quiz_pages import posted
from academy.models import Upload
from plg.kit.caller import requires
from plg.kit.db import db

bp = Blueprint("academy_files", __name__)


@bp.post("/academy/attempts/<attempt>/files/<int:number>")
@requires("person")
def send(attempt: str, number: int) -> Response:
    """Keep the file, and save it together with whatever else the paper holds."""
    reader = person_id()
    back = redirect(url_for("academy_quiz.paper", attempt=attempt))
    found = attempts.find(attempt, person_id=reader)
    file = request.files.get(f"file-{number}")
    answers, sequence = posted(found), request.form.get("sequence", -1, type=int)
    try:
        kept = uploads.keep(
            attempt,
            number,
            file.filename or "" if file else "",
            file.read() if file else b"",
            person_id=reader,
        )
        attempts.save(attempt, answers | {number: kept.public_id}, sequence, person_id=reader)
        flash(_("Your file is here, and your answers are saved."), "ok")
    except uploads.UploadFaulty:
        attempts.save(attempt, answers, sequence, person_id=reader)
        flash(
            _("This file was not taken: it is too large or of another type. Your answers are saved."), "warn"
        )
    except attempts.StaleAnswers:
        db.session.rollback()
        flash(_("This quiz was saved in another window. Nothing was taken from this one."), "warn")
    except (attempts.AttemptExpired, attempts.AttemptFinished):
        db.session.rollback()
    return back


@bp.get("/academy/attempts/<attempt>/files/<int:number>")
@requires("person")
def download(attempt: str, number: int) -> Response:
    """One's own file."""
    return handed_out(uploads.answered(attempts.find(attempt, person_id=person_id()), number))


@bp.get("/staff/academy/marking/<attempt>/<int:number>/file")
@requires("staff")
def for_marking(attempt: str, number: int) -> Response:
    """The file that waits for marks."""
    return handed_out(uploads.answered(marking.script(attempt, number).attempt, number))


def handed_out(row: Upload) -> Response:
    """Bytes to be kept on a disk: no browser opens them here, whatever they are."""
    answer = send_file(
        io.BytesIO(row.content),
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=row.name,
    )
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
