"""Coupons, and the discounts that they give to the invoices of a subscription."""

from __future__ import annotations

from collections.abc import Mapping

from plg.sandbox.stripe.calendar import boundary
from plg.sandbox.stripe.errors import StripeError
from plg.sandbox.stripe.lists import EXPAND, list_fields, page
from plg.sandbox.stripe.operation import Operation
from plg.sandbox.stripe.store import Object, Work, new_id
from plg.sandbox.stripe.wire import Boolean, Fields, Integer, Metadata, OneOf, Text, merged

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


def redeem_code(work: Work, subscription: Object, code: Object) -> Object:
    """Give a subscription the discount of a promotion code."""
    work.put({**code, "times_redeemed": code["times_redeemed"] + 1})
    given = redeem(work, subscription, code["promotion"]["coupon"], "promotion_code")
    return work.put({**given, "promotion_code": code["id"]})


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


_CREATE_CODE = Fields(
    {
        "code": Text(500),
        "expand": EXPAND,
        "max_redemptions": Integer(1),
        "metadata": Metadata(),
        "promotion": Fields({"type": OneOf(("coupon",)), "coupon": Text()}, ("type", "coupon")),
    },
    ("promotion",),
)


def _create_code(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    coupon = work.need("coupon", params["promotion"]["coupon"], "promotion[coupon]")
    code = params.get("code") or new_id("", 8).upper()
    if find_code(work, code) is not None:
        raise StripeError(f"An active promotion code with `code: {code}` already exists.", param="code")
    limits = ("minimum_amount", "minimum_amount_currency")
    made = {
        **dict.fromkeys(("customer", "customer_account", "expires_at")),
        "id": new_id("promo_1"),
        "object": "promotion_code",
        "active": True,
        "code": code,
        "created": work.now,
        "livemode": False,
        "max_redemptions": params.get("max_redemptions"),
        "metadata": merged({}, params.get("metadata")),
        "promotion": {"type": "coupon", "coupon": coupon["id"]},
        "restrictions": {**dict.fromkeys(limits), "first_time_transaction": False},
        "times_redeemed": 0,
    }
    work.put(made)
    work.emit("promotion_code.created", made)
    return made


def find_code(work: Work, code: str) -> Object | None:
    """The promotion code that somebody typed, in capitals or not, if it can be redeemed."""
    for found in work.newest("promotion_code"):
        if can_be_redeemed(found) and found["code"].upper() == code.strip().upper():
            return found
    return None


def can_be_redeemed(code: Object) -> bool:
    most = code["max_redemptions"]
    return bool(code["active"]) and (most is None or code["times_redeemed"] < most)


def _list_codes(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    found = [
        each | {"active": can_be_redeemed(each)}
        for each in work.newest("promotion_code")
        if each["code"].upper() == (params.get("code") or each["code"]).upper()
    ]
    return page(
        "promotion_code",
        [each for each in found if params.get("active") in (None, each["active"])],
        params,
        "/v1/promotion_codes",
    )


OPERATIONS = (
    Operation("POST", "/v1/promotion_codes", _create_code, _CREATE_CODE),
    Operation("GET", "/v1/promotion_codes", _list_codes, list_fields(active=Boolean(), code=Text())),
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
