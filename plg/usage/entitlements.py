"""What an account may do: its limits less what it used. Reads committed data, nothing remembered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from plg.accounts.accounts import AccountNotFound
from plg.kit.errors import NotFound
from plg.plans.catalogue import Plan, Published, texts
from plg.plans.features import Feature
from plg.plans.models import FULL
from plg.usage import ledger, reading
from plg.usage.amounts import Number, plain, tidy
from plg.usage.ledger import Line
from plg.usage.periods import Period
from plg.usage.reading import Count, Standing

LIMIT_REACHED, NOT_IN_PLAN = "limit_reached", "not_in_plan"


class FeatureNotFound(NotFound):
    pass


@dataclass(frozen=True)
class Entitlement:
    """limit is None: as much as wanted. used is 0 for what is not metered; held: reserved, and not counted yet. soft:
    use may go beyond the limit. reason: why it is not allowed. lines: what the limit holds beyond the plan's own."""

    feature: str
    name: str
    type: str
    allowed: bool
    limit: Number | None
    used: Number
    resets_at: dt.datetime | None
    reason: str | None = None
    held: Number = 0
    soft: bool = False
    period: Period | None = None
    included: int | None = None
    lines: Sequence[Line] = field(default_factory=tuple)

    @property
    def remaining(self) -> Number | None:
        return None if self.limit is None else max(tidy(self.limit - self.used - self.held), 0)

    def for_so_much(self, amount: Number) -> Entitlement:
        """The same for who wants so much of what is counted: refused where less is left."""
        is_counted, left = self.type in {"metered", "seats"}, self.remaining
        if not self.allowed or not is_counted or self.soft or left is None or amount <= left:
            return self
        return replace(self, allowed=False, reason=LIMIT_REACHED)

    def to_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {"feature": self.feature, "name": self.name, "type": self.type}
        told["allowed"] = self.allowed
        if self.reason:
            told["reason"] = self.reason
        if self.type == "boolean":
            return told
        told["limit"], told["unlimited"] = (
            None if self.limit is None else plain(self.limit),
            self.limit is None,
        )
        if self.type == "static":
            return told
        remaining = self.remaining
        told["used"], told["remaining"] = plain(self.used), None if remaining is None else plain(remaining)
        if self.type == "metered":
            told["held"], told["soft"] = plain(self.held), self.soft
            told["resets_at"] = self.resets_at
        return told


@dataclass(frozen=True)
class Entitlements:
    """access: `full`, or what a trial that ended without payment left: `read_only` or `locked`."""

    plan: Plan
    by_feature: Mapping[str, Entitlement]
    published: Published
    access: str = FULL

    def feature(self, key: str) -> Entitlement:
        """One of them. Raises FeatureNotFound."""
        if key not in self.by_feature:
            raise FeatureNotFound(f"There is no feature {key!r}.")
        return self.by_feature[key]


def of_account(account_id: int, locale: str = "en") -> Entitlements:
    """Everything that an account may do, in one query; two where it has grants or add-ons."""
    return _of(reading.of_account(account_id), locale)


def of_account_at(account_id: int, moments: Sequence[dt.datetime], locale: str = "en") -> list[Entitlements]:
    """Everything that an account may do, in the periods that each of these moments falls in."""
    standing = reading.of_account(account_id)
    return [_of(standing.at(moment) if standing else None, locale) for moment in moments]


def from_rows(rows: Sequence[Sequence[Any]], locale: str) -> Entitlements:
    """The same from rows that begin with `reading.columns()`."""
    return _of(reading.of_rows(rows), locale)


def _of(standing: Standing | None, locale: str) -> Entitlements:
    if standing is None:
        raise AccountNotFound("There is no such account.")
    features = standing.published.catalogue.features
    found = {key: _entitlement(key, feature, standing, locale) for key, feature in features.items()}
    return Entitlements(standing.plan, found, standing.published, standing.access)


def _entitlement(key: str, feature: Feature, standing: Standing, locale: str) -> Entitlement:
    name, limit = texts(feature.name, locale, key), standing.base(key)
    if feature.type == "metered":
        return _metered(key, feature, standing, name, limit)
    if feature.type == "boolean" and limit == 0 and standing.is_granted(key):
        limit = 1
    used = standing.seats if feature.type == "seats" else 0
    reason = refusal(feature, limit, used, standing.access)
    return Entitlement(key, name, feature.type, reason is None, limit, used, None, reason)


def _metered(key: str, feature: Feature, standing: Standing, name: str, base: int | None) -> Entitlement:
    period = standing.period(feature)
    count = standing.counts.get((key, period.key), Count())
    lines = standing.lines(key, feature)
    limit = None if base is None else tidy(base + ledger.total(lines))
    allowance = standing.plan.allowance(key)
    soft = allowance is not None and allowance.soft
    reason = refusal(feature, None if soft else limit, count.used + count.held, standing.access)
    return Entitlement(
        key,
        name,
        feature.type,
        reason is None,
        limit,
        count.used,
        period.ends_at,
        reason,
        count.held,
        soft,
        period,
        base,
        lines,
    )


def refusal(feature: Feature, limit: Number | None, used: Number, access: str) -> str | None:
    """Why a feature may not be used; None: it may."""
    if access != FULL and not feature.while_locked:
        return access
    if limit is None or used < limit:
        return None
    return LIMIT_REACHED if limit else NOT_IN_PLAN
