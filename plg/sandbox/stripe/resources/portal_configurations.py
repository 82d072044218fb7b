"""Portal configurations: what customers may do in the billing portal, and which prices they may move to."""

from __future__ import annotations

from collections.abc import Mapping

from plg.sandbox.stripe.lists import EXPAND, list_fields, matches, page
from plg.sandbox.stripe.operation import Operation
from plg.sandbox.stripe.store import Object, Work, new_id
from plg.sandbox.stripe.wire import Boolean, Fields, Many, Metadata, OneOf, Shape, Text, merged

_BEHAVIOR = OneOf(("always_invoice", "create_prorations", "none"))
_PRODUCT = Fields({"product": Text(), "prices": Many(Text())}, ("prices", "product"))
_UPDATE = Fields(
    {
        "enabled": Boolean(),
        "default_allowed_updates": Many(OneOf(("price", "promotion_code", "quantity"))),
        "products": Many(_PRODUCT, 10),
        "proration_behavior": _BEHAVIOR,
    },
    ("enabled",),
)
_CANCEL = Fields(
    {
        "enabled": Boolean(),
        "mode": OneOf(("at_period_end", "immediately")),
        "proration_behavior": _BEHAVIOR,
    },
    ("enabled",),
)
_SWITCH = Fields({"enabled": Boolean()}, ("enabled",))
_FEATURES = Fields(
    {
        "invoice_history": _SWITCH,
        "payment_method_update": _SWITCH,
        "subscription_cancel": _CANCEL,
        "subscription_update": _UPDATE,
    }
)
_CHANGES: dict[str, Shape] = {
    "features": _FEATURES,
    "metadata": Metadata(),
    "name": Text(256),
    "expand": EXPAND,
}


def chosen(work: Work, configuration_id: str | None) -> Object:
    """The configuration of this id, or the default one, which is made when first needed."""
    if configuration_id is not None:
        return work.need("billing_portal.configuration", configuration_id, "configuration")
    for found in work.newest("billing_portal.configuration"):
        if found["is_default"]:
            return found
    features = {"invoice_history": {"enabled": True}, "payment_method_update": {"enabled": True}}
    return _make(work, {"features": features | {"subscription_cancel": {"enabled": True}}}, is_default=True)


def sold(work: Work, configuration_id: str | None) -> set[str]:
    """The prices that customers may move to."""
    configuration = chosen(work, configuration_id)
    if not configuration["features"]["subscription_update"]["enabled"]:
        return set()
    products = work.note(configuration["id"]).get("products", [])
    return {price for product in products for price in product["prices"]}


def _make(work: Work, params: Object, *, is_default: bool = False) -> Object:
    asked = params["features"]
    configuration: Object = {
        "id": new_id("bpc_1"),
        "object": "billing_portal.configuration",
        "active": True,
        "application": None,
        "business_profile": dict.fromkeys(("headline", "privacy_policy_url", "terms_of_service_url")),
        "created": work.now,
        "default_return_url": None,
        "features": _features(asked),
        "is_default": is_default,
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": merged({}, params.get("metadata")),
        "name": params.get("name"),
        "updated": work.now,
    }
    work.annotate(configuration["id"], products=asked.get("subscription_update", {}).get("products", []))
    return work.put(configuration)


def _features(asked: Object) -> Object:
    off = {"enabled": False}
    cancel = {"mode": "at_period_end", "proration_behavior": "none", **asked.get("subscription_cancel", off)}
    update = {
        "billing_cycle_anchor": None,
        "default_allowed_updates": [],
        "proration_behavior": "none",
        "schedule_at_period_end": {"conditions": []},
        "trial_update_behavior": "end_trial",
        **asked.get("subscription_update", off),
    }
    update.pop("products", None)  # shown only when expanded
    return {
        "customer_update": {"allowed_updates": [], "enabled": False},
        "invoice_history": asked.get("invoice_history", off),
        "payment_method_update": {
            "payment_method_configuration": None,
            **asked.get("payment_method_update", off),
        },
        "subscription_cancel": {"cancellation_reason": {"enabled": False, "options": []}, **cancel},
        "subscription_update": update,
    }


def _create(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    for number, product in enumerate(params["features"].get("subscription_update", {}).get("products", [])):
        where = f"features[subscription_update][products][{number}]"
        work.need("product", product["product"], f"{where}[product]")
        for price in product["prices"]:
            work.need("price", price, f"{where}[prices]")
    return _make(work, params)


def _list(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    kept = work.newest("billing_portal.configuration")
    found = [each for each in kept if matches(each, params, ("active", "is_default"))]
    return page("billing_portal.configuration", found, params, "/v1/billing_portal/configurations")


_PATH = "/v1/billing_portal/configurations"
OPERATIONS = (
    Operation("POST", _PATH, _create, Fields(_CHANGES, ("features",))),
    Operation("GET", _PATH, _list, list_fields(active=Boolean(), is_default=Boolean())),
    Operation(
        "GET",
        f"{_PATH}/{{configuration}}",
        lambda work, ids, params: work.need("billing_portal.configuration", ids["configuration"]),
        Fields({"expand": EXPAND}),
    ),
)
