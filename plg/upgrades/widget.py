"""What the widget shows of an account's trial, usage and offer: one query for all three."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, bindparam, exists, func, literal, literal_column, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import aliased

from plg.accounts import rights
from plg.accounts.models import Account
from plg.attention import budget, held_back
from plg.attention.held_back import Kept
from plg.attention.models import Appearance, HeldBack
from plg.kit.caller import Caller
from plg.kit.clock import now, zone
from plg.kit.db import db, writing
from plg.plans.catalogue import texts
from plg.trials.models import Trial
from plg.trials.schemas import TrialOut
from plg.upgrades import offers
from plg.upgrades.models import Offer, UpgradeRequest
from plg.upgrades.texts import offer_texts, price_text, trial_text, usage_text
from plg.usage import entitlements, reading
from plg.usage.entitlements import Entitlements

ANSWER = "limit_reached"
_OPEN: Any = literal_column("'open'")
"""A literal: where a bound value chooses a partial index, SQLite plans the statement anew at each run."""

STRENGTH = (ANSWER, "limit_near")


def widget_state(caller: Caller, locale: str) -> dict[str, Any]:
    if caller.account_id is None:
        return {"trial": None, "usage": [], "offer": None}
    rows = _rows(caller.account_id, caller.person_id)
    found = entitlements.from_rows(rows, locale)
    trial, requested = rows[0].Trial, rows[0].requested is not None
    row = _strongest(rows)
    offer = _offer(row.Offer, found, caller, requested, locale) if row else None
    metered = [e for e in found.by_feature.values() if e.type == "metered"]
    state: dict[str, Any] = {
        "trial": _trial(trial, rows[0].timezone, locale),
        "usage": [e.to_json() | {"text": usage_text(e, locale)} for e in metered],
    }
    return state | {"offer": offer if offer is None or _comes_up(offer["id"], row, caller) else None}


def _strongest(rows: Sequence[Any]) -> Any:
    """The row of the strongest open offer, if there is one."""
    of_offer = [row for row in rows if row.Offer is not None]
    return min(of_offer, key=lambda one: (STRENGTH.index(one.Offer.reason), one.Offer.id), default=None)


def _comes_up(public_id: str, row: Any, caller: Caller) -> bool:
    """Whether the budget of attention lets an offer come up: offers ask before anything else does. One that a person
    has seen stays while it is open. At a limit that was reached it answers what they want to do: it comes whatever
    they have seen, and counts. On the hosted pages, where one came by oneself, there is no budget.

    The widget draws what it is given, so that from now on the person has seen it; else the reason is kept. Last of
    all, for what was read before is over with that."""
    if caller.kind != "user" or caller.person_id is None or row.was_shown:
        return True
    source, spent = offers.source_of(public_id), budget.of_request(row, caller.person_id)
    reached = None if row.Offer.reason == ANSWER else spent.admit(source)
    if reached is None:
        _note(public_id, caller.account_id or 0, caller.person_id)
        spent.promised.discard(source)
        return True
    kept = {source: Kept(row.held_reason, row.held_at)} if row.held_at is not None else {}
    held_back.keep(
        {source: reached}, kept, person_id=caller.person_id, account_id=caller.account_id, at=now()
    )
    return False


def _note(public_id: str, account_id: int, person_id: int) -> None:
    """Nobody is kept from reading by a database that cannot take it now."""
    try:
        with writing():
            offers.show(public_id, account_id=account_id, person_id=person_id)
            db.session.commit()
    except OperationalError:
        db.session.rollback()


def _rows(account_id: int, person_id: int | None) -> Any:
    asked = {**reading.parameters(account_id), "person_id": person_id, **budget.parameters(now())}
    return db.session.execute(_query(), asked).all()


@functools.cache
def _query() -> Any:
    """Built once: putting it together costs more than running it."""
    person = bindparam("person_id", type_=BigInteger)
    its_source = literal(offers.source_of("")) + Offer.public_id
    seen = exists().where(Appearance.person_id == person, Appearance.source == its_source)
    query: Any = select(
        *reading.columns(),
        Trial,
        Offer,
        UpgradeRequest.id.label("requested"),
        seen.label("was_shown"),
        HeldBack.reason.label("held_reason"),
        HeldBack.last_at.label("held_at"),
        *budget.columns(person, bindparam("account_id", type_=BigInteger)),
    )
    query = reading.source(query)
    other = aliased(Trial)
    newest = select(func.max(other.id)).where(other.account_id == Account.id).scalar_subquery()
    query = query.outerjoin(Trial, Trial.id == newest)
    query = query.outerjoin(Offer, (Offer.account_id == Account.id) & (Offer.status == _OPEN))
    query = query.outerjoin(HeldBack, (HeldBack.person_id == person) & (HeldBack.source == its_source))
    mine = UpgradeRequest.person_id == person
    open_mine = (UpgradeRequest.account_id == Account.id) & mine & (UpgradeRequest.status == _OPEN)
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
