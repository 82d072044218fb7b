"""What the widget shows of an account's trial, usage and offer: one query for all three."""

from __future__ import annotations

import functools
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import aliased

from plg.accounts import rights
from plg.accounts.models import Account
from plg.kit.caller import Caller
from plg.kit.clock import now, zone
from plg.kit.db import db
from plg.plans.catalogue import texts
from plg.trials.models import Trial
from plg.trials.schemas import TrialOut
from plg.upgrades.models import Offer, UpgradeRequest
from plg.upgrades.texts import offer_texts, price_text, trial_text, usage_text
from plg.usage import entitlements
from plg.usage.entitlements import Entitlements

STRENGTH = ("limit_reached", "limit_near")


def widget_state(caller: Caller, locale: str) -> dict[str, Any]:
    if caller.account_id is None:
        return {"trial": None, "usage": [], "offer": None}
    rows = _rows(caller.account_id, caller.person_id)
    found = entitlements.from_rows(rows, locale)
    trial, requested = rows[0].Trial, rows[0].requested is not None
    offers = [row.Offer for row in rows if row.Offer is not None]
    offer = min(offers, key=lambda o: (STRENGTH.index(o.reason), o.id), default=None)
    metered = [e for e in found.by_feature.values() if e.type == "metered"]
    return {
        "trial": _trial(trial, rows[0].timezone, locale),
        "usage": [e.to_json() | {"text": usage_text(e, locale)} for e in metered],
        "offer": _offer(offer, found, caller, requested, locale) if offer else None,
    }


def _rows(account_id: int, person_id: int | None) -> Any:
    asked = {**entitlements.parameters(account_id), "person_id": person_id}
    return db.session.execute(_query(), asked).all()


@functools.cache
def _query() -> Any:
    """Built once: putting it together costs more than running it."""
    query: Any = select(*entitlements.columns(), Trial, Offer, UpgradeRequest.id.label("requested"))
    query = entitlements.source(query)
    other = aliased(Trial)
    newest = select(func.max(other.id)).where(other.account_id == Account.id).scalar_subquery()
    query = query.outerjoin(Trial, Trial.id == newest)
    query = query.outerjoin(Offer, (Offer.account_id == Account.id) & (Offer.status == "open"))
    mine = UpgradeRequest.person_id == bindparam("person_id")
    open_mine = (UpgradeRequest.account_id == Account.id) & mine & (UpgradeRequest.status == "open")
    return query.outerjoin(UpgradeRequest, open_mine)


def _trial(trial: Trial | None, timezone: str, locale: str) -> dict[str, Any] | None:
    if trial is None:
        return None
    shown = TrialOut.of(trial, now(), zone(timezone))
    text = trial_text(shown.status, shown.days_left, locale)
    return shown.model_dump(mode="json", include={"status", "days_left", "ends_at"}) | {"text": text}


def _offer(
    offer: Offer, found: Entitlements, caller: Caller, requested: bool, locale: str
) -> dict[str, Any] | None:
    plan = found.published.plans.get(offer.plan_key)
    entitlement = found.by_feature.get(offer.feature)
    if plan is None or not plan.prices or entitlement is None:
        return None
    title, body = offer_texts(offer.reason, entitlement, plan, locale)
    price = plan.prices[0].model_dump() | {"text": price_text(plan.prices[0], locale)}
    return {
        "id": offer.public_id,
        "reason": offer.reason,
        "feature": offer.feature,
        "title": title,
        "body": body,
        "plan": {"key": plan.key, "name": texts(plan.name, locale, plan.key), "price": price},
        "can_buy": rights.may(caller.role, "billing.buy"),
        "requested": requested,
    }
