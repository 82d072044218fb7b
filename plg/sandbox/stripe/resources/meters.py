"""Meters: what customers used, told bit by bit in events, and summed for the invoices of metered prices."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from plg.sandbox.stripe.errors import StripeError
from plg.sandbox.stripe.lists import EXPAND, list_fields, matches, page
from plg.sandbox.stripe.operation import Operation
from plg.sandbox.stripe.store import Object, Work, new_id
from plg.sandbox.stripe.wire import Fields, Integer, Metadata, OneOf, Text

OLDEST, AHEAD = 35 * 86400, 300  # seconds that an event may be old, or in the future
CANCELLABLE = 24 * 3600  # seconds after its arrival that an event may be cancelled in
_KEY = Fields({"event_payload_key": Text(100)}, ("event_payload_key",))
_MAPPING = Fields({"event_payload_key": Text(100), "type": OneOf(("by_id",))}, ("event_payload_key", "type"))
_CREATE = Fields(
    {
        "customer_mapping": _MAPPING,
        "default_aggregation": Fields({"formula": OneOf(("count", "last", "sum"))}, ("formula",)),
        "display_name": Text(250),
        "event_name": Text(100),
        "expand": EXPAND,
        "value_settings": _KEY,
    },
    ("default_aggregation", "display_name", "event_name"),
)
_EVENT = Fields(
    {
        "event_name": Text(100),
        "expand": EXPAND,
        "identifier": Text(100),
        "payload": Metadata(),
        "timestamp": Integer(),
    },
    ("event_name", "payload"),
)
_ADJUSTMENT = Fields(
    {
        "cancel": Fields({"identifier": Text(100)}),
        "event_name": Text(100),
        "expand": EXPAND,
        "type": OneOf(("cancel",)),
    },
    ("event_name", "type"),
)


def _create(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    name = params["event_name"]
    if _active(work, name) is not None:
        message = f"An active meter already exists for the event name {name}."
        raise StripeError(message, code="resource_already_exists", param="event_name")
    mapping = {"event_payload_key": "stripe_customer_id", "type": "by_id"}
    meter = {
        "id": new_id("mtr_test_"),
        "object": "billing.meter",
        "created": work.now,
        "customer_mapping": params.get("customer_mapping", mapping),
        "default_aggregation": params["default_aggregation"],
        "display_name": params["display_name"],
        "event_name": name,
        "event_time_window": None,
        "livemode": False,
        "status": "active",
        "status_transitions": {"deactivated_at": None},
        "updated": work.now,
        "value_settings": params.get("value_settings", {"event_payload_key": "value"}),
    }
    work.put(meter)
    work.emit("billing.meter.created", meter)
    return meter


def _active(work: Work, event_name: str) -> Object | None:
    for meter in work.newest("billing.meter"):
        if meter["event_name"] == event_name and meter["status"] == "active":
            return meter
    return None


def _tell(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    meter = _active(work, params["event_name"])
    if meter is None:
        message = f"No active meter found with event name: {params['event_name']}"
        raise StripeError(message, code="no_meter", param="event_name")
    moment = params.get("timestamp", work.now)
    if not work.now - OLDEST <= moment <= work.now + AHEAD:
        message = "The timestamp must be within the past 35 days, or up to 5 minutes in the future."
        raise StripeError(message, code="timestamp_invalid", param="timestamp")
    _check_payload(work, meter, params["payload"])
    identifier = params.get("identifier") or new_id("evt_", 24)
    if work.find("_meter_event", identifier):
        raise StripeError(f"An event already exists with identifier {identifier}.", param="identifier")
    told = {"identifier": identifier, "payload": params["payload"], "timestamp": moment}
    told |= {"event_name": params["event_name"], "created": work.now, "livemode": False}
    work.put_as("_meter_event", identifier, {**told, "cancelled": False})
    return {"object": "billing.meter_event", **told}


def _check_payload(work: Work, meter: Object, payload: Mapping[str, str]) -> None:
    who, what = (meter[name]["event_payload_key"] for name in ("customer_mapping", "value_settings"))
    work.need("customer", payload.get(who) or "", f"payload[{who}]")
    try:
        amount = Decimal(payload.get(what) or "")
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise StripeError(f"payload[{what}] must be a number.", param=f"payload[{what}]")


def _cancel(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    identifier = params.get("cancel", {}).get("identifier", "")
    told = work.find("_meter_event", identifier)
    if told is None or told["event_name"] != params["event_name"]:
        raise StripeError(f"No event found with identifier {identifier}.", param="cancel[identifier]")
    if told["created"] < work.now - CANCELLABLE:
        raise StripeError("Only events of the last 24 hours can be cancelled.", param="cancel[identifier]")
    work.put_as("_meter_event", identifier, {**told, "cancelled": True})
    return {
        "object": "billing.meter_event_adjustment",
        "cancel": {"identifier": identifier},
        "event_name": params["event_name"],
        "livemode": False,
        "status": "complete",
        "type": "cancel",
    }


def used(work: Work, meter: Object, customer: str, start: int, end: int) -> Decimal:
    """What a customer used from `start` until before `end`, by the meter's formula; nothing below nothing."""
    who, what = (meter[name]["event_payload_key"] for name in ("customer_mapping", "value_settings"))
    values = [
        Decimal(told["payload"][what])
        for told in reversed(work.newest("_meter_event"))
        if told["event_name"] == meter["event_name"]
        and told["payload"][who] == customer
        and start <= told["timestamp"] < end
        and not told["cancelled"]
    ]
    formula = meter["default_aggregation"]["formula"]
    if formula == "count":
        return Decimal(len(values))
    if formula == "last":
        return values[-1] if values else Decimal(0)
    return max(sum(values, Decimal(0)), Decimal(0))


def _summaries(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    meter = work.need("billing.meter", ids["id"])
    work.need("customer", params["customer"], "customer")
    start, end = params["start_time"], params["end_time"]
    for name in ("start_time", "end_time"):
        if params[name] % 60:
            raise StripeError(f"{name} must be aligned with minute boundaries.", param=name)
    total = used(work, meter, params["customer"], start, end)
    summary = {
        "id": new_id("mtrusg_test_"),
        "object": "billing.meter_event_summary",
        "aggregated_value": float(total),
        "end_time": end,
        "livemode": False,
        "meter": meter["id"],
        "start_time": start,
    }
    url = f"/v1/billing/meters/{meter['id']}/event_summaries"
    return page("billing.meter_event_summary", [summary] if total else [], params, url)


def _list(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    found = [meter for meter in work.newest("billing.meter") if matches(meter, params, ("status",))]
    return page("billing.meter", found, params, "/v1/billing/meters")


_WANTED = list_fields(customer=Text(), start_time=Integer(), end_time=Integer())
_SUMMARIES = Fields(_WANTED.shapes, ("customer", "start_time", "end_time"))
OPERATIONS = (
    Operation("POST", "/v1/billing/meters", _create, _CREATE),
    Operation("GET", "/v1/billing/meters", _list, list_fields(status=OneOf(("active", "inactive")))),
    Operation(
        "GET",
        "/v1/billing/meters/{id}",
        lambda work, ids, _: work.need("billing.meter", ids["id"]),
        Fields({"expand": EXPAND}),
    ),
    Operation("GET", "/v1/billing/meters/{id}/event_summaries", _summaries, _SUMMARIES),
    Operation("POST", "/v1/billing/meter_events", _tell, _EVENT),
    Operation("POST", "/v1/billing/meter_event_adjustments", _cancel, _ADJUSTMENT),
)
