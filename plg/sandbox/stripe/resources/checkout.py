"""Checkout sessions: a page where a customer pays for a subscription, or stores a card, once."""

from __future__ import annotations

from collections.abc import Mapping

from plg.sandbox.stripe.cards import CARDS, GOOD, TestCard
from plg.sandbox.stripe.errors import InvalidParameter, StripeError
from plg.sandbox.stripe.lists import EXPAND, RANGE, in_range, list_fields, matches, page
from plg.sandbox.stripe.operation import Operation
from plg.sandbox.stripe.resources import (
    customers,
    discounts,
    payment_methods,
    proration,
    setup_intents,
    subscriptions,
)
from plg.sandbox.stripe.resources.subscription_requests import BILLING_MODE, TRIAL_SETTINGS, trial_end
from plg.sandbox.stripe.store import Object, Work, new_id
from plg.sandbox.stripe.wire import Address, Boolean, Fields, Integer, Many, Metadata, OneOf, Text, merged

LIFETIME = 24 * 3600  # seconds that a session stays open unless it says otherwise
SHORTEST = 30 * 60
LOCALES = ("auto", "de", "en", "es", "es-419", "fr", "it", "pt")
_SUBSCRIPTION_DATA = Fields(
    {
        "billing_mode": BILLING_MODE,
        "description": Text(500),
        "metadata": Metadata(),
        "trial_end": Integer(),
        "trial_period_days": Integer(1, 730),
        "trial_settings": TRIAL_SETTINGS,
    }
)
_CREATE = Fields(
    {
        "allow_promotion_codes": Boolean(),
        "automatic_tax": Fields({"enabled": Boolean()}, ("enabled",)),
        "cancel_url": Address(),
        "client_reference_id": Text(200),
        "customer": Text(),
        "customer_email": Text(800),
        "customer_update": Fields({name: OneOf(("auto", "never")) for name in ("address", "name")}),
        "expand": EXPAND,
        "expires_at": Integer(),
        "line_items": Many(Fields({"price": Text(), "quantity": Integer(1)}, ("price",)), 20),
        "locale": OneOf(LOCALES),
        "discounts": Many(Fields({"coupon": Text(), "promotion_code": Text()})),
        "metadata": Metadata(),
        "mode": OneOf(("setup", "subscription")),
        "payment_method_types": Many(OneOf(("card",))),
        "setup_intent_data": Fields({"description": Text(1000), "metadata": Metadata()}),
        "subscription_data": _SUBSCRIPTION_DATA,
        "success_url": Address(),
        "tax_id_collection": Fields({"enabled": Boolean()}, ("enabled",)),
    },
    ("mode", "success_url"),
)
#: Parameters that belong to one of the modes.
_ONLY_IN = {
    "discounts": "subscription",
    "line_items": "subscription",
    "subscription_data": "subscription",
    "setup_intent_data": "setup",
}


def _create(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    _check(params)
    if "customer" in params:
        work.need("customer", params["customer"], "customer")
    session_id = new_id("cs_test_a1", 56)
    session = {
        **_constants(work.now, params),
        "id": session_id,
        "expires_at": _expiry(work.now, params),
        "url": f"{work.public_url}/c/pay/{session_id}",
    }
    fill = _for_setup if params["mode"] == "setup" else _for_subscription
    return work.put({**session, **fill(work, session_id, params)})


def _check(params: Object) -> None:
    if "customer" in params and "customer_email" in params:
        raise StripeError("You may only specify one of these parameters: customer, customer_email.")
    for name, mode in _ONLY_IN.items():
        if name in params and params["mode"] != mode:
            message = f"You can not pass `{name}` in `{params['mode']}` mode."
            raise StripeError(message, param=name)


def _less(work: Work, params: Object) -> Object:
    """The coupon, or the promotion code, that a new session gives."""
    given = [(name, thing) for each in params.get("discounts", []) for name, thing in each.items()]
    if len(given) > 1 or (given and params.get("allow_promotion_codes")):
        raise StripeError(
            "You may only specify one of these parameters: allow_promotion_codes, discounts.",
            param="discounts",
        )
    found: Object = {"coupon": None, "promotion_code": None}
    for name, thing in given:
        param = f"discounts[0][{name}]"
        known = work.need(name, thing, param)
        if name == "promotion_code" and not discounts.can_be_redeemed(known):
            raise StripeError("This promotion code is expired or used up.", param=param)
        found[name] = known["id"]
    return found


def _for_subscription(work: Work, session_id: str, params: Object) -> Object:
    lines = [
        _line_item(work, asked, f"line_items[{number}][price]")
        for number, asked in enumerate(params.get("line_items", []))
    ]
    if not lines:
        raise StripeError("You must provide at least one line item.", param="line_items")
    data = params.get("subscription_data", {})
    work.annotate(session_id, line_items=lines, subscription_data=data, **_less(work, params))
    total = 0 if trial_end(work, data) is not None else sum(line["amount_total"] for line in lines)
    return {"amount_subtotal": total, "amount_total": total, "currency": lines[0]["currency"]}


def _for_setup(work: Work, session_id: str, params: Object) -> Object:
    if "customer" not in params:
        raise InvalidParameter("The sandbox stores cards for known customers only.", param="customer")
    if "payment_method_types" not in params:
        message = "`currency` is required in `setup` mode when `payment_method_types` is not set."
        raise StripeError(message, param="currency")
    work.annotate(session_id, line_items=[])
    intent = setup_intents.make(work, params["customer"], params.get("setup_intent_data", {}))
    return {"payment_method_collection": None, "setup_intent": intent["id"], "total_details": None}


def _line_item(work: Work, asked: Object, param: str) -> Object:
    price = proration.recurring_price(work, asked["price"], param)
    quantity = asked.get("quantity", 1)
    amount = price["unit_amount"] * quantity
    return {
        "id": new_id("li_1"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": work.need("product", price["product"])["name"],
        "metadata": {},
        "price": price,
        "quantity": quantity,
    }


def _expiry(now: int, params: Object) -> int:
    expiry = int(params.get("expires_at", now + LIFETIME))
    if not now + SHORTEST - 60 <= expiry <= now + LIFETIME + 60:  # a minute's grace for the clocks
        message = "The `expires_at` timestamp must be between 30 minutes and 24 hours from now."
        raise StripeError(message, param="expires_at")
    return expiry


def _constants(now: int, params: Object) -> Object:
    nothing = (
        "after_expiration billing_address_collection client_secret collected_information consent "
        "consent_collection currency_conversion customer_account customer_details integration_identifier "
        "invoice invoice_creation origin_context payment_intent payment_link "
        "payment_method_configuration_details permissions recovered_from saved_payment_method_options "
        "setup_intent shipping_address_collection shipping_cost submit_type subscription wallet_options"
    )
    asked = "allow_promotion_codes cancel_url client_reference_id customer customer_email locale"
    return {
        **dict.fromkeys(nothing.split()),
        **{name: params.get(name) for name in asked.split()},
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "automatic_tax": {
            "enabled": params.get("automatic_tax", {}).get("enabled", False),
            "liability": None,
            "provider": None,
            "status": None,
        },
        "amount_subtotal": None,
        "amount_total": None,
        "created": now,
        "currency": None,
        "custom_fields": [],
        "custom_text": dict.fromkeys(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        ),
        "customer_creation": None if "customer" in params else "always",
        "discounts": [],
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": merged({}, params.get("metadata")),
        "mode": params["mode"],
        "payment_method_collection": "always",
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "redirect_on_completion": "always",
        "shipping_options": [],
        "status": "open",
        "success_url": params["success_url"],
        "tax_id_collection": {**params.get("tax_id_collection", {"enabled": False}), "required": "never"},
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
    }


def pay(work: Work, session: Object, card: TestCard | None = None, code: Object | None = None) -> Object:
    """Complete an open session with a working card: customer, subscription, paid invoice, events. code: a
    promotion code that was typed there."""
    customer = _customer(work, session)
    method = payment_methods.add_card(work, customer["id"], card or CARDS[GOOD], confirmed=True)
    note = work.note(session["id"])
    if note.get("promotion_code"):
        code = work.need("promotion_code", note["promotion_code"])
    asked = note["subscription_data"]
    settings = asked.get("trial_settings", {}).get("end_behavior", {})
    order = subscriptions.Order(
        customer=customer["id"],
        items=[(line["price"], line["quantity"]) for line in note["line_items"]],
        trial_end=trial_end(work, asked),
        payment_method=method["id"],
        metadata=merged({}, asked.get("metadata")),
        description=asked.get("description"),
        at_trial_end=settings.get("missing_payment_method", "create_invoice"),
        code=code,
        taxed=session["automatic_tax"]["enabled"],
        coupon=note.get("coupon"),
    )
    with payment_methods.shown_to_the_bank(work, method["id"]):
        subscription = subscriptions.start(work, order)
    invoice = work.need("invoice", subscription["latest_invoice"])
    session |= _totals(invoice, code, order.coupon) if code or order.coupon else {}
    session |= {
        "customer": customer["id"],
        "customer_details": _details(customer),
        "invoice": subscription["latest_invoice"],
        "payment_status": "no_payment_required" if order.trial_end else "paid",
        "status": "complete",
        "subscription": subscription["id"],
        "url": None,
    }
    work.put(session)
    work.emit("checkout.session.completed", session)
    return session


def _totals(invoice: Object, code: Object | None, coupon: str | None) -> Object:
    less = sum(each["amount"] for each in invoice["total_discount_amounts"])
    return {
        "amount_total": invoice["total"],
        "discounts": [{"coupon": coupon, "promotion_code": code["id"] if code else None}],
        "total_details": {"amount_discount": less, "amount_shipping": 0, "amount_tax": 0},
    }


def store_card(work: Work, session: Object, card: TestCard) -> Object:
    """Complete an open session in setup mode with a card that its owner has shown to be theirs."""
    customer = work.need("customer", session["customer"], "customer")
    method = payment_methods.add_card(work, customer["id"], card, confirmed=True)
    setup_intents.succeed(work, session["setup_intent"], method["id"])
    session |= {
        "customer_details": _details(customer),
        "payment_status": "no_payment_required",
        "status": "complete",
        "url": None,
    }
    work.put(session)
    work.emit("checkout.session.completed", session)
    return session


def _customer(work: Work, session: Object) -> Object:
    if session["customer"]:
        return work.need("customer", session["customer"], "customer")
    return customers.create(work, {}, {"email": session["customer_email"]})


def _details(customer: Object) -> Object:
    known = {name: customer[name] for name in ("email", "name", "phone", "tax_exempt")}
    return {**known, "address": None, "business_name": None, "individual_name": None, "tax_ids": []}


def return_address(session: Object) -> str:
    """Where the customer goes after paying."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def close(work: Work, session: Object) -> Object:
    """Expire an open session: its page no longer takes money."""
    over = work.put({**session, "status": "expired", "url": None})
    if session["setup_intent"]:
        setup_intents.give_up(work, session["setup_intent"])
    work.emit("checkout.session.expired", over)
    return over


def _expire(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    session = work.need("checkout.session", ids["session"], "session")
    if session["status"] != "open":
        message = (
            f'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of {session['status']}."
        )
        raise StripeError(message)
    return close(work, session)


def _list(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    found = [
        session
        for session in work.newest("checkout.session")
        if matches(session, params, ("customer", "status", "subscription"))
        and in_range(session["created"], params.get("created"))
    ]
    return page("checkout.session", found, params, "/v1/checkout/sessions")


def _line_items(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    session = work.need("checkout.session", ids["session"], "session")
    lines = work.note(session["id"])["line_items"]
    return page("item", lines, params, f"/v1/checkout/sessions/{session['id']}/line_items")


_LIST = list_fields(
    customer=Text(), subscription=Text(), status=OneOf(("complete", "expired", "open")), created=RANGE
)
_PATH = "/v1/checkout/sessions/{session}"
_ONE = Fields({"expand": EXPAND})
OPERATIONS = (
    Operation("POST", "/v1/checkout/sessions", _create, _CREATE),
    Operation("GET", "/v1/checkout/sessions", _list, _LIST),
    Operation(
        "GET",
        _PATH,
        lambda work, ids, params: work.need("checkout.session", ids["session"], "session"),
        _ONE,
    ),
    Operation("GET", f"{_PATH}/line_items", _line_items, list_fields()),
    Operation("POST", f"{_PATH}/expire", _expire, _ONE),
)
