"""Discounts that accounts earned: given once, taken back until they are used, applied to the next checkout."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select, update

from plg.billing import gateway
from plg.billing.models import Checkout, Discount
from plg.kit.clock import now
from plg.kit.db import db, insert


@dataclass(frozen=True)
class Terms:
    """How much less, and for how long; see `Discount`. Either percent_off, or amount_off with its currency."""

    percent_off: int | None = None
    amount_off: int | None = None
    currency: str | None = None
    months: int | None = None


def give(account_id: int, terms: Terms, *, key: str, reason: str, by: str) -> None:
    """Give a discount. Repeated with the same key nothing happens."""
    row = {"account_id": account_id, "key": key, "reason": reason, "given_by": by, "given_at": now()}
    db.session.execute(insert(Discount).values(row | asdict(terms)).on_conflict_do_nothing())


def take_back(account_id: int, key: str) -> None:
    """End a discount. What was bought with it keeps it."""
    mine = update(Discount).where(Discount.account_id == account_id, Discount.key == key)
    db.session.execute(mine.where(Discount.ended_at.is_(None)).values(ended_at=now()))


def best_of(account_id: int, currency: str) -> int | None:
    """The discount that a checkout in this currency gets: the largest share, else the largest amount."""
    open_ones = select(Discount.id).where(
        Discount.account_id == account_id, Discount.used_at.is_(None), Discount.ended_at.is_(None)
    )
    fitting = open_ones.where(Discount.currency.is_(None) | (Discount.currency == currency))
    order = (Discount.percent_off.desc().nulls_last(), Discount.amount_off.desc().nulls_last(), Discount.id)
    return db.session.scalar(fitting.order_by(*order).limit(1))


def get(discount_id: int | None) -> Discount | None:
    """The discount of a checkout, where it has one."""
    return db.session.get(Discount, discount_id) if discount_id is not None else None


def coupon(discount: Discount) -> str:
    """The coupon at Stripe that stands for it, made if need be: one for all discounts of the same terms."""
    lasts = f"{discount.months}m" if discount.months else "once"
    much = f"{discount.percent_off}" if discount.percent_off else f"{discount.amount_off}{discount.currency}"
    params: dict[str, Any] = {"id": f"plg_earned_{much}_{lasts}"}
    if discount.percent_off:
        params["percent_off"] = discount.percent_off
    else:
        params |= {"amount_off": discount.amount_off, "currency": discount.currency}
    params["duration"] = "repeating" if discount.months else "once"
    if discount.months:
        params["duration_in_months"] = discount.months
    gateway.current().create_coupon(params)
    return str(params["id"])


def use(checkout: str | None) -> None:
    """A subscription was bought by this checkout: its discount is used."""
    its = select(Checkout.discount_id).where(Checkout.public_id == checkout, Checkout.status == "open")
    mine = update(Discount).where(Discount.id.in_(its), Discount.used_at.is_(None))
    db.session.execute(mine.values(used_at=now()))


def use_one(discount_id: int | None) -> None:
    """A stored card paid with this discount (None: without one): it is used."""
    mine = update(Discount).where(Discount.id == discount_id, Discount.used_at.is_(None))
    db.session.execute(mine.values(used_at=now()))
