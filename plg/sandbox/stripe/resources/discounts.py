"""Coupons, and the discounts that they give to the invoices of a subscription."""

from __future__ import annotations

from collections.abc import Mapping

from plg.sandbox.stripe.calendar import boundary
from plg.sandbox.stripe.errors import StripeError
from plg.sandbox.stripe.lists import EXPAND, list_fields, page
from plg.sandbox.stripe.operation import Operation
from plg.sandbox.stripe.store import Object, Work, new_id
from plg.sandbox.stripe.wire import Fields, Integer, Metadata, OneOf, Text, merged

_CREATE = Fields(
    {
        "amount_off": Integer(1),
        "currency": Text(3),
        "duration": OneOf(("forever", "once", "repeating")),
        "duration_in_months": Integer(1),
        "expand": EXPAND,
        "id": Text(),
        "max_redemptions": Integer(1),
        "metadata": Metadata(),
        "name": Text(40),
        "percent_off": Integer(1, 100),
    }
)


def _create(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    coupon_id, duration = params.get("id") or new_id("", 8), params.get("duration", "once")
    if work.find("coupon", coupon_id):
        raise StripeError("Coupon already exists.", code="resource_already_exists", param="id")
    if ("percent_off" in params) == ("amount_off" in params):
        raise StripeError("You must pass one of `percent_off` and `amount_off`.", param="percent_off")
    if (duration == "repeating") != ("duration_in_months" in params):
        raise StripeError("`duration_in_months` goes with `repeating` only.", param="duration_in_months")
    fields = ("amount_off", "currency", "duration_in_months", "max_redemptions", "name", "percent_off")
    coupon = {
        **{name: params.get(name) for name in fields},
        "id": coupon_id,
        "object": "coupon",
        "created": work.now,
        "duration": duration,
        "livemode": False,
        "metadata": merged({}, params.get("metadata")),
        "redeem_by": None,
        "times_redeemed": 0,
        "valid": True,
    }
    work.put(coupon)
    work.emit("coupon.created", coupon)
    return coupon


def redeem(work: Work, subscription: Object, coupon_id: str, param: str) -> Object:
    """Give a subscription a coupon's discount."""
    coupon = work.need("coupon", coupon_id, param)
    most = coupon["max_redemptions"]
    if not coupon["valid"] or (most and coupon["times_redeemed"] >= most):
        raise StripeError(f"Coupon {coupon_id} is used up and cannot be applied.", param=param)
    months = coupon["duration_in_months"]
    work.put({**coupon, "times_redeemed": coupon["times_redeemed"] + 1})
    nothing = (
        "checkout_session",
        "customer_account",
        "invoice",
        "invoice_item",
        "promotion_code",
        "subscription_item",
    )
    return work.put(
        {
            **dict.fromkeys(nothing),
            "id": new_id("di_1"),
            "object": "discount",
            "customer": subscription["customer"],
            "end": boundary(work.now, "month", months, 1) if months else None,
            "source": {"type": "coupon", "coupon": coupon_id},
            "start": work.now,
            "subscription": subscription["id"],
        }
    )


def of_invoice(work: Work, subscription: Object, lines: list[Object]) -> tuple[str | None, list[int]]:
    """The discount that a new invoice gets, and how much of it falls to each line: floored shares, the rest to
    the last line."""
    nothing = [0] * len(lines)
    for discount_id in subscription["discounts"]:
        discount = work.need("discount", discount_id)
        coupon = work.need("coupon", discount["source"]["coupon"])
        if discount["end"] is not None and discount["end"] <= work.now:
            continue
        if coupon["duration"] == "once" and work.note(discount_id).get("used"):
            continue
        full = sum(line["amount"] for line in lines)
        if full <= 0:
            return None, nothing
        percent = coupon["percent_off"]
        whole = (full * percent + 50) // 100 if percent else min(coupon["amount_off"], full)
        shares = [whole * line["amount"] // full for line in lines]
        shares[-1] += whole - sum(shares)
        work.annotate(discount_id, used=True)
        return discount_id, shares
    return None, nothing


OPERATIONS = (
    Operation("POST", "/v1/coupons", _create, _CREATE),
    Operation(
        "GET",
        "/v1/coupons",
        lambda work, ids, params: page("coupon", work.newest("coupon"), params, "/v1/coupons"),
        list_fields(),
    ),
    Operation(
        "GET",
        "/v1/coupons/{coupon}",
        lambda work, ids, params: work.need("coupon", ids["coupon"], "coupon"),
        Fields({"expand": EXPAND}),
    ),
)
