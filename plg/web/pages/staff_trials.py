"""Trials as the firm's own staff see them: found, explained, lengthened, paused, started again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import func, or_, select
from werkzeug import Response

from plg.accounts import accounts
from plg.accounts.models import Account
from plg.kit.caller import current_caller, requires
from plg.kit.db import db
from plg.kit.errors import NotFound
from plg.plans import assignments, catalogue
from plg.plans.catalogue import texts
from plg.trials import states, trials
from plg.trials.models import Trial
from plg.web.i18n import current_locale
from plg.web.pages import checks, trial

bp = Blueprint("staff_trials", __name__)

PAGE = 50
MOST = trials.MAX_EXTENSION

STATE_NAMES = {
    states.HELD: lazy_gettext("Held"),
    states.AWAITING_CARD: lazy_gettext("Waits for a card"),
    states.AWAITING_ACTIVATION: lazy_gettext("Waits for first use"),
    states.ACTIVE: lazy_gettext("Runs"),
    states.PAUSED: lazy_gettext("Paused"),
    states.GRACE: lazy_gettext("In grace"),
    states.CONVERTING: lazy_gettext("Payment due"),
    states.CONVERTED: lazy_gettext("Pays"),
    states.ENDED: lazy_gettext("Ended"),
    states.CANCELLED: lazy_gettext("Cancelled"),
}

KIND_NAMES = {
    "grant": lazy_gettext("Days of the rule"),
    "extension": lazy_gettext("Changed by staff"),
    "earned": lazy_gettext("Earned"),
    "reversal": lazy_gettext("Taken back"),
    "pause": lazy_gettext("Paused"),
    "resume": lazy_gettext("Resumed"),
    "credits": lazy_gettext("Credits used up"),
    "stop": lazy_gettext("Stopped"),
}

OWN_WORDS = {
    "trial of the plan": lazy_gettext("trial of the plan"),
    "another trial": lazy_gettext("another trial"),
    "all credits used": lazy_gettext("all credits used"),
    "resumed by staff": lazy_gettext("resumed by staff"),
    "the workspace is to be deleted": lazy_gettext("the workspace is to be deleted"),
    "the workspace was deleted": lazy_gettext("the workspace was deleted"),
    "sign-up rules": lazy_gettext("sign-up rules"),
    "trial clock": lazy_gettext("trial clock"),
    "earned": lazy_gettext("what was done"),
    "account": lazy_gettext("the workspace"),
}
"""Reasons and actors that plg itself writes into ledgers; what others wrote is shown as it is."""

Page = str | tuple[str, int] | Response


@bp.get("/staff/trials")
@requires("staff")
def index() -> str:
    wanted, state = request.args.get("q", "").strip(), request.args.get("state", "")
    before = request.args.get("before", type=int)
    found = _found(wanted, state if state in states.ALL else "", before)
    more = found[PAGE - 1][0].id if len(found) > PAGE else None
    following = (
        url_for("staff_trials.index", q=wanted or None, state=state or None, before=more) if more else ""
    )
    return render_template(
        "pages/staff_trials.html",
        rows=[(row, account, _plan_name(row)) for row, account in found[:PAGE]],
        q=wanted,
        state=state,
        choices=[("", gettext("All")), *STATE_NAMES.items()],
        state_names=STATE_NAMES,
        next=following,
    )


def _found(wanted: str, state: str, before: int | None) -> list[tuple[Trial, Account]]:
    """Trials, newest first: of a state, and of accounts whose name begins so or who are known by this id."""
    query = select(Trial, Account).join(Account, Account.id == Trial.account_id)
    if state:
        query = query.where(Trial.status == state)
    if before is not None:
        query = query.where(Trial.id < before)
    if wanted:
        begins = wanted.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        by_name = func.lower(Account.name).like(begins, escape="\\")
        query = query.where(or_(by_name, Account.id.in_(list(accounts.known([wanted]).values()))))
    rows = db.session.execute(query.order_by(Trial.id.desc()).limit(PAGE + 1))
    return [(row, account) for row, account in rows]


def _plan_name(row: Trial) -> str:
    plan = catalogue.published().plans.get(row.plan_key)
    return texts(plan.name, current_locale(), plan.key) if plan else row.plan_key


@bp.get("/staff/trials/<public_id>")
@requires("staff")
def show(public_id: str) -> str:
    return _page(accounts.find(public_id), {})


def _page(account: Account, errors: dict[str, str]) -> str:
    found = trial.shown(account)
    if found is None:
        raise NotFound("This account has no trial.")
    return render_template(
        "pages/staff_trial.html",
        account=account,
        shown=found,
        steps=trials.explain(account.id),
        pays=assignments.current(account.id).source == "subscription",
        state_name=STATE_NAMES[found.trial.status],
        kind_names=KIND_NAMES,
        own_words=OWN_WORDS,
        errors=errors,
        typed=request.form,
    )


@bp.post("/staff/trials/<public_id>/extend")
@requires("staff")
def extend(public_id: str) -> Page:
    account, by = accounts.find(public_id), current_caller().actor
    days, reason = request.form.get("days", type=int), checks.typed("reason")
    errors = checks.faults(reason=_reason_fault(reason))
    if days is None or not 0 < abs(days) <= MOST:
        errors |= {"days": gettext("Enter 1 to %(num)s days; below 0 takes days away.", num=MOST)}
    if errors or days is None:
        return _page(account, errors), 422
    return _done(account, gettext("Done. The end has moved."), trials.extend, days, reason=reason, by=by)


@bp.post("/staff/trials/<public_id>/pause")
@requires("staff")
def pause(public_id: str) -> Page:
    return _with_reason(public_id, "pause_reason", gettext("The clock stands still now."), trials.pause)


@bp.post("/staff/trials/<public_id>/resume")
@requires("staff")
def resume(public_id: str) -> Response:
    account = accounts.find(public_id)
    by = current_caller().actor
    return _done(account, gettext("The clock runs again."), trials.resume, reason="resumed by staff", by=by)


@bp.post("/staff/trials/<public_id>/stop")
@requires("staff")
def stop(public_id: str) -> Page:
    return _with_reason(public_id, "stop_reason", gettext("The trial is over."), trials.stop)


@bp.post("/staff/trials/<public_id>/again")
@requires("staff")
def again(public_id: str) -> Page:
    def start(account_id: int, *, reason: str, by: str) -> Trial:
        return trials.start(account_id, again=True, reason=reason, by=by)

    return _with_reason(public_id, "again_reason", gettext("A new trial has begun."), start)


def _with_reason(public_id: str, field: str, said: str, act: Callable[..., Any]) -> Page:
    account, reason = accounts.find(public_id), checks.typed(field)
    if fault := _reason_fault(reason):
        return _page(account, {field: fault}), 422
    return _done(account, said, act, reason=reason, by=current_caller().actor)


def _reason_fault(reason: str) -> str:
    if not reason:
        return gettext("Write why: it is kept with the trial.")
    return gettext("Use at most %(num)s characters.", num=200) if len(reason) > 200 else ""


def _done(account: Account, said: str, act: Callable[..., Any], *values: Any, **named: Any) -> Response:
    act(account.id, *values, **named)
    flash(said, "ok")
    return redirect(url_for("staff_trials.show", public_id=account.public_id), 303)
