"""A workspace's trial: how long, why so long, what is worth doing, what stops at the end; calling it off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext, ngettext
from werkzeug import Response

from plg.accounts import accounts, rights
from plg.accounts.models import Account
from plg.kit.caller import Caller, current_caller, requires
from plg.kit.clock import now, zone
from plg.kit.errors import Forbidden, NotFound
from plg.plans import assignments, catalogue, seats
from plg.plans.catalogue import Plan, texts
from plg.plans.schemas import Price
from plg.plans.trial_rules import TrialRule
from plg.trials import ledger, rules, states, trials
from plg.trials.ledger import Step
from plg.trials.models import Trial
from plg.web.i18n import current_locale, format_money
from plg.web.pages import checks, host_product

bp = Blueprint("trial", __name__)


@dataclass(frozen=True)
class Change:
    """What becomes of one feature at the end; None: as much as wanted."""

    name: str
    type: str
    now: int | None
    then: int | None


@dataclass(frozen=True)
class Chance:
    """A way to earn days."""

    name: str
    days: int
    done: int
    most: int


@dataclass(frozen=True)
class Shown:
    """A trial as pages show it. now_on: the plan that the account is on, access: what it may do with it. onward,
    price: what begins after a trial with a card."""

    trial: Trial
    rule: TrialRule
    days_left: int
    days_all: int
    plan: str
    after: str
    now_on: str
    access: str
    charges: bool
    called_off: bool
    onward: str
    price: str


def shown(account: Account) -> Shown | None:
    """The newest trial of an account; None where it never had one."""
    trial = trials.of_account(account.id)
    if trial is None:
        return None
    rule = rules.of(trial.rule_id)
    published = catalogue.published()
    onward = rule.continues_as
    plan = published.plans.get(onward.plan) if onward else None
    price = plan.price(account.currency, onward.interval) if plan and onward else None
    given = assignments.current(account.id)
    onto_card = trial.is_open and trial.card is not None and onward is not None
    length = trial.ends_at - trial.started_at if trial.ends_at and trial.started_at else None
    return Shown(
        trial=trial,
        rule=rule,
        days_left=trial.days_left(now(), zone(account.timezone)),
        days_all=max(length.days, 1) if length else rule.days,
        plan=_named(published.plans.get(trial.plan_key), trial.plan_key),
        after=_named(published.plans.get(rule.at_end or ""), published.default_plan().key),
        now_on=_named(given.plan, given.plan.key),
        access=given.access,
        charges=onto_card and trial.stays,
        called_off=onto_card and not trial.stays,
        onward=_named(plan, onward.plan) if onward else "",
        price=_price(seats.first(account.id, plan, price)) if plan and price else "",
    )


def _price(price: Price) -> str:
    amount = format_money(price.amount, price.currency)
    if price.interval == "month":
        return gettext("%(price)s a month", price=amount)
    return gettext("%(price)s a year", price=amount)


def _named(plan: Plan | None, key: str) -> str:
    return texts(plan.name, current_locale(), plan.key) if plan else key


@bp.get("/workspace/trial")
@requires("person")
def show() -> str:
    account, caller = _here()
    found = shown(account)
    if found is None:
        raise NotFound("This workspace has no trial.")
    steps = trials.explain(account.id)
    return render_template(
        "pages/trial.html",
        account=account,
        shown=found,
        pays=assignments.current(account.id).source == "subscription",
        may_buy=rights.may(caller.role, "billing.buy"),
        may_cancel=rights.may(caller.role, "billing.buy")
        and found.charges
        and found.trial.status != states.HELD,
        may_reactivate=rights.may(caller.role, "billing.buy") and found.called_off,
        upgrade_url=url_for("upgrades.choose"),
        checklists=_checklists(caller),
        chances=_chances(found.rule, steps),
        earned=sum(s.row.days for s in steps if s.row.kind in (ledger.EARNED, ledger.REVERSAL)),
        changes=_changes(found) if found.trial.is_open else [],
        kept=_kept(),
        steps=[(in_words(step, found.rule), step) for step in steps],
        way_to=host_product.way_to,
    )


def _here() -> tuple[Account, Caller]:
    caller = current_caller()
    if caller.account_id is None:
        raise Forbidden("You belong to no workspace yet.")
    return accounts.get(caller.account_id), caller


def _checklists(caller: Caller) -> list[dict[str, Any]]:
    """Those that the widget would show this person."""
    parts = (part(caller, current_locale()) for part in current_app.extensions["plg.widget_parts"])
    return [one for part in parts for one in part.get("checklists", ()) if not one.get("dismissed")]


def _chances(rule: TrialRule, steps: list[Step]) -> list[Chance]:
    taken_back = {step.row.reverses_id for step in steps}
    counted = [s.row.rule for s in steps if s.row.kind == ledger.EARNED and s.row.id not in taken_back]
    return [
        Chance(texts(one.name, current_locale(), one.event), one.days, counted.count(number), one.most)
        for number, one in enumerate(rule.earn)
    ]


def _changes(found: Shown) -> list[Change]:
    """The features of which there is less after the trial."""
    published = catalogue.published()
    mine = published.plans.get(found.trial.plan_key)
    then = published.plans.get(found.rule.at_end or "")
    if mine is None or then is None:
        return []
    changes = []
    for key, feature in published.catalogue.features.items():
        have, left = mine.limit(key), then.limit(key)
        if left is not None and (have is None or left < have):
            changes.append(Change(texts(feature.name, current_locale(), key), feature.type, have, left))
    return changes


def _kept() -> list[str]:
    """Names of the features that stay usable where an account is locked."""
    features = catalogue.live().features.items()
    return [texts(feature.name, current_locale(), key) for key, feature in features if feature.while_locked]


def in_words(step: Step, rule: TrialRule) -> str:
    """A row of the ledger for those whose trial it is."""
    row, days = step.row, abs(step.row.days)
    if row.kind in (ledger.EARNED, ledger.REVERSAL):
        known = row.rule is not None and row.rule < len(rule.earn)
        name = texts(rule.earn[row.rule or 0].name, current_locale(), row.reason) if known else row.reason
        if row.kind == ledger.EARNED:
            return ngettext("One day earned: %(name)s", "%(num)d days earned: %(name)s", days, name=name)
        return ngettext("One day taken back: %(name)s", "%(num)d days taken back: %(name)s", days, name=name)
    if row.kind == ledger.GRANT:
        return ngettext("Your trial: one day", "Your trial: %(num)d days", days)
    if row.kind == ledger.EXTENSION and row.days > 0:
        return ngettext("One day more, as a gift", "%(num)d days more, as a gift", days)
    return {
        ledger.EXTENSION: ngettext("One day less", "%(num)d days less", days),
        ledger.PAUSE: gettext("Paused"),
        ledger.RESUME: gettext("Going on after the pause"),
        ledger.CREDITS: gettext("Everything that the trial includes was used"),
    }.get(row.kind, gettext("Stopped"))


@bp.post("/workspace/trial/cancel")
@requires("person")
def cancel() -> Response:
    account, caller = _here()
    assert caller.person_id is not None
    rights.require(account.id, caller.person_id, "billing.manage")
    reason = checks.typed("reason")[:200]
    trials.cancel(account.id, reason=reason, by=caller.actor, person_id=caller.person_id)
    flash(gettext("Done. Your card will not be charged."), "ok")
    return redirect(url_for("trial.show"), 303)


@bp.post("/workspace/trial/reactivate")
@requires("person")
def reactivate() -> Response:
    account, caller = _here()
    assert caller.person_id is not None
    rights.require(account.id, caller.person_id, "billing.manage")
    trials.reactivate(account.id, by=caller.actor, person_id=caller.person_id)
    flash(gettext("Good. Your plan goes on when your trial ends."), "ok")
    return redirect(url_for("trial.show"), 303)
