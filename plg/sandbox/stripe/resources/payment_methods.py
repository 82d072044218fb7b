"""Cards: Stripe's test ids stand for cards that work, cards that fail later, and cards refused at once."""

from __future__ import annotations

from collections.abc import Mapping

from plg.sandbox.stripe.errors import card_declined, no_such
from plg.sandbox.stripe.lists import EXPAND, list_fields, page
from plg.sandbox.stripe.operation import Operation
from plg.sandbox.stripe.store import Object, Work, new_id
from plg.sandbox.stripe.wire import Fields, OneOf, Text

#: Test id → last four digits, and whether charges fail. The refused one cannot even be attached.
TEST_CARDS = {"pm_card_visa": ("4242", False), "pm_card_chargeCustomerFail": ("0341", True)}
REFUSED = "pm_card_visa_chargeDeclined"


def add_card(work: Work, customer_id: str, test_card: str = "pm_card_visa") -> Object:
    """A new card of a customer, from the test id of a card."""
    last4, declines = TEST_CARDS[test_card]
    method: Object = {
        "id": new_id("pm_1"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {
            "address": dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state")),
            "email": None,
            "name": None,
            "phone": None,
            "tax_id": None,
        },
        "card": _card(last4),
        "created": work.now,
        "customer": customer_id,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }
    work.put(method)
    work.annotate(method["id"], declines=declines)
    work.emit("payment_method.attached", method)
    return method


def _card(last4: str) -> Object:
    return {
        "brand": "visa",
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "pass",
        },
        "country": "US",
        "display_brand": "visa",
        "exp_month": 12,
        "exp_year": 2040,
        "fingerprint": new_id("", 16),
        "funding": "credit",
        "generated_from": None,
        "last4": last4,
        "networks": {"available": ["visa"], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def replace_default(work: Work, customer_id: str, test_card: str) -> None:
    """Give a customer another card, and make it the one that every subscription of theirs uses."""
    method = add_card(work, customer_id, test_card)
    customer = work.need("customer", customer_id)
    customer["invoice_settings"]["default_payment_method"] = method["id"]
    work.change(customer, "customer.updated")
    for subscription in list(work.newest("subscription")):
        if subscription["customer"] == customer_id and subscription["default_payment_method"]:
            work.change(
                {**subscription, "default_payment_method": method["id"]}, "customer.subscription.updated"
            )


def card_for(work: Work, subscription: Object) -> str | None:
    """The card that pays: the subscription's own, else the customer's default."""
    own = subscription["default_payment_method"]
    if own is not None:
        return str(own)
    customer = work.need("customer", subscription["customer"])
    return customer["invoice_settings"]["default_payment_method"]


def declines(work: Work, method_id: str) -> bool:
    """Whether charges to this card fail."""
    return bool(work.note(method_id).get("declines"))


def _attach(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    customer = work.need("customer", params["customer"], "customer")
    if ids["payment_method"] == REFUSED:
        raise card_declined()
    if ids["payment_method"] not in TEST_CARDS:
        raise no_such("PaymentMethod", ids["payment_method"], "payment_method")
    return add_card(work, customer["id"], ids["payment_method"])


def _list(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    asked = params.get("customer")
    found = [method for method in work.newest("payment_method") if asked in (None, method["customer"])]
    return page("payment_method", found, params, "/v1/payment_methods")


_ATTACH = Fields({"customer": Text(), "expand": EXPAND}, ("customer",))
OPERATIONS = (
    Operation("GET", "/v1/payment_methods", _list, list_fields(customer=Text(), type=OneOf(("card",)))),
    Operation(
        "GET",
        "/v1/payment_methods/{payment_method}",
        lambda work, ids, params: work.need("payment_method", ids["payment_method"]),
        Fields({"expand": EXPAND}),
    ),
    Operation("POST", "/v1/payment_methods/{payment_method}/attach", _attach, _ATTACH),
)
