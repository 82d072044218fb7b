"""Shapes of plans as the API tells them, for a page of prices in the host product."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from plg.kit.query import Query
from plg.plans.catalogue import Plan, Published, texts
from plg.plans.features import Feature
from plg.plans.pricing import Charge
from plg.plans.schemas import Price


class PlansQuery(Query):
    account: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="Any id: says which plan is its own, and tells prices in its currency",
        json_schema_extra={"example": "company-7"},
    )
    currency: str | None = Field(None, pattern=r"^[a-z]{3}$", description="Prices in this one alone")
    locale: Literal["es", "en"] = "en"


class PriceOut(BaseModel):
    amount: int = Field(description="A period's, in the currency's minor unit")
    currency: str
    interval: Literal["month", "year"]
    seat: bool = Field(False, description="It is for each seat")
    included_seats: int | None = Field(
        None, description="Where further seats have a price: how many it covers"
    )
    further_seat: int | None = Field(None, description="What each seat beyond those costs a period")


class FeatureOut(BaseModel):
    name: str
    type: Literal["metered", "boolean", "static", "seats"]
    has: bool = Field(description="Whether the plan gives it")
    limit: int | None = Field(description="How much; null where it is not counted, or is without limit")
    unlimited: bool
    per: str | None = Field(description="How long a period of the limit is")
    soft: bool = Field(description="Use may go beyond the limit")
    charges: list[Charge] = Field(description="What use beyond the limit costs, as in plans.toml")


class SoldPlanOut(BaseModel):
    key: str
    version: int
    name: str
    description: str
    current: bool | None = Field(description="Whether it is the account's; null where none was named")
    default: bool = Field(description="What an account has that has chosen none")
    prices: list[PriceOut] = Field(description="None: it costs nothing, or is not sold so")
    features: dict[str, FeatureOut]


class PlansOut(BaseModel):
    plans: list[SoldPlanOut] = Field(
        description="Those that are sold and the default one, in the catalogue's order"
    )


def plans(published: Published, locale: str, currency: str | None, current: str | None) -> PlansOut:
    """current: the key of the account's plan."""
    free = published.default_plan()
    shown = [*([free] if free.version_id and not free.is_paid else []), *published.paid_plans()]
    return PlansOut(plans=[_plan(plan, published, locale, currency, current) for plan in shown])


def _plan(
    plan: Plan, published: Published, locale: str, currency: str | None, current: str | None
) -> SoldPlanOut:
    wanted = [price for price in plan.prices if currency in (None, price.currency)]
    return SoldPlanOut(
        key=plan.key,
        version=plan.version,
        name=texts(plan.name, locale, plan.key),
        description=texts(plan.description, locale, ""),
        current=None if current is None else plan.key == current,
        default=plan.key == published.default_plan().key,
        prices=[PriceOut(**{"seat": False} | price_of(plan, price)) for price in wanted],
        features={
            key: _feature(key, each, plan, locale) for key, each in published.catalogue.features.items()
        },
    )


def price_of(plan: Plan, price: Price) -> dict[str, Any]:
    """A price; with the seats that it includes and what each further one costs, where the plan has a price of
    these."""
    further = plan.seat_price(price)
    seats = {"included_seats": further.included, "further_seat": further.amount} if further else {}
    return price.model_dump() | seats


def _feature(key: str, feature: Feature, plan: Plan, locale: str) -> FeatureOut:
    limit, allowance = plan.limit(key), plan.allowance(key)
    return FeatureOut(
        name=texts(feature.name, locale, key),
        type=feature.type,
        has=limit != 0,
        limit=None if feature.type == "boolean" else limit,
        unlimited=feature.type != "boolean" and limit is None,
        per=feature.per if feature.type == "metered" else None,
        soft=allowance is not None and allowance.soft,
        charges=allowance.charges if allowance else [],
    )
