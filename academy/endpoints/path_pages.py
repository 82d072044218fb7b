"""Hosted pages of learning paths."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, url_for
from werkzeug import Response

from academy import catalogue, paths
from academy.catalogue import Entry
from academy.endpoints.course_cards import path_card
from academy.endpoints.page import page
from academy.paths import PathSeen
from plg.kit.caller import current_caller, requires
from plg.web.i18n import current_locale

bp = Blueprint("academy_paths", __name__, url_prefix="/academy/paths")


@bp.get("/<path>")
@requires("anonymous", "person", "staff")
def show(path: str) -> str:
    """The courses of a path in their order, and how far the reader is."""
    caller = current_caller()
    reader = caller.person_id if caller.kind == "person" else None
    seen = paths.seen(reader, path)
    entries = {each.published.key: each for each in catalogue.entries(reader, caller.account_id)}
    steps = _steps(seen, entries)
    following = (each for each in steps if not each["completed"] and not each["optional"] and each["shown"])
    return page("path.html", **path_card(seen), steps=steps, next=next(following, None))


@bp.get("/<path>/begin")
@requires("person")
def sign_in_to_begin(path: str) -> Response:
    """Where somebody who is not signed in goes to begin: they sign in on the way, and come back to the path."""
    return redirect(url_for("academy_paths.show", path=path))


@bp.post("/<path>/begin")
@requires("person")
def begin(path: str) -> Response:
    """Put the reader on the path."""
    caller = current_caller()
    assert caller.person_id is not None
    paths.begin(caller.person_id, path, account_id=caller.account_id)
    return redirect(url_for("academy_paths.show", path=path))


def _steps(seen: PathSeen, entries: dict[str, Entry]) -> list[dict[str, Any]]:
    language, found = current_locale(), []
    for each in seen.published.path.courses:
        entry = entries.get(each.course)
        course = entry.published.course if entry else None
        told = {
            "key": each.course,
            "optional": each.optional,
            "completed": each.course in seen.progress.completed,
            "shown": course is not None,
        }
        if course is not None and entry is not None:
            told |= {
                "title": course.title.in_language(language),
                "summary": course.summary.in_language(language),
                "lesson_count": len(course.lessons),
                "minutes": course.minutes,
                "quiz": course.quiz,
                "closed": entry.closed,
                "progress": entry.progress,
            }
        found.append(told)
    return found
