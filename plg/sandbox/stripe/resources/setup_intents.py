"""Setup intents: what a session in setup mode leads to, a card that may be charged without its owner."""

from __future__ import annotations

from collections.abc import Mapping

from plg.sandbox.stripe.errors import StripeError
from plg.sandbox.stripe.lists import EXPAND, RANGE, in_range, list_fields, page
from plg.sandbox.stripe.operation import Operation
from plg.sandbox.stripe.store import Object, Work, new_id
from plg.sandbox.stripe.wire import Fields, Text, merged


def make(work: Work, customer_id: str, params: Object) -> Object:
    """A new intent without a card."""
    nothing = (
        "application automatic_payment_methods cancellation_reason customer_account flow_directions "
        "last_setup_error latest_attempt mandate next_action on_behalf_of payment_method "
        "payment_method_configuration_details single_use_mandate"
    )
    intent_id = new_id("seti_1")
    intent = {
        **dict.fromkeys(nothing.split()),
        "id": intent_id,
        "object": "setup_intent",
        "client_secret": f"{intent_id}_secret_{new_id('', 24)}",
        "created": work.now,
        "customer": customer_id,
        "description": params.get("description"),
        "livemode": False,
        "metadata": merged({}, params.get("metadata")),
        "payment_method_options": {
            "card": {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"}
        },
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        "usage": "off_session",
    }
    work.put(intent)
    work.emit("setup_intent.created", intent)
    return intent


def succeed(work: Work, intent_id: str, method_id: str) -> Object:
    """The card is stored."""
    intent = work.need("setup_intent", intent_id)
    done = {**intent, "status": "succeeded", "payment_method": method_id, "last_setup_error": None}
    return work.change(done, "setup_intent.succeeded")


def fail(work: Work, intent_id: str, refusal: StripeError) -> Object:
    """The bank refused the card; another may be tried."""
    intent = work.need("setup_intent", intent_id)
    return work.change({**intent, "last_setup_error": refusal.error}, "setup_intent.setup_failed")


def give_up(work: Work, intent_id: str) -> Object:
    """The session is over, and with it the intent."""
    intent = work.need("setup_intent", intent_id)
    return work.change(
        {**intent, "status": "canceled", "cancellation_reason": "abandoned"}, "setup_intent.canceled"
    )


def _list(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    asked = params.get("customer")
    found = [
        intent
        for intent in work.newest("setup_intent")
        if asked in (None, intent["customer"]) and in_range(intent["created"], params.get("created"))
    ]
    return page("setup_intent", found, params, "/v1/setup_intents")


OPERATIONS = (
    Operation("GET", "/v1/setup_intents", _list, list_fields(customer=Text(), created=RANGE)),
    Operation(
        "GET",
        "/v1/setup_intents/{intent}",
        lambda work, ids, params: work.need("setup_intent", ids["intent"], "intent"),
        Fields({"expand": EXPAND}),
    ),
)
