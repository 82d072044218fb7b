"""Billing portal sessions: a short-lived link to a page where a customer looks after the subscription."""

from __future__ import annotations

from collections.abc import Mapping

from plg.sandbox.stripe.errors import StripeError, card_declined
from plg.sandbox.stripe.lists import EXPAND
from plg.sandbox.stripe.operation import Operation
from plg.sandbox.stripe.resources import payment_methods, proration
from plg.sandbox.stripe.resources import portal_configurations as configurations
from plg.sandbox.stripe.resources.checkout import LOCALES
from plg.sandbox.stripe.store import Object, Work, new_id
from plg.sandbox.stripe.wire import Address, Fields, Integer, Many, OneOf, Text

LIFETIME = 3600  # seconds
CHANGEABLE = ("trialing", "active", "past_due")
_CHANGE = Fields(
    {
        "subscription": Text(),
        "items": Many(Fields({"id": Text(), "price": Text(), "quantity": Integer(1)}, ("id",)), 1),
    },
    ("items", "subscription"),
)
_AFTER = Fields(
    {
        "type": OneOf(("portal_homepage", "redirect")),
        "redirect": Fields({"return_url": Address()}, ("return_url",)),
    },
    ("type",),
)
_FLOW = Fields(
    {
        "type": OneOf(("payment_method_update", "subscription_update_confirm")),
        "subscription_update_confirm": _CHANGE,
        "after_completion": _AFTER,
    },
    ("type",),
)
_CREATE = Fields(
    {
        "configuration": Text(),
        "customer": Text(),
        "expand": EXPAND,
        "flow_data": _FLOW,
        "locale": OneOf(LOCALES),
        "return_url": Address(),
    },
    ("customer",),
)


def _create(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    work.need("customer", params["customer"], "customer")
    configuration = configurations.chosen(work, params.get("configuration"))
    secret = new_id("test_", 40)
    session = {
        "id": new_id("bps_1"),
        "object": "billing_portal.session",
        "configuration": configuration["id"],
        "created": work.now,
        "customer": params["customer"],
        "customer_account": None,
        "flow": _flow(work, params),
        "livemode": False,
        "locale": params.get("locale"),
        "on_behalf_of": None,
        "return_url": params.get("return_url"),
        "url": f"{work.public_url}/p/session/{secret}",
    }
    work.put(session)
    work.put_as("_portal", secret, {"session": session["id"]})
    work.emit("billing_portal.session.created", session)
    return session


def _flow(work: Work, params: Object) -> Object | None:
    """What the page is to be about, checked against what the configuration allows."""
    asked = params.get("flow_data")
    if asked is None:
        return None
    change = asked.get("subscription_update_confirm")
    if (asked["type"] == "subscription_update_confirm") != (change is not None):
        message = f"Missing required param: flow_data[{asked['type']}]."
        raise StripeError(message, code="parameter_missing", param=f"flow_data[{asked['type']}]")
    if change is not None:
        _check_change(work, params, change)
    return {
        "after_completion": _after(asked.get("after_completion", {"type": "portal_homepage"})),
        "customer_update": None,
        "subscription_cancel": None,
        "subscription_update": None,
        "subscription_update_confirm": change and {"discounts": None, **change},
        "type": asked["type"],
    }


def _after(asked: Object) -> Object:
    return {"hosted_confirmation": None, "redirect": asked.get("redirect"), "type": asked["type"]}


def _check_change(work: Work, params: Object, change: Object) -> None:
    where = "flow_data[subscription_update_confirm]"
    subscription = work.need("subscription", change["subscription"], f"{where}[subscription]")
    if subscription["customer"] != params["customer"] or subscription["status"] not in CHANGEABLE:
        raise StripeError("This subscription cannot be updated.", param=f"{where}[subscription]")
    if len(subscription["items"]["data"]) > 1:
        message = "This subscription cannot be updated: it has multiple items."
        raise StripeError(message, param=f"{where}[subscription]")
    for item in change["items"]:
        price = proration.recurring_price(work, item.get("price"), f"{where}[items][0][price]")
        if price["id"] not in configurations.sold(work, params.get("configuration")):
            message = (
                "This subscription cannot be updated: the portal configuration does not offer the price."
            )
            raise StripeError(message, param="flow_data")


def confirm(work: Work, session: Object, *, owner_is_there: bool = False) -> Object:
    """Carry out the change that a session is about; a card that fails leaves everything as it was.
    owner_is_there: the card's owner has just told the bank that it is them."""
    change = session["flow"]["subscription_update_confirm"]
    subscription = work.need("subscription", change["subscription"])
    behavior = work.need("billing_portal.configuration", session["configuration"])["features"]
    behavior = behavior["subscription_update"]["proration_behavior"]
    wanted = [(item["price"], item.get("quantity", 1)) for item in change["items"]]
    if [(item["price"]["id"], item["quantity"]) for item in subscription["items"]["data"]] == wanted:
        return subscription
    card = payment_methods.card_for(work, subscription)
    with payment_methods.shown_to_the_bank(work, card if owner_is_there else None):
        changed = proration.change_items(work, subscription, change["items"], behavior, work.now)
    if changed["status"] == "past_due":
        raise (payment_methods.refusal(work, card) if card else None) or card_declined()
    return changed


def find_open(work: Work, secret: str) -> Object | None:
    """The portal session that a link's secret opens, or None when unknown or too old."""
    known = work.find("_portal", secret)
    if known is None:
        return None
    session = work.need("billing_portal.session", known["session"])
    return session if work.now < session["created"] + LIFETIME else None


OPERATIONS = (Operation("POST", "/v1/billing_portal/sessions", _create, _CREATE),)
