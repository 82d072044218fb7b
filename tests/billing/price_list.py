"""What things cost in the shop, by its price list and its promotion codes alone."""

from dataclasses import dataclass
from typing import Any

from plg.accounts import memberships
from plg.billing import gateway
from plg.billing.pauses import later
from plg.billing.standing import moment
from tests.billing.shop import WITH_CREW

#: Promotion codes, each with its coupon at Stripe and how often it can be redeemed.
CODES: dict[str, tuple[dict[str, Any], int | None]] = {
    "HALF": ({"percent_off": 50, "duration": "once"}, 1),
    "QUARTER": ({"percent_off": 25, "duration": "repeating", "duration_in_months": 3}, None),
    "TENNER": ({"amount_off": 1000, "currency": "usd", "duration": "forever"}, None),
}


@dataclass(frozen=True)
class Purchase:
    """What was paid at a checkout, and with which code."""

    amount: int
    code: str | None


def offer_codes(shop):
    """Make the promotion codes at Stripe, where they are not there yet."""
    if shop.stripe.all("promotion_code"):
        return
    with shop.app.app_context():
        stripe = gateway.current()
        for code, (coupon, most) in CODES.items():
            stripe.create_coupon({"id": code.lower(), **coupon})
            limit = {"max_redemptions": most} if most else {}
            promotion = {"type": "coupon", "coupon": code.lower()}
            stripe._v1.promotion_codes.create({"code": code, "promotion": promotion, **limit})


def bought(shop, plan, code):
    """What a checkout for a plan costs the account now. A code that is used up is worth nothing."""
    made = {each["code"]: each for each in shop.stripe.all("promotion_code")}
    is_used_up = code and CODES[code][1] and made[code]["times_redeemed"] >= CODES[code][1]
    code = None if is_used_up else code
    further = _price(plan, "month", seat=True)
    seats = max(memberships.count(shop.account), further["included"]) if further else 1
    amount = cost(plan, "month", seats)
    return Purchase(amount - _less(code, amount), code)


def cost(plan, interval, seats):
    """What so many seats of a plan cost each period."""
    amount, further = _price(plan, interval)["amount"], _price(plan, interval, seat=True)
    return amount + further["amount"] * (seats - further["included"]) if further else amount * seats


def sells_seats(plan):
    return _price(plan, "month", seat=True) is not None


def _price(plan, interval, *, seat=False):
    prices = WITH_CREW["plans"][plan]["prices"]
    fitting = [each for each in prices if each["interval"] == interval and each.get("seat", False) is seat]
    return fitting[0] if fitting else None


def renewed(code, amount, since, at):
    """What a period costs that is `amount` by the list and begins `at` this time, for who bought `since` with a code
    (seconds since 1970)."""
    months = CODES[code][0].get("duration_in_months") if code else None
    is_over = code == "HALF" or (months and moment(at) >= later(moment(since), moment(since), months))
    return amount - _less(None if is_over else code, amount)


def _less(code, amount):
    if code is None or amount <= 0:
        return 0
    coupon = CODES[code][0]
    return (
        min(coupon["amount_off"], amount) if "amount_off" in coupon else amount * coupon["percent_off"] // 100
    )
