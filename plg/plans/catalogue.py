"""The catalogue: what is published now, and any version that somebody still has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, Select, func, select

from plg.kit.db import db
from plg.kit.errors import NotFound
from plg.plans.features import Allowance, Limit, included
from plg.plans.models import PlanVersion
from plg.plans.pricing import Charge
from plg.plans.schemas import AddOn, Catalogue, PlanDefinition, Price
from plg.plans.trial_rules import TrialRule, TrialTerms

CATALOGUE = "catalogue"


class PlanNotFound(NotFound):
    pass


@dataclass(frozen=True)
class Plan:
    """One version of a plan. seat_prices: of the seats beyond those that a price of `prices` includes."""

    key: str
    version_id: int
    version: int
    name: Mapping[Any, str]
    description: Mapping[Any, str]
    prices: tuple[Price, ...]
    features: Mapping[str, Limit]
    trial: TrialTerms | None = None
    seat_prices: tuple[Price, ...] = ()

    def limit(self, feature: str) -> int | None:
        """How much of a feature the plan gives; None: as much as wanted; 0 where it gives none."""
        return included(self.features.get(feature, 0))

    def allowance(self, feature: str) -> Allowance | None:
        """What the plan says of a feature beside the number; None where it says nothing."""
        given = self.features.get(feature)
        return given if isinstance(given, Allowance) else None

    def charge(self, feature: str, currency: str) -> Charge | None:
        """What the use of a feature costs beyond what is included; None where the plan speaks of no such price."""
        given = self.allowance(feature)
        charges = given.charges if given is not None else []
        return next((each for each in charges if each.currency == currency), None)

    def price(self, currency: str | None = None, interval: str | None = None) -> Price | None:
        """The plan's first price with this interval (None: any), one in this currency before all others; None
        where there is none."""
        found = [price for price in self.prices if interval in (None, price.interval)]
        return next((price for price in found if price.currency == currency), found[0] if found else None)

    @property
    def sells_seats(self) -> bool:
        """Whether one more seat has a price."""
        return bool(self.seat_prices) or any(price.seat for price in self.prices)

    def seat_price(self, price: Price) -> Price | None:
        """What each seat costs beyond those that this price of the plan's includes; None where it speaks of none."""
        return next((each for each in self.seat_prices if each.rhythm == price.rhythm), None)

    def fixed_cost(self, price: Price, seats: int) -> int:
        """What so many seats cost a period at this price of the plan's, in the minor unit."""
        further = self.seat_price(price)
        if further is not None:
            return price.amount + further.amount * max(0, seats - further.included)
        return price.amount * (seats if price.seat else 1)

    @property
    def is_paid(self) -> bool:
        return bool(self.prices)


NO_PLAN = Plan("none", 0, 0, {}, {}, (), {})


@dataclass(frozen=True)
class Published:
    """All that is live, as of one look."""

    catalogue: Catalogue
    plans: Mapping[str, Plan]
    version_id: int = 0

    def default_plan(self) -> Plan:
        return self.plans.get(self.catalogue.default, NO_PLAN)

    def paid_plans(self) -> list[Plan]:
        """The plans with a price, in the catalogue's order."""
        ordered = (self.plans[key] for key in self.catalogue.order if key in self.plans)
        return [found for found in ordered if found.is_paid]


def live() -> Catalogue:
    return published().catalogue


def plan(key: str) -> Plan:
    """The live version of a plan."""
    found = published().plans.get(key)
    if found is None:
        raise PlanNotFound(f"There is no plan {key!r}.")
    return found


def default_plan() -> Plan:
    return published().default_plan()


def paid_plans() -> list[Plan]:
    return published().paid_plans()


def plan_version(version_id: int) -> Plan:
    """A version by its number. Versions never change, so each is read once."""
    cache: dict[int, Plan] = current_app.extensions.setdefault("plg.plan_versions", {})
    if version_id not in cache:
        cache[version_id] = _plan(db.session.get_one(PlanVersion, version_id))
    return cache[version_id]


def version(key: str, number: int) -> Plan:
    """A plan as its version of this number says."""
    wanted = select(PlanVersion.id).where(PlanVersion.key == key, PlanVersion.version == number)
    return plan_version(db.session.scalars(wanted).one())


def add_on(catalogue_version_id: int, key: str) -> AddOn:
    """An add-on as a version of the catalogue defines it. Versions never change, so each is read once."""
    kept: dict[int, Catalogue] = current_app.extensions.setdefault("plg.catalogue_versions", {})
    if catalogue_version_id not in kept:
        kept[catalogue_version_id] = Catalogue(
            **db.session.get_one(PlanVersion, catalogue_version_id).definition
        )
    found = kept[catalogue_version_id].add_ons.get(key)
    if found is None:
        raise PlanNotFound(f"There is no add-on {key!r}.")
    return found


def trial_rules() -> Mapping[int, TrialRule]:
    """Every rule of a trial that was ever published, by the version that holds it: of the catalogue, or of a plan
    with a trial of its own. A trial keeps the rule that it began with. Read again when something is published."""
    seen = db.session.execute(_seen()).one()
    kept = current_app.extensions.get("plg.trial_rules")
    if kept is None or kept[0] != seen:
        kept = (seen, _read_trial_rules())
        current_app.extensions["plg.trial_rules"] = kept
    return kept[1]


def _read_trial_rules() -> dict[int, TrialRule]:
    found = {}
    for row in db.session.scalars(select(PlanVersion)):
        if told := row.definition.get("trial"):
            found[row.id] = TrialRule(**(told if row.key == CATALOGUE else {**told, "plan": row.key}))
    return found


def forget_cache() -> None:
    for kept in ("plg.plans_published", "plg.plan_versions", "plg.trial_rules", "plg.catalogue_versions"):
        current_app.extensions.pop(kept, None)


def stamp() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Two columns that change whenever something is published or retired; for queries that read more."""
    newest = select(func.max(PlanVersion.id)).scalar_subquery()
    retired = select(func.count(PlanVersion.retired_at)).scalar_subquery()
    return newest, retired


@cache
def _seen() -> Select[Any, Any]:
    return select(*stamp())


def published() -> Published:
    """What is live; one small query sees whether it changed since the last look."""
    return as_of(db.session.execute(_seen()).one())


def as_of(seen: tuple[Any, Any]) -> Published:
    """What is live, given the stamp that a query has just read."""
    kept = current_app.extensions.get("plg.plans_published")
    if kept is None or kept[0] != seen:
        kept = (seen, _read())
        current_app.extensions["plg.plans_published"] = kept
    return kept[1]


def _read() -> Published:
    newest = select(func.max(PlanVersion.id)).group_by(PlanVersion.key)
    query = select(PlanVersion).where(PlanVersion.id.in_(newest), PlanVersion.retired_at.is_(None))
    rows = {row.key: row for row in db.session.scalars(query)}
    head = rows.pop(CATALOGUE, None)
    if head is None:
        return Published(Catalogue(default="none", order=[]), {})
    return Published(Catalogue(**head.definition), {key: _plan(row) for key, row in rows.items()}, head.id)


def _plan(row: PlanVersion) -> Plan:
    definition = PlanDefinition(**row.definition)
    of_plans = {price.rhythm for price in definition.prices if not price.seat}
    beside = tuple(price for price in definition.prices if price.seat and price.rhythm in of_plans)
    return Plan(
        row.key,
        row.id,
        row.version,
        definition.name,
        definition.description,
        tuple(price for price in definition.prices if price not in beside),
        definition.features,
        definition.trial,
        beside,
    )


def texts(values: Mapping[Any, str], locale: str, fallback: str) -> str:
    """A text in the reader's language, else in another one that there is."""
    return values.get(locale) or next(iter(values.values()), fallback)
