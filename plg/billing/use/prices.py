"""Prices of use: what a plan charges beyond its allowance, as metered prices at Stripe.

Stripe is told only what was used beyond the allowance, so the tiers there are those of `plans.toml`, as they are. A
price is found again by its lookup key: `plg:<plan>:<version>:use:<feature>:<currency>`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from plg.billing import gateway, prices
from plg.billing.gateway import Object
from plg.billing.prices import PriceState
from plg.billing.use.models import BillingMeter, UsePrice
from plg.kit.db import db, insert
from plg.plans import catalogue
from plg.plans.catalogue import Plan, texts
from plg.plans.pricing import Charge

INTERVAL = "month"


@dataclass(frozen=True)
class Wanted:
    """A price of use that a plan asks for."""

    plan: Plan
    feature: str
    charge: Charge

    @property
    def lookup_key(self) -> str:
        return f"plg:{self.plan.key}:{self.plan.version}:use:{self.feature}:{self.charge.currency}"


def of_plan(plan: Plan, currency: str | None = None) -> list[Wanted]:
    """What a plan charges for use, in one currency or in all."""
    return [
        Wanted(plan, feature, charge)
        for feature in plan.features
        if (allowance := plan.allowance(feature)) is not None
        for charge in allowance.charges
        if currency in (None, charge.currency)
    ]


def ensure(wanted: Wanted) -> str:
    """The id at Stripe of a price of use, made there with its meter if need be. Talks to Stripe, and commits."""
    kept = db.session.get(UsePrice, wanted.lookup_key)
    db.session.commit()
    if kept is not None:
        return kept.stripe_price_id
    stripe, meter = gateway.current(), ensure_meter(wanted.feature)
    product = prices.ensure_product(wanted.plan)
    found = [each for each in stripe.use_prices([wanted.lookup_key]) if _same(each, wanted, product)]
    made = found[0] if found else _make(wanted, product, meter.stripe_meter_id)
    row = {"lookup_key": wanted.lookup_key, "stripe_price_id": made["id"]}
    db.session.execute(insert(UsePrice).values(row).on_conflict_do_nothing())
    db.session.commit()
    return str(made["id"])


def _make(wanted: Wanted, product: str, meter_id: str) -> Object:
    key = wanted.lookup_key
    params: dict[str, Any] = {
        "product": product,
        "currency": wanted.charge.currency,
        "recurring": {"interval": INTERVAL, "usage_type": "metered", "meter": meter_id},
        "lookup_key": key,
        "transfer_lookup_key": True,
        "metadata": {"plg_plan": wanted.plan.key, "plg_use": wanted.feature},
        **shape(wanted.charge),
    }
    return gateway.current().create_price(params, f"{key}:{meter_id}")


def shape(charge: Charge) -> dict[str, Any]:
    """A charge in Stripe's words: tiers, or an amount for each package that was begun."""
    if charge.model == "package":
        each = {"divide_by": charge.package, "round": "up"}
        return {"unit_amount_decimal": charge.tiers[0].flat, "transform_quantity": each}
    tiers = [
        {
            "up_to": "inf" if tier.up_to is None else tier.up_to,
            "unit_amount_decimal": tier.unit,
            "flat_amount_decimal": tier.flat,
        }
        for tier in charge.tiers
    ]
    return {"billing_scheme": "tiered", "tiers_mode": charge.model, "tiers": tiers}


def ensure_meter(feature: str) -> BillingMeter:
    """The meter of a feature at Stripe, made there if need be. Talks to Stripe, and commits."""
    kept = db.session.get(BillingMeter, feature)
    db.session.commit()
    if kept is not None:
        return kept
    stripe, name = gateway.current(), f"plg_{feature}"
    found = [each for each in stripe.meters() if each["event_name"] == name]
    if not found:
        params = {"display_name": feature, "event_name": name, "default_aggregation": {"formula": "sum"}}
        found = [stripe.create_meter(params, f"plg:meter:{feature}")]
    row = {"feature": feature, "event_name": name, "stripe_meter_id": found[0]["id"]}
    db.session.execute(insert(BillingMeter).values(row).on_conflict_do_nothing())
    db.session.commit()
    made = db.session.scalars(select(BillingMeter).where(BillingMeter.feature == feature)).one()
    db.session.commit()
    return made


def sync() -> int:
    """Make every price of use of the live catalogue at Stripe. Returns how many were new here."""
    wanted = [each for plan in catalogue.paid_plans() for each in of_plan(plan)]
    known = set(db.session.scalars(select(UsePrice.lookup_key)))
    db.session.commit()
    missing = [each for each in wanted if each.lookup_key not in known]
    for each in missing:
        ensure(each)
    return len(missing)


def compare() -> list[PriceState]:
    """Every price of use of the live catalogue against Stripe. Changes nothing."""
    wanted = {each.lookup_key: each for plan in catalogue.paid_plans() for each in of_plan(plan)}
    db.session.commit()
    found = prices.by_key(gateway.current().use_prices, wanted)
    return [_state(key, each, found.get(key)) for key, each in wanted.items()]


def _state(key: str, wanted: Wanted, found: Object | None) -> PriceState:
    if found is None:
        return PriceState(key, "missing")
    if _same(found, wanted, prices.product_id(wanted.plan)):
        return PriceState(key, "same")
    name = texts(wanted.plan.name, "en", wanted.plan.key)
    return PriceState(key, "differs", f"what {name} charges for {wanted.feature} is another at Stripe")


def _same(found: Object, wanted: Wanted, product: str) -> bool:
    rhythm = found["recurring"] or {}
    said = (found["currency"], found["product"], rhythm.get("interval"), rhythm.get("usage_type"))
    here = (wanted.charge.currency, product, INTERVAL, "metered")
    return said == here and _shape_of(found) == _normal(shape(wanted.charge))


def _shape_of(found: Object) -> tuple[Any, ...]:
    if found["billing_scheme"] == "tiered":
        tiers = [each | {"up_to": each["up_to"] or "inf"} for each in found.get("tiers") or []]
        return _normal({"tiers_mode": found["tiers_mode"], "tiers": tiers})
    how = found["transform_quantity"] or {}
    return _normal({"unit_amount_decimal": found["unit_amount_decimal"], "transform_quantity": how})


def _normal(told: dict[str, Any]) -> tuple[Any, ...]:
    """What makes two prices reckon the same, in a form that can be compared."""
    if "tiers" not in told:
        how = told["transform_quantity"]
        return float(told["unit_amount_decimal"] or 0), how.get("divide_by"), how.get("round")
    amounts = ("unit_amount_decimal", "flat_amount_decimal")
    tiers = [(each["up_to"], *(float(each.get(name) or 0) for name in amounts)) for each in told["tiers"]]
    return (told["tiers_mode"], *tiers)
