"""Offers as the firm's own staff see them: what runs, what each brought, why somebody sees one, and stopping it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import format_timedelta, gettext
from werkzeug import Response

from plg.accounts.accounts import AccountNotFound
from plg.accounts.memberships import NotAMember
from plg.kit.caller import requires
from plg.kit.rules.times import span
from plg.offers import explaining, published, report
from plg.people.people import PersonNotFound
from plg.web import offer_form
from plg.web.i18n import current_locale

bp = Blueprint("staff_offers", __name__)

UNKNOWN = (PersonNotFound, AccountNotFound, NotAMember)


@bp.get("/staff/offers")
@requires("staff")
def index() -> str:
    return render_template(
        "pages/staff_offers.html", rows=report.overview(), locale=current_locale(), words=words()
    )


@bp.get("/staff/offers/<key>")
@requires("staff")
def show(key: str) -> str:
    told = report.of_offer(key)
    live = published.live().get(key)
    return render_template(
        "pages/staff_offer.html",
        key=key,
        told=told,
        offer=told.offer.offer,
        title=told.offer.offer.title.text(current_locale()),
        window=_in_words(told.offer.offer.window),
        state=report.state_of(told.offer, live is not None),
        versions=published.versions_of(key),
        text=offer_form.written(published.versions_of(key)[0].definition),
        words=words(),
    )


def _in_words(text: str) -> str:
    """`14d` as "14 days": whole days as days, all else in hours."""
    length = span(text)
    return format_timedelta(length, "hour" if length.seconds else "day", threshold=length.total_seconds())


@bp.post("/staff/offers/<key>/stop")
@requires("staff")
def stop(key: str) -> Response:
    published.stop(key)
    flash(gettext("The offer is stopped. Nobody sees it any more."), "ok")
    return redirect(url_for("staff_offers.show", key=key), 303)


@bp.get("/staff/offers/<key>/why")
@requires("staff")
def why(key: str) -> str:
    """Why somebody sees the offer or not. `person`, `account`: any id of theirs."""
    person, account = (request.args.get(name, "").strip()[:320] for name in ("person", "account"))
    told: dict[str, Any] | None = None
    fault = ""
    if person:
        try:
            told = explaining.explain(person, key, account or None)
        except UNKNOWN as refusal:
            fault = refusal.detail
    version = published.newest(key)
    return render_template(
        "pages/staff_offer_why.html",
        key=key,
        title=version.offer.title.text(current_locale()),
        person=person,
        account=account,
        told=told,
        fault=fault,
        words=words(),
    )


def words() -> dict[str, Any]:
    """How states, triggers, channels, arms and checks are called."""
    return {
        "state": {
            "running": (gettext("Running"), "ok"),
            "waiting": (gettext("Waits for its start"), ""),
            "over": (gettext("Its time is over"), ""),
            "stopped": (gettext("Stopped"), "danger"),
        },
        "trigger": _triggers(),
        "channel": {
            "card": gettext("Card"),
            "banner": gettext("Banner"),
            "modal": gettext("Announcement"),
            "email": gettext("E-mail"),
            "page": gettext("Page of plans"),
        },
        "arm": {"holdout": gettext("Held out"), "all": gettext("Everybody else")},
        "check": _checks(),
    }


def _triggers() -> dict[str, str]:
    return {
        "limit_halfway": gettext("Half of a limit is used"),
        "limit_near": gettext("A limit is near"),
        "limit_reached": gettext("A limit is reached"),
        "refused": gettext("A feature was refused"),
        "forecast": gettext("A limit will be reached soon"),
        "seats_full": gettext("The last seat is taken"),
        "activated": gettext("The workspace is activated"),
        "event": gettext("Something happened"),
        "trial_day": gettext("A day of the trial"),
        "rule": gettext("A rule holds"),
    }


def _checks() -> dict[str, str]:
    return {
        "live": gettext("The offer has a live version"),
        "running": gettext("Its time has come and is not over"),
        "trigger": gettext("Something raised it, and it is open"),
        "frequency": gettext("They had it neither lately nor often enough"),
        "rule": gettext("What has to be true, is"),
        "audience": gettext("It is for them"),
        "holdout": gettext("Their workspace is not held out"),
        "person": gettext("They have not put it away or seen it often enough"),
        "priority": gettext("No other offer comes first"),
        "attention": gettext("Their attention was not asked for too often"),
    }
