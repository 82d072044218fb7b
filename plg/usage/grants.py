"""Grants: more of a feature than the plan gives, for one account: earned, for a certificate, bought or from staff."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select

from plg.accounts import accounts
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.db_expressions import among
from plg.kit.errors import Conflict, Fault, NotFound, Unprocessable
from plg.plans import catalogue
from plg.usage.amounts import Number, plain
from plg.usage.ledger import Credit
from plg.usage.models import UsageGrant

Source = Literal["earned", "certificate", "staff", "purchase"]
VOID = "void"
PRIORITY = 50
GRANTED = frozenset({"metered", "boolean"})
"""Features of these types can be granted. One that is given or not is given by any amount."""


class GrantFaulty(Unprocessable):
    pass


class GrantNotFound(NotFound):
    pass


class GrantVoided(Conflict):
    """It was taken back before."""


@dataclass(frozen=True)
class NewGrant:
    """key: why it is given, such as a certificate's id: the same one gives once."""

    account_id: int
    feature: str
    amount: Number
    source: Source
    reason: str
    priority: int = PRIORITY
    effective_at: dt.datetime | None = None
    expires_at: dt.datetime | None = None
    key: str | None = None


def give(new: NewGrant, *, by: str) -> UsageGrant:
    """Give more of a feature, or the feature. Repeated with the same key, the grant that there is."""
    _check(new)
    row = _store(new, by)
    if row is None:
        query = select(UsageGrant).where(
            UsageGrant.account_id == new.account_id, UsageGrant.feature == new.feature
        )
        return db.session.scalars(query.where(UsageGrant.key == new.key)).one()
    told: dict[str, Any] = {
        "feature": new.feature,
        "amount": plain(new.amount),
        "source": new.source,
        "by": by,
    }
    told |= {"reason": new.reason, "expires_at": new.expires_at.isoformat() if new.expires_at else None}
    log.record(names.USAGE_GRANTED, account_id=new.account_id, properties=told)
    return row


def _check(new: NewGrant) -> None:
    feature = catalogue.live().features.get(new.feature)
    faults = []
    if feature is None or feature.type not in GRANTED:
        faults.append(Fault("feature", "is neither metered nor one that is given or not"))
    elif feature.per == "lifetime" and new.expires_at is not None:
        faults.append(Fault("expires_at", "means nothing where a feature is counted for ever"))
    if new.expires_at is not None and new.expires_at <= (new.effective_at or now()):
        faults.append(Fault("expires_at", "must be after it takes effect"))
    if faults:
        raise GrantFaulty(errors=faults)
    accounts.get(new.account_id)


def _store(new: NewGrant, by: str, voids: int | None = None) -> UsageGrant | None:
    moment = now()
    values = {
        "account_id": new.account_id,
        "feature": new.feature,
        "amount": new.amount,
        "priority": new.priority,
        "effective_at": new.effective_at or moment,
        "expires_at": new.expires_at,
        "source": new.source if voids is None else VOID,
        "reason": new.reason,
        "key": new.key,
        "voids_id": voids,
        "created_at": moment,
        "created_by": by,
    }
    row = insert(UsageGrant).values(values).on_conflict_do_nothing().returning(UsageGrant)
    return db.session.scalars(row).one_or_none()


def void(account_id: int, grant_id: int, *, reason: str, by: str) -> UsageGrant:
    """Take a grant back: what was used of it stays used, and counts against what else there is."""
    given = db.session.get(UsageGrant, grant_id)
    if given is None or given.account_id != account_id or given.voids_id is not None:
        raise GrantNotFound("There is no such grant.")
    back = NewGrant(account_id, given.feature, -given.amount, "staff", reason, given.priority)
    row = _store(back, by, voids=grant_id)
    if row is None:
        raise GrantVoided("This grant was taken back before.")
    return row


def of_account(account_id: int, feature: str | None = None) -> list[UsageGrant]:
    """Every row, the newest first."""
    query = select(UsageGrant).where(UsageGrant.account_id == account_id)
    query = query if feature is None else query.where(UsageGrant.feature == feature)
    return list(db.session.scalars(query.order_by(UsageGrant.id.desc())))


def credits_of(rows: Iterable[UsageGrant]) -> dict[str, list[Credit]]:
    """What was given and not taken back, by feature."""
    rows = list(rows)
    gone = {row.voids_id for row in rows}
    found: dict[str, list[Credit]] = {}
    for row in rows:
        if row.voids_id is None and row.id not in gone:
            credit = Credit(
                row.amount,
                row.priority,
                row.effective_at,
                row.expires_at,
                row.source,
                row.reason,
                row.id,
            )
            found.setdefault(row.feature, []).append(credit)
    return found


def holders(account_ids: Iterable[int]) -> set[tuple[int, str]]:
    """(account, feature) of these accounts of which more was given."""
    query = select(UsageGrant.account_id, UsageGrant.feature).distinct()
    query = query.where(among(UsageGrant.account_id, account_ids))
    return {(account_id, feature) for account_id, feature in db.session.execute(query)}
