"""The switches under `/_sandbox`: how webhooks travel, what trouble the API has, and the clock. Stripe itself has
none of these."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, redirect, request
from werkzeug.exceptions import BadRequest, NotFound

from plg.sandbox.stripe.chaos import Chaos
from plg.sandbox.stripe.clock import pass_time
from plg.sandbox.stripe.courier import Courier
from plg.sandbox.stripe.errors import StripeError
from plg.sandbox.stripe.resources import disputes, payments
from plg.sandbox.stripe.store import Object, Store, Work

_LIMITS = {"delay": 3600.0, "copies": 10, "drop": 1000}
_TROUBLES = {"slow": 30.0, "fail": 1000, "busy": 1000, "lose": 1000}
LONGEST = 3 * 366 * 86400  # seconds that one move of the clock may take


def control(store: Store, courier: Courier, chaos: Chaos) -> Blueprint:
    """The blueprint of the switches; each takes a form (and goes back to the index) or JSON."""
    blueprint = Blueprint("control", __name__, url_prefix="/_sandbox")

    @blueprint.get("/webhooks")
    def show_switches() -> Response:
        return jsonify({**vars(courier.switches), "waiting": courier.waiting})

    @blueprint.post("/webhooks")
    def set_switches() -> Response:
        courier.adjust(**_switches(_given()))
        return _done({**vars(courier.switches), "waiting": courier.waiting})

    @blueprint.post("/events/<event_id>/resend")
    def resend(event_id: str) -> Response:
        with store.work() as work:
            event = work.find("event", event_id)
        if event is None:
            raise NotFound
        courier.resend(event)
        return _done({"sent": event_id})

    @blueprint.post("/invoices/<invoice_id>/dispute")
    def dispute(invoice_id: str) -> Response:
        """A cardholder disputes what they paid; `outcome` (lost, won) is what their bank decides in the end."""
        with store.work() as work:
            return _done({"dispute": _disputed(work, invoice_id, _given().get("outcome"))})

    _add_trouble(blueprint, chaos)
    _add_clock(blueprint, store)
    return blueprint


def _add_trouble(blueprint: Blueprint, chaos: Chaos) -> None:
    @blueprint.get("/trouble")
    def show_trouble() -> Response:
        return jsonify(vars(chaos.trouble))

    @blueprint.post("/trouble")
    def set_trouble() -> Response:
        given = _given()
        chaos.adjust(
            **{
                name: number if name == "slow" else int(number)
                for name, limit in _TROUBLES.items()
                if name in given
                for number in [_number(given, name, limit)]
            }
        )
        return _done(dict(vars(chaos.trouble)))


def _add_clock(blueprint: Blueprint, store: Store) -> None:
    @blueprint.get("/clock")
    def show_clock() -> Response:
        return jsonify({"now": store.now()})

    @blueprint.post("/clock")
    def move_clock() -> Response:
        given = _given()
        seconds = _number(given, "advance", LONGEST) + 86400 * _number(given, "days", LONGEST / 86400)
        if seconds > 0:
            advance(store, int(seconds))
        return _done({"now": store.now()})


def _disputed(work: Work, invoice_id: str, outcome: str | None) -> Object:
    charge = payments.charge_of(work, invoice_id)
    if charge is None:
        raise NotFound
    known = [each for each in work.newest("dispute") if each["charge"] == charge["id"]]
    if outcome not in (None, "", *disputes.DECIDED):
        raise BadRequest("An outcome is lost or won.")
    try:
        found = known[0] if known else disputes.start(work, charge)
        return disputes.decide(work, found, outcome) if outcome else found
    except StripeError as refused:
        raise BadRequest(str(refused)) from None


def advance(store: Store, seconds: int) -> None:
    """Move the clock forward, and let happen what falls due on the way."""
    with store.work() as work:
        ahead = (work.find("_setting", "clock") or {"ahead": 0})["ahead"] + seconds
        pass_time(work, work.now + seconds)
        work.put_as("_setting", "clock", {"ahead": ahead})


def _given() -> dict[str, Any]:
    given = request.get_json() if request.is_json else request.form.to_dict()
    if not isinstance(given, dict):
        raise BadRequest("Send fields, not a list.")
    return given


def _switches(given: dict[str, Any]) -> dict[str, float | bool]:
    values: dict[str, float | bool] = {}
    for name, limit in _LIMITS.items():
        if name in given:
            number = _number(given, name, limit)
            values[name] = number if name == "delay" else int(number)
    values["copies"] = max(1, int(values.get("copies", 1)))
    for name in ("reorder", "hold"):
        if name in given or not request.is_json:
            values[name] = given.get(name) in (True, "true", "on", "1")
    return values


def _number(given: dict[str, Any], name: str, limit: float) -> float:
    try:
        number = float(given.get(name) or 0)
    except (TypeError, ValueError):
        raise BadRequest(f"{name} is not a number.") from None
    if not 0 <= number <= limit:
        raise BadRequest(f"{name} is not between 0 and {limit:g}.")
    return number


def _done(answer: dict[str, Any]) -> Response:
    return jsonify(answer) if request.is_json else redirect("/", 303)  # type: ignore[return-value]
