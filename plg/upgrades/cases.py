"""The requests of one account, gathered: who may buy is asked once, with an exact price, and answers once.

The first request makes the case and its one mail; later ones join it. The price is that of the version of the plan
that is sold now, what the checkout takes; where it has expired, or the plan costs something else meanwhile, nobody is
led to pay before they have seen the new one."""

from __future__ import annotations

import datetime as dt
from typing import Final

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import select

from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db, lock
from plg.kit.errors import NotFound
from plg.offers import answers
from plg.plans import assignments, catalogue, seats
from plg.plans.catalogue import Plan
from plg.upgrades.models import UpgradeCase, UpgradeRequest
from plg.usage import paywall

GOOD_FOR: Final = dt.timedelta(days=14)
"""So long a price holds, and the link of the mail leads to the case."""
REST: Final = dt.timedelta(days=7)
"""So long after a no who may buy is not written to again; what is asked meanwhile waits on the page."""


class CaseNotFound(NotFound):
    """The link is too old or was changed, or everything was answered before."""


def gather(request: UpgradeRequest) -> tuple[UpgradeCase, bool]:
    """Put a new request to the others of its account; returns the case, and whether who may buy is to be told: the
    case is new, and they have not said no just now."""
    lock(f"upgrade-case:{request.account_id}")
    case = open_of(request.account_id)
    is_new = case is None
    if case is None:
        case = UpgradeCase(account_id=request.account_id, status="open", created_at=now())
        db.session.add(case)
    request.case = case
    db.session.flush()
    requote(case)
    return case, is_new and not _was_declined_lately(request.account_id)


def _was_declined_lately(account_id: int) -> bool:
    declined = select(UpgradeCase.id).where(
        UpgradeCase.account_id == account_id,
        UpgradeCase.status == "declined",
        UpgradeCase.closed_at > now() - REST,
    )
    return db.session.scalar(declined.limit(1)) is not None


def open_of(account_id: int) -> UpgradeCase | None:
    """The account's case that waits for an answer."""
    mine = select(UpgradeCase).where(UpgradeCase.account_id == account_id, UpgradeCase.status == "open")
    return db.session.scalar(mine.execution_options(populate_existing=True))


def features_of(case: UpgradeCase) -> list[str]:
    """What was blocked, each once, in the order of the requests."""
    asked = select(UpgradeRequest.feature).where(
        UpgradeRequest.case_id == case.id, UpgradeRequest.status == "open", UpgradeRequest.feature != ""
    )
    return list(dict.fromkeys(db.session.scalars(asked.order_by(UpgradeRequest.id))))


# --- the price ------------------------------------------------------------------------------------


def requote(case: UpgradeCase) -> None:
    """The price now: of the cheapest plan that gives more of all that was blocked, else of most of it."""
    plan = _plan_for(case.account_id, features_of(case))
    price = plan.price(paywall.currency_of(case.account_id)) if plan is not None else None
    if plan is None or price is None:
        case.plan_key, case.plan_version_id, case.amount = "", None, 0
        case.currency, case.interval, case.expires_at = "", "", None
        return
    case.plan_key, case.plan_version_id = plan.key, plan.version_id
    case.amount = seats.first(case.account_id, plan, price).amount
    case.currency, case.interval = price.currency, price.interval
    case.expires_at = now() + GOOD_FOR


def holds(case: UpgradeCase) -> bool:
    """Whether the price that was told is what the checkout takes now."""
    if case.expires_at is None or case.expires_at <= now():
        return False
    plan = catalogue.published().plans.get(case.plan_key)
    if plan is None or plan.version_id != case.plan_version_id:
        return False
    told = [each for each in plan.prices if each.rhythm == (case.currency, case.interval)]
    return any(seats.first(case.account_id, plan, each).amount == case.amount for each in told)


def _plan_for(account_id: int, features: list[str]) -> Plan | None:
    present, published = assignments.current(account_id).plan, catalogue.published()
    better = [{plan.key for plan in paywall.better_plans(published, present, each)} for each in features]
    plans = answers.higher(present)
    return max(plans, key=lambda plan: sum(plan.key in each for each in better), default=None)


# --- the link -------------------------------------------------------------------------------------


def token(case: UpgradeCase) -> str:
    """What names the case in an address. It proves nothing of who opens it: they sign in, and have to be allowed."""
    signed = _signer().dumps(case.public_id)
    return signed if isinstance(signed, str) else signed.decode()


def find(signed: str) -> UpgradeCase:
    """The case that a link is about, answered or not. Raises CaseNotFound for a link that is too old or not ours."""
    try:
        public_id = _signer().loads(signed, max_age=int(GOOD_FOR.total_seconds()))
    except BadSignature:
        raise CaseNotFound("This link is too old, or not complete.") from None
    case = db.session.scalar(select(UpgradeCase).where(UpgradeCase.public_id == public_id))
    if case is None:
        raise CaseNotFound("There is no such request.")
    return case


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="plg upgrade case")


# --- the answer -----------------------------------------------------------------------------------


def close(account_id: int, status: str) -> None:
    """The account's open case is answered: `approved` or `declined`."""
    case = open_of(account_id)
    if case is not None:
        case.status, case.closed_at = status, now()


def close_if_answered(case_id: int | None) -> None:
    """Where the last of its requests was declined, the case is."""
    waits = select(UpgradeRequest.id).where(
        UpgradeRequest.case_id == case_id, UpgradeRequest.status == "open"
    )
    if case_id is not None and db.session.scalar(waits.limit(1)) is None:
        case = db.session.get_one(UpgradeCase, case_id)
        case.status, case.closed_at = "declined", now()


def tell_declined(request: UpgradeRequest, by: int | None) -> None:
    properties = {"feature": request.feature, "request": request.public_id}
    log.record(names.UPGRADE_DECLINED, person_id=by, account_id=request.account_id, properties=properties)
