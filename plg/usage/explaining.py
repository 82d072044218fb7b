"""Why a limit is what it is, and what a meter read in each period."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from plg.kit.db import db
from plg.usage import entitlements, grants, meters
from plg.usage.amounts import plain
from plg.usage.entitlements import Entitlement
from plg.usage.meters import WHOLE
from plg.usage.models import Counter
from plg.usage.schemas import CreditOut, GrantOut, PeriodOut

MOST_ROWS = 1000


def why(account_id: int, feature: str, locale: str = "en") -> dict[str, Any]:
    """The entitlement with what its limit is made of, and every grant's row."""
    told = entitlements.of_account(account_id, locale).feature(feature)
    rows = grants.of_account(account_id, feature)
    return told.to_json() | {
        "lines": [line.model_dump(mode="json") for line in lines(told)],
        "grants": [GrantOut.of(row).model_dump(mode="json") for row in rows],
    }


def lines(told: Entitlement) -> list[CreditOut]:
    """What a limit is made of, in the order of use."""
    included = told.included if told.type == "metered" else told.limit
    plan = None if included is None else plain(included)
    found = [CreditOut(source="plan", amount=plan, left=plan, expires_at=told.resets_at)]
    for line in told.lines:
        credit = line.credit
        found.append(
            CreditOut(
                source=credit.source,
                amount=plain(credit.amount),
                left=float(line.left),
                priority=credit.priority,
                expires_at=credit.expires_at,
                reason=credit.reason,
                id=credit.id or None,
            )
        )
    return found


def periods(account_id: int, feature: str) -> list[dict[str, Any]]:
    """What the counters of a feature read, the newest period first."""
    if feature not in meters.live():
        raise entitlements.FeatureNotFound(f"There is no metered feature {feature!r}.")
    query = select(Counter).where(Counter.account_id == account_id, Counter.feature == feature)
    rows = db.session.scalars(query.order_by(Counter.period.desc(), Counter.part).limit(MOST_ROWS)).all()
    parts: dict[str, dict[str, float]] = {}
    for row in rows:
        if row.part != WHOLE:
            parts.setdefault(row.period, {})[row.part] = plain(row.used)
    return [
        PeriodOut(
            period=row.period,
            ends_at=row.ends_at,
            used=plain(row.used),
            held=plain(row.held),
            events=row.events,
            parts=parts.get(row.period, {}),
        ).model_dump(mode="json")
        for row in rows
        if row.part == WHOLE
    ]
