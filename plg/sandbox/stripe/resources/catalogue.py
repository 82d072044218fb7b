"""Products and prices. A price never changes its amount; a lookup key can move to a newer price."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from plg.sandbox.stripe.errors import StripeError
from plg.sandbox.stripe.lists import EXPAND, RANGE, in_range, list_fields, matches, page
from plg.sandbox.stripe.operation import Operation
from plg.sandbox.stripe.resources import metered_prices
from plg.sandbox.stripe.store import Object, Work, new_id
from plg.sandbox.stripe.wire import Boolean, Fields, Integer, Many, Metadata, OneOf, Shape, Text, UpTo, merged

INTERVALS = ("day", "week", "month", "year")
_LOOKUP_KEYS = 10  # how many one list request may ask for
_PRODUCT: dict[str, Shape] = {
    "name": Text(),
    "active": Boolean(),
    "description": Text(40000, clear=True),
    "metadata": Metadata(),
    "expand": EXPAND,
}
_PRICE_CHANGES: dict[str, Shape] = {
    "active": Boolean(),
    "lookup_key": Text(200, clear=True),
    "metadata": Metadata(),
    "nickname": Text(clear=True),
    "transfer_lookup_key": Boolean(),
    "expand": EXPAND,
}
_RECURRING = Fields(
    {
        "interval": OneOf(INTERVALS),
        "interval_count": Integer(1, 1095),
        "meter": Text(),
        "usage_type": OneOf(("licensed", "metered")),
    },
    ("interval",),
)
_AMOUNT = Text(30)
_TIER = Fields(
    {
        "flat_amount_decimal": _AMOUNT,
        "unit_amount_decimal": _AMOUNT,
        "up_to": UpTo(),
    },
    ("up_to",),
)
_PRICE: dict[str, Shape] = {
    **_PRICE_CHANGES,
    "currency": Text(3),
    "product": Text(),
    "product_data": Fields({"name": Text(), "metadata": Metadata()}, ("name",)),
    "recurring": _RECURRING,
    "unit_amount": Integer(0, 99999999),
    "unit_amount_decimal": _AMOUNT,
    "billing_scheme": OneOf(("per_unit", "tiered")),
    "tiers_mode": OneOf(("graduated", "volume")),
    "tiers": Many(_TIER),
    "transform_quantity": Fields(
        {"divide_by": Integer(1), "round": OneOf(("down", "up"))}, ("divide_by", "round")
    ),
}
_TERM = re.compile(r"\s*(lookup_key|product|active|currency|type)\s*:\s*(['\"])(.*?)\2\s*")


def _create_product(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    product_id = params.get("id") or new_id("prod_", 14)
    if work.find("product", product_id):
        message = f"Product already exists: {product_id}"
        raise StripeError(message, code="resource_already_exists", param="id")
    product = {
        "id": product_id,
        "object": "product",
        "active": params.get("active", True),
        "created": work.now,
        "default_price": None,
        "description": params.get("description"),
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": merged({}, params.get("metadata")),
        "name": params["name"],
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "unit_label": None,
        "updated": work.now,
        "url": None,
    }
    work.put(product)
    work.emit("product.created", product)
    return product


def _update_product(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    product = work.need("product", ids["id"])
    before = dict(product)
    product.update({name: params[name] for name in ("name", "active", "description") if name in params})
    product["metadata"] = merged(product["metadata"], params.get("metadata"))
    if product != before:
        product["updated"] = work.now
    return work.change(product, "product.updated")


def _list_products(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    found = [
        product
        for product in work.newest("product")
        if matches(product, params, ("active",))
        and product["id"] in params.get("ids", [product["id"]])
        and in_range(product["created"], params.get("created"))
    ]
    return page("product", found, params, "/v1/products")


def _create_price(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    product_id = _product_of(work, params)
    recurring = params.get("recurring")
    if recurring is not None:
        recurring = {"interval_count": 1, "meter": None, "usage_type": "licensed", **recurring}
        _check_meter(work, recurring)
    price = {
        "id": new_id("price_1"),
        "object": "price",
        "active": params.get("active", True),
        "created": work.now,
        "currency": params["currency"].lower(),
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": merged({}, params.get("metadata")),
        "nickname": params.get("nickname"),
        "product": product_id,
        "recurring": recurring,
        "tax_behavior": "unspecified",
        "transform_quantity": params.get("transform_quantity"),
        "type": "recurring" if recurring else "one_time",
        **_amounts(params),
    }
    _claim_key(work, price, params)
    work.put(price)
    if "tiers" in params:
        work.annotate(price["id"], tiers=metered_prices.tiers_of(params["tiers"]))
    work.emit("price.created", price)
    return price


def _check_meter(work: Work, recurring: Object) -> None:
    """Use is paid for by a meter, and only use is."""
    if recurring["usage_type"] == "metered":
        work.need("billing.meter", recurring["meter"] or "", "recurring[meter]")
    elif recurring["meter"] is not None:
        message = "A meter may only be given with `usage_type=metered`."
        raise StripeError(message, param="recurring[meter]")


def _amounts(params: Object) -> Object:
    """How the price reckons: by tiers, or by one amount, which may have decimals."""
    if params.get("billing_scheme") == "tiered":
        if "tiers_mode" not in params or "tiers" not in params:
            message = "Missing required param: tiers_mode."
            raise StripeError(message, code="parameter_missing", param="tiers_mode")
        nothing = dict.fromkeys(("unit_amount", "unit_amount_decimal"))
        return {"billing_scheme": "tiered", "tiers_mode": params["tiers_mode"], **nothing}
    exact = params.get("unit_amount_decimal", params.get("unit_amount"))
    if exact is None:
        message = "Missing required param: unit_amount."
        raise StripeError(message, code="parameter_missing", param="unit_amount")
    whole = Decimal(exact)
    unit = int(whole) if whole == whole.to_integral_value() else None
    told = {"unit_amount": unit, "unit_amount_decimal": f"{whole.normalize():f}"}
    return {"billing_scheme": "per_unit", "tiers_mode": None, **told}


def _product_of(work: Work, params: Object) -> str:
    if ("product" in params) == ("product_data" in params):
        raise StripeError("You must specify either `product` or `product_data` when creating a price.")
    if "product" in params:
        return str(work.need("product", params["product"], "product")["id"])
    return str(_create_product(work, {}, params["product_data"])["id"])


def _claim_key(work: Work, price: Object, params: Object) -> None:
    """Give the price its lookup key; another price that holds it keeps it unless a transfer was asked."""
    if "lookup_key" not in params:
        return
    price["lookup_key"] = key = params["lookup_key"]
    for other in list(work.newest("price")):
        if key is None or other["lookup_key"] != key or other["id"] == price["id"]:
            continue
        if not params.get("transfer_lookup_key"):
            message = f"A price (`{other['id']}`) already uses that lookup key."
            raise StripeError(message, param="lookup_key")
        work.change({**other, "lookup_key": None}, "price.updated")


def _update_price(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    price = work.need("price", ids["price"])
    price.update({name: params[name] for name in ("active", "nickname") if name in params})
    price["metadata"] = merged(price["metadata"], params.get("metadata"))
    _claim_key(work, price, params)
    return work.change(price, "price.updated")


def _list_prices(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    found = [
        price
        for price in work.newest("price")
        if matches(price, params, ("active", "product", "currency", "type"))
        and price["lookup_key"] in params.get("lookup_keys", [price["lookup_key"]])
        and in_range(price["created"], params.get("created"))
    ]
    return page("price", found, params, "/v1/prices")


def _search_prices(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    wanted: Object = {}
    for term in re.split(r"\bAND\b", params["query"]):
        parsed = _TERM.fullmatch(term)
        if parsed is None:
            message = f"We were unable to parse your search query: {params['query']}"
            raise StripeError(message, param="query")
        name, _, value = parsed.groups()
        wanted[name] = value == "true" if name == "active" else value
    found = [price for price in work.newest("price") if matches(price, wanted, tuple(wanted))]
    chosen = page("price", found, {"limit": params.get("limit", 10)}, "/v1/prices/search")
    return {**chosen, "object": "search_result", "next_page": None}


_CREATE_PRODUCT = Fields({**_PRODUCT, "id": Text()}, ("name",))
_LIST_PRICES = list_fields(
    active=Boolean(),
    lookup_keys=Many(Text(), _LOOKUP_KEYS),
    product=Text(),
    currency=Text(3),
    type=OneOf(("one_time", "recurring")),
    created=RANGE,
)
_SEARCH = Fields({"query": Text(), "limit": Integer(1, 100), "expand": EXPAND}, ("query",))
_ONE = Fields({"expand": EXPAND})
OPERATIONS = (
    Operation("POST", "/v1/products", _create_product, _CREATE_PRODUCT),
    Operation(
        "GET", "/v1/products", _list_products, list_fields(active=Boolean(), ids=Many(Text()), created=RANGE)
    ),
    Operation("GET", "/v1/products/{id}", lambda work, ids, params: work.need("product", ids["id"]), _ONE),
    Operation("POST", "/v1/products/{id}", _update_product, Fields(_PRODUCT)),
    Operation("POST", "/v1/prices", _create_price, Fields(_PRICE, ("currency",))),
    Operation("GET", "/v1/prices", _list_prices, _LIST_PRICES),
    Operation("GET", "/v1/prices/search", _search_prices, _SEARCH),
    Operation("GET", "/v1/prices/{price}", lambda work, ids, params: work.need("price", ids["price"]), _ONE),
    Operation("POST", "/v1/prices/{price}", _update_price, Fields(_PRICE_CHANGES)),
)
