"""Metered prices: what use costs when its period is over, by tiers (graduated or volume) or by packages."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from plg.sandbox.stripe.errors import StripeError
from plg.sandbox.stripe.resources import invoices, meters
from plg.sandbox.stripe.store import Object, Work


def is_metered(item: Object) -> bool:
    """Whether an item is paid for by its use."""
    return bool(item["price"]["recurring"]["usage_type"] == "metered")


def tiers_of(asked: Sequence[Object]) -> list[Object]:
    """Tiers as a price shows them; the last is without end, and each ends above the one before."""
    ends = [tier["up_to"] for tier in asked]
    numbers = [end for end in ends[:-1] if isinstance(end, int)]
    if not ends or ends[-1] != "inf" or len(numbers) < len(ends) - 1 or sorted(set(numbers)) != numbers:
        raise StripeError("Tiers must be in ascending order, and the last one `inf`.", param="tiers")
    return [
        {
            "flat_amount": None,
            "flat_amount_decimal": tier.get("flat_amount_decimal"),
            "unit_amount": None,
            "unit_amount_decimal": tier.get("unit_amount_decimal"),
            "up_to": None if tier["up_to"] == "inf" else tier["up_to"],
        }
        for tier in asked
    ]


def cost(work: Work, price: Object, quantity: Decimal) -> int:
    """What a quantity costs, in the currency's minor unit, rounded half up, once."""
    if quantity <= 0:
        return 0
    if price["billing_scheme"] == "tiered":
        amount = _tiered(work.note(price["id"])["tiers"], price["tiers_mode"], quantity)
    else:
        amount = _packages(price, quantity) * Decimal(price["unit_amount_decimal"])
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def _packages(price: Object, quantity: Decimal) -> Decimal:
    how = price["transform_quantity"]
    if how is None:
        return quantity
    rounding = ROUND_CEILING if how["round"] == "up" else ROUND_FLOOR
    return (quantity / how["divide_by"]).to_integral_value(rounding)


def _tiered(tiers: Sequence[Object], mode: str, quantity: Decimal) -> Decimal:
    total, start = Decimal(0), Decimal(0)
    for tier in tiers:
        end = Decimal(tier["up_to"]) if tier["up_to"] is not None else quantity
        unit, flat = (Decimal(tier[f"{name}_amount_decimal"] or 0) for name in ("unit", "flat"))
        if mode == "volume" and quantity <= end:
            return flat + unit * quantity
        if mode == "graduated" and quantity > start:
            total += flat + unit * (min(quantity, end) - start)
        start = end
    return total


def lines(work: Work, subscription: Object, until: int) -> list[Object]:
    """The lines about what was used since the period began, for each metered item."""
    return [
        line_of(work, subscription, item, until) for item in subscription["items"]["data"] if is_metered(item)
    ]


def line_of(work: Work, subscription: Object, item: Object, until: int) -> Object:
    """The line about what was used of one item since its period began, or since it was added."""
    price, start = item["price"], max(item["current_period_start"], item["created"])
    meter = work.need("billing.meter", price["recurring"]["meter"])
    quantity = meters.used(work, meter, subscription["customer"], start, until)
    name = work.need("product", price["product"])["name"]
    words = f"{quantity.normalize():f} × {name}"
    made = invoices.line(
        {**item, "quantity": int(quantity)}, cost(work, price, quantity), words, (start, until)
    )
    return {**made, "quantity_decimal": f"{quantity.normalize():f}"}
