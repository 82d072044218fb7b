"""Staff pages of certificates: found by code or holder; their history, corrections, and how they stand."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from academy import certificates
from academy.certificates import history, listing, rewards
from academy.certificates.standings import ReasonFaulty
from academy.endpoints.award_api import ACTS
from academy.endpoints.page import named_actors, page
from academy.models import Certificate
from plg.kit.caller import current_caller, requires
from plg.kit.errors import Conflict
from plg.people import people
from plg.people.people import PersonNotFound

bp = Blueprint("academy_awards", __name__, url_prefix="/staff/certificates")


@bp.get("")
@requires("staff")
def index() -> str | Response:
    """The newest ones, those of one person, or the one with a code."""
    asked, before = request.args.get("q", "").strip()[:400], request.args.get("before", type=int)
    if asked and certificates.normalised(asked):
        return redirect(url_for("academy_awards.show", code=asked))
    rows, more = _of(asked) if asked else listing.newest(before)
    return page(
        "staff_certificates.html",
        rows=list(zip(rows, certificates.facts_of_all(rows), strict=True)),
        asked=asked,
        more=more,
        stuck=listing.stuck(),
        before=before,
    )


def _of(asked: str) -> tuple[list[Certificate], int | None]:
    try:
        return certificates.of_person(people.find(asked).id), None
    except PersonNotFound:
        return [], None


@bp.get("/<code>")
@requires("staff")
def show(code: str) -> str:
    return _page(code)


@bp.post("/<code>/standing")
@requires("staff")
def change(code: str) -> str | tuple[str, int] | Response:
    """Revoke, suspend or reinstate it."""
    found, act = certificates.find(code), ACTS.get(request.form.get("act", ""), certificates.suspend)
    return _done(code, lambda: act(found, request.form.get("reason", ""), by=current_caller().actor))


@bp.post("/<code>/corrections")
@requires("staff")
def correct(code: str) -> str | tuple[str, int] | Response:
    """Make the next edition, with another name or title."""
    found, form, by = certificates.find(code), request.form, current_caller().actor
    title = {"es": form.get("title-es", ""), "en": form.get("title-en", "")}
    said: dict[str, Any] = {"name": form.get("name", ""), "title": title, "reason": form.get("why", "")}
    if not found.person_name and not said["name"]:
        said["name"] = None
    return _done(code, lambda: certificates.correct(found, **said, by=by))


def _done(code: str, act: Any) -> str | tuple[str, int] | Response:
    try:
        act()
    except ReasonFaulty:
        return _page(code, reason_error=_("Say why, in at most %(most)d characters.", most=500)), 422
    except certificates.CorrectionFaulty as refusal:
        return _page(code, faults={fault.field for fault in refusal.errors}), 422
    except Conflict:
        return _page(code, meanwhile=True), 409
    flash(_("It is changed."), "ok")
    return redirect(url_for("academy_awards.show", code=code))


def _page(code: str, **said: Any) -> str:
    found = certificates.find(code)
    entries = history.of(found)
    return page(
        "staff_certificate.html",
        certificate=found,
        facts=certificates.facts_of(found),
        holder=people.get(found.person_id),
        entries=entries,
        tasks=history.tasks_of(found),
        given=rewards.of_chain(found.chain),
        actors=named_actors(each.by for each in entries if each.by),
        grouped=certificates.grouped,
        form=request.form,
        **{"faults": set(), "reason_error": "", "meanwhile": False} | said,
    )
