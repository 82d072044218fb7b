"""Payment methods: the cards of customers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from plg.sandbox.stripe.cards import CARDS, REFUSED_ID, TEST_IDS, TOKENS, TestCard, shape
from plg.sandbox.stripe.errors import StripeError, card_declined, no_such
from plg.sandbox.stripe.lists import EXPAND, list_fields, page
from plg.sandbox.stripe.operation import Operation
from plg.sandbox.stripe.store import Object, Work, new_id
from plg.sandbox.stripe.wire import Fields, Integer, OneOf, Text


def add_card(
    work: Work, customer_id: str, card: TestCard = TEST_IDS["pm_card_visa"], *, confirmed: bool = False
) -> Object:
    """A new card of a customer. confirmed: its owner has shown the bank that it is theirs."""
    method = _new(work, customer_id, card, confirmed=confirmed)
    work.emit("payment_method.attached", method)
    return method


def _new(work: Work, customer_id: str | None, card: TestCard, *, confirmed: bool) -> Object:
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
        "card": shape(card),
        "created": work.now,
        "customer": customer_id,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }
    work.put(method)
    work.annotate(method["id"], number=card.number, confirmed=confirmed)
    return method


def replace_default(work: Work, customer_id: str, test_card: str) -> None:
    """Give a customer another card, and make it the one that every subscription of theirs uses."""
    method = add_card(work, customer_id, TEST_IDS[test_card])
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


def refusal(work: Work, method_id: str) -> StripeError | None:
    """What a charge to this card without its owner is refused with; None where it succeeds."""
    note = work.note(method_id)
    card = CARDS.get(note.get("number", ""))
    refused = card.charged(confirmed=note["confirmed"]) if card else None
    asks = refused is not None and refused.error.get("code") == "authentication_required"
    return None if asks and note.get("owner_is_there") else refused


@contextmanager
def shown_to_the_bank(work: Work, method_id: str | None) -> Iterator[None]:
    """While a card's owner is there, the bank asks and is answered (None: nobody is there)."""
    if method_id is not None:
        work.annotate(method_id, owner_is_there=True)
    yield
    if method_id is not None:
        work.annotate(method_id, owner_is_there=False)


def _create(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    """A card that is of nobody yet."""
    card = params["card"]
    chosen = TOKENS.get(card.get("token", "")) or CARDS.get(card.get("number", ""))
    if chosen is None:
        raise StripeError("The sandbox knows Stripe's test cards only.", param="card")
    return _new(work, None, chosen, confirmed=False)


def _attach(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    customer = work.need("customer", params["customer"], "customer")
    if ids["payment_method"] == REFUSED_ID:
        raise card_declined()
    known = work.find("payment_method", ids["payment_method"])
    if known is not None:
        if CARDS[work.note(known["id"])["number"]].on_setup == "decline":
            raise card_declined()
        return work.change({**known, "customer": customer["id"]}, "payment_method.attached")
    if ids["payment_method"] not in TEST_IDS:
        raise no_such("PaymentMethod", ids["payment_method"], "payment_method")
    return add_card(work, customer["id"], TEST_IDS[ids["payment_method"]])


def _detach(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    method = work.need("payment_method", ids["payment_method"])
    if method["customer"] is None:
        raise StripeError("The payment method you provided is not attached to a customer.")
    customer = work.need("customer", method["customer"])
    if customer["invoice_settings"]["default_payment_method"] == method["id"]:
        customer["invoice_settings"]["default_payment_method"] = None
        work.change(customer, "customer.updated")
    return work.change({**method, "customer": None}, "payment_method.detached")


def _list(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    asked = params.get("customer")
    found = [method for method in work.newest("payment_method") if asked in (None, method["customer"])]
    return page("payment_method", found, params, "/v1/payment_methods")


_ATTACH = Fields({"customer": Text(), "expand": EXPAND}, ("customer",))
_CARD = Fields(
    {"cvc": Text(), "exp_month": Integer(1, 12), "exp_year": Integer(), "number": Text(), "token": Text()}
)
_NEW = Fields({"card": _CARD, "expand": EXPAND, "type": OneOf(("card",))}, ("card", "type"))
OPERATIONS = (
    Operation("POST", "/v1/payment_methods", _create, _NEW),
    Operation("GET", "/v1/payment_methods", _list, list_fields(customer=Text(), type=OneOf(("card",)))),
    Operation(
        "GET",
        "/v1/payment_methods/{payment_method}",
        lambda work, ids, params: work.need("payment_method", ids["payment_method"]),
        Fields({"expand": EXPAND}),
    ),
    Operation("POST", "/v1/payment_methods/{payment_method}/attach", _attach, _ATTACH),
    Operation("POST", "/v1/payment_methods/{payment_method}/detach", _detach, Fields({"expand": EXPAND})),
)
