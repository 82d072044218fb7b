"""Customers: who pays."""

from __future__ import annotations

from collections.abc import Mapping

from plg.sandbox.stripe.lists import EXPAND, RANGE, in_range, list_fields, matches, page
from plg.sandbox.stripe.operation import Operation
from plg.sandbox.stripe.resources import subscriptions
from plg.sandbox.stripe.store import Object, Work, new_id
from plg.sandbox.stripe.wire import Fields, Many, Metadata, Shape, Text, merged

_FIELDS: dict[str, Shape] = {
    "email": Text(512, clear=True),
    "name": Text(256, clear=True),
    "description": Text(clear=True),
    "phone": Text(20, clear=True),
    "preferred_locales": Many(Text()),
    "metadata": Metadata(),
    "expand": EXPAND,
}
_SETTINGS = Fields({"default_payment_method": Text(clear=True)})


def create(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    """A new customer."""
    customer = {
        "id": new_id("cus_", 14),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": work.now,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": params.get("description"),
        "discount": None,
        "email": params.get("email"),
        "invoice_prefix": new_id("", 8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": merged({}, params.get("metadata")),
        "name": params.get("name"),
        "next_invoice_sequence": 1,
        "phone": params.get("phone"),
        "preferred_locales": params.get("preferred_locales", []),
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    work.put(customer)
    work.emit("customer.created", customer)
    return customer


def _retrieve(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    found = work.find("customer", ids["customer"])
    return found if found is not None else work.need("customer", ids["customer"])


def _update(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    customer = work.need("customer", ids["customer"])
    for name in ("email", "name", "description", "phone", "preferred_locales"):
        if name in params:
            customer[name] = params[name]
    customer["metadata"] = merged(customer["metadata"], params.get("metadata"))
    settings = params.get("invoice_settings", {})
    if "default_payment_method" in settings:
        if (method := settings["default_payment_method"]) is not None:
            work.need("payment_method", method, "invoice_settings[default_payment_method]")
        customer["invoice_settings"]["default_payment_method"] = method
    return work.change(customer, "customer.updated")


def _delete(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    customer = work.need("customer", ids["customer"])
    for subscription in list(work.newest("subscription")):
        if subscription["customer"] == customer["id"] and subscription["status"] not in subscriptions.FINAL:
            subscriptions.end(work, subscription["id"], reason="cancellation_requested")
    gone = work.put({"id": customer["id"], "object": "customer", "deleted": True})
    work.emit("customer.deleted", customer)
    return gone


def _list(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    found = [
        customer
        for customer in work.newest("customer")
        if not customer.get("deleted")
        and matches(customer, params, ("email",))
        and in_range(customer["created"], params.get("created"))
    ]
    return page("customer", found, params, "/v1/customers")


OPERATIONS = (
    Operation("POST", "/v1/customers", create, Fields(_FIELDS)),
    Operation("GET", "/v1/customers", _list, list_fields(email=Text(512), created=RANGE)),
    Operation("GET", "/v1/customers/{customer}", _retrieve, Fields({"expand": EXPAND})),
    Operation(
        "POST", "/v1/customers/{customer}", _update, Fields({**_FIELDS, "invoice_settings": _SETTINGS})
    ),
    Operation("DELETE", "/v1/customers/{customer}", _delete),
)
