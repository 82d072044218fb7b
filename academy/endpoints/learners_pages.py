"""Staff pages about the learners of courses: versions, invitations, and moves to the live version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug import Response

from academy import access, audience, courses, invitations, learners, moves
from academy.endpoints.course_cards import lesson_titles, missing_courses
from academy.endpoints.letters import send_invitations
from academy.endpoints.page import page
from academy.moving import Leaving, MappingFaulty, VersionNotLive
from plg.accounts import memberships
from plg.kit.caller import current_caller, requires
from plg.kit.db import db
from plg.kit.errors import Fault
from plg.people import people
from plg.people.people import PersonNotFound
from plg.web.i18n import current_locale

bp = Blueprint("academy_learners", __name__, url_prefix="/staff/academy/learners")
MOST_LINES = 99


@bp.get("")
@requires("staff")
def index() -> str:
    """Every live course, with how many are on which version."""
    rows: dict[str, dict[str, Any]] = {}
    titles = {each.key: each.course.title.in_language(current_locale()) for each in courses.catalogue()}
    for each in learners.by_version():
        row = rows.setdefault(each.course, {"learners": 0, "completed": 0, "elsewhere": 0})
        row["learners"] += each.learners
        row["completed"] += each.completed
        row["elsewhere"] += 0 if each.live else each.learners - each.completed
    shown = [{"key": key, "title": title, **rows[key]} for key, title in titles.items()]
    return page("staff_learners.html", rows=shown)


@bp.get("/<course>")
@requires("staff")
def show(course: str) -> str:
    """One course: its versions, who was invited, and the move to the live version."""
    return _page(course, person=request.args.get("person", "").strip()[:400])


@bp.post("/<course>/invitations")
@requires("staff")
def invite(course: str) -> str | tuple[str, int] | Response:
    """Send each address of the form one mail, unless it got one before."""
    written = request.form.get("emails", "")
    emails = re.split(r"[\s,;]+", written.strip()) if written.strip() else []
    if not emails:
        return _page(course, emails_error=_("Write at least one address.")), 422
    try:
        found = invitations.invite_all(course, emails, by=current_caller().actor)
    except invitations.AddressesFaulty as refusal:
        return _page(course, emails=written, emails_error=_addresses_wrong(refusal.errors, emails)), 422
    locale = request.form.get("locale", "")
    send_invitations(course, found, locale if locale in ("es", "en") else current_locale())
    flash(ngettext("One person gets a mail.", "%(num)d people get a mail.", len(found)), "ok")
    return redirect(url_for("academy_learners.show", course=course))


@bp.post("/<course>/move")
@requires("staff")
def move(course: str) -> str | tuple[str, int] | Response:
    """Show what moving everybody to the live version changes; with `act=move`, begin it."""
    written = request.form.get("map", "")
    to, mapped = request.form.get("to", 0, type=int), _mapping(written)
    if mapped is None:
        return _page(course, map=written, map_error=_("Write one lesson a line, as old=new.")), 422
    try:
        leaving = moves.plan(course, to=to, lessons=mapped)
        if request.form.get("act") == "move":
            moves.start(course, to=to, lessons=mapped, by=current_caller().actor)
            flash(_("The learners are being moved."), "ok")
            return redirect(url_for("academy_learners.show", course=course))
    except MappingFaulty as refusal:
        db.session.rollback()
        return _page(course, map=written, wrong=refusal.data), 422
    except VersionNotLive:
        return _page(course, map=written, map_error=_("Meanwhile another version is live. Look again.")), 409
    return _page(course, map=written, leaving=leaving)


def _addresses_wrong(faults: list[Fault], emails: list[str]) -> str:
    places = [fault.field.removeprefix("emails.") for fault in faults]
    wrong = [emails[int(place)][:80] for place in places if place.isdigit()]
    if not wrong:
        return _("At most %(most)d addresses at once.", most=invitations.MOST)
    return _("These are no e-mail addresses: %(addresses)s", addresses=", ".join(wrong[:10]))


def _mapping(text: str) -> dict[str, str] | None:
    """`old=new` a line; None where a line is something else."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    parts = [line.partition("=") for line in lines]
    if len(lines) > MOST_LINES or any(not old.strip() or not sign for old, sign, _new in parts):
        return None
    return {old.strip()[:64]: new.strip()[:64] for old, _sign, new in parts}


def _standing(course: str, any_id: str) -> dict[str, Any] | None:
    """Where one person stands before or in the course, and why; None where nobody has this id."""
    try:
        person = people.find(any_id)
    except PersonNotFound:
        return None
    account = memberships.only_account([person.id]).get(person.id)
    found = access.of(person.id, account, course, staff=True)
    told = audience.why(found.published.course.audience, person.id, account)
    return {
        "name": person.name or person.email or person.public_id,
        "access": found,
        "version": found.published.version,
        "missing": missing_courses(found.missing),
        "titles": lesson_titles(found.published),
        "asked": audience.leaves(told) if told else [],
    }


def _page(course: str, *, leaving: list[Leaving] | None = None, **form: Any) -> str:
    live = courses.live(course)
    invited, accepted = learners.invited(course)
    language = current_locale()
    return page(
        "staff_learners_of_course.html",
        course=course,
        title=live.course.title.in_language(language),
        versions=learners.by_version(course),
        live=live.version,
        lessons=[(each.key, each.title(language)) for each in live.course.lessons],
        invited=invited,
        accepted=accepted,
        leaving=leaving,
        move=_shown_move(course),
        standing=_standing(course, form["person"]) if form.get("person") else None,
        form=form,
    )


def _shown_move(course: str) -> Mapping[str, Any] | None:
    row = moves.latest(course)
    if row is None:
        return None
    version = courses.published(row.to_version_id).version
    return {"row": row, "version": version}
