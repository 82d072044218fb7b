"""Pages of the firm's own staff: the way in, home, API keys, people and what they did."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import func, or_, select
from werkzeug import Response

from plg.access import credentials, keys
from plg.access.credentials import WrongCredentials
from plg.accounts import memberships
from plg.accounts.models import Account
from plg.attention import report
from plg.events import subscribers
from plg.events.models import Event
from plg.kit.caller import current_caller, requires
from plg.kit.clock import now, zone
from plg.kit.db import db
from plg.people import identities, people
from plg.people.models import Person
from plg.plans import assignments, catalogue
from plg.trials import trials
from plg.trials.models import Trial
from plg.web.i18n import current_locale
from plg.web.pages import checks
from plg.web.pages.addresses import local_path
from plg.web.pages.browser import sign_in_staff
from plg.web.pages.limits import sign_in_limits

bp = Blueprint("staff", __name__)

PAGE = 50
WEEK = dt.timedelta(days=7)
LATE = 30  # seconds that a reader of the log may be behind

Page = str | tuple[str, int] | Response


@bp.get("/staff/login")
@requires("anonymous")
def login() -> Page:
    onward = local_path(request.args.get("next"), "")
    if current_caller().kind == "staff":
        return redirect(onward or url_for("staff.home"))
    return _form(onward)


def _form(onward: str, email: str = "", refused: str = "") -> str:
    title = gettext("Sign in as staff")
    shown = {"title": title, "next": onward, "email": email, "refused": refused, "staff": True}
    return render_template("pages/login.html", **shown)


@bp.post("/staff/login")
@sign_in_limits
@requires("anonymous")
def enter() -> Page:
    onward, typed = local_path(request.form.get("next"), ""), checks.typed("email")
    try:
        member = credentials.check_staff(typed, request.form.get("password", ""))
    except WrongCredentials:
        refused = gettext("That address and password do not go together. Check both and try again.")
        return _form(onward, typed, refused), 401
    sign_in_staff(member.id)
    return redirect(onward or url_for("staff.home"), 303)


@bp.get("/staff")
@requires("staff")
def home() -> str:
    since = now() - WEEK
    identified = select(func.count()).where(Person.identified, Person.merged_into_id.is_(None))
    running = select(func.count()).select_from(Trial).where(Trial.status == "active")
    readers = subscribers.statuses()
    return render_template(
        "pages/staff_home.html",
        people=db.session.scalar(identified),
        new_people=db.session.scalar(identified.where(Person.created_at >= since)),
        accounts=db.session.scalar(select(func.count()).select_from(Account)),
        trials=db.session.scalar(running),
        ending=db.session.scalar(running.where(Trial.ends_at < now() + WEEK)),
        latest=_people("", None, 8),
        readers=readers,
        late=LATE,
        all_well=not any(one.last_error or one.parked or one.lag_seconds > LATE for one in readers),
    )


@bp.get("/staff/people")
@requires("staff")
def people_list() -> str:
    wanted = request.args.get("q", "").strip()
    before = request.args.get("before", type=int)
    found = _people(wanted, before, PAGE + 1)
    more = found[PAGE - 1].id if len(found) > PAGE else None
    following = url_for("staff.people_list", q=wanted or None, before=more) if more else ""
    return render_template("pages/staff_people.html", people=found[:PAGE], q=wanted, next=following)


def _people(wanted: str, before: int | None, limit: int) -> list[Person]:
    """Known people, newest first: those whose address or name begins so, or who have this very id."""
    query = select(Person).where(Person.identified, Person.merged_into_id.is_(None))
    if before is not None:
        query = query.where(Person.id < before)
    if wanted:
        begins = wanted.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        known = identities.canonical(ids := list(identities.known([wanted]).values()))
        query = query.where(
            or_(
                Person.email.like(begins, escape="\\"),
                func.lower(Person.name).like(begins, escape="\\"),
                Person.id.in_([known.get(i, i) for i in ids]),
            )
        )
    return list(db.session.scalars(query.order_by(Person.id.desc()).limit(limit)))


@bp.get("/staff/people/<path:any_id>")
@requires("staff")
def person(any_id: str) -> str:
    found = people.find(any_id)
    before = request.args.get("before", type=int)
    events = _timeline(identities.records_of(found.id), before)
    more = events[PAGE - 1].position if len(events) > PAGE else None
    following = url_for("staff.person", any_id=found.public_id, before=more) if more else ""
    theirs = memberships.of_person(found.id)
    return render_template(
        "pages/staff_person.html",
        person=found,
        ids=people.distinct_ids(found),
        accounts=[_account(account, role) for account, role in theirs],
        attention=report.told(found, theirs[0][0].id if len(theirs) == 1 else None),
        events=events[:PAGE],
        next=following,
    )


def _timeline(records: list[int], before: int | None) -> list[Event]:
    query = select(Event).where(Event.person_id.in_(records))
    if before is not None:
        query = query.where(Event.position < before)
    return list(db.session.scalars(query.order_by(Event.position.desc()).limit(PAGE + 1)))


def _account(account: Account, role: str) -> dict[str, Any]:
    plan, trial = assignments.current(account.id).plan, trials.of_account(account.id)
    return {
        "name": account.name or account.public_id,
        "role": role,
        "plan": catalogue.texts(plan.name, current_locale(), plan.key),
        "days_left": trial.days_left(now(), zone(account.timezone))
        if trial and trial.status == "active"
        else None,
    }


@bp.get("/staff/keys")
@requires("staff")
def key_list() -> str:
    return _keys({}, "")


def _keys(errors: dict[str, str], name: str, created: str = "") -> str:
    kinds = [("publishable", gettext("Publishable")), ("secret", gettext("Secret"))]
    shown = {"keys": keys.all_keys(), "kinds": kinds, "errors": errors, "name": name, "created": created}
    return render_template("pages/staff_keys.html", **shown)


@bp.post("/staff/keys")
@requires("staff")
def create_key() -> Page:
    """The answer shows the key itself: it is kept nowhere, not even for a redirect."""
    name = checks.typed("name")
    if fault := checks.text(name, gettext("Give the key a name, so that you know it again.")):
        return _keys({"name": fault}, name), 422
    _, plain = keys.create(checks.typed("kind"), name, by=current_caller().actor)
    return _keys({}, "", created=plain)


@bp.post("/staff/keys/<int:key_id>/revoke")
@requires("staff")
def revoke_key(key_id: int) -> Response:
    keys.revoke(key_id, by=current_caller().actor)
    flash(gettext("The key was revoked. It opens no door any more."), "ok")
    return redirect(url_for("staff.key_list"), 303)
