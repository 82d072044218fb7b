"""What can be asked about subscriptions: create, read, list, change, cancel; and paying an invoice."""

from __future__ import annotations

from collections.abc import Mapping

from plg.sandbox.stripe.errors import StripeError, card_declined
from plg.sandbox.stripe.lists import EXPAND, RANGE, in_range, list_fields, matches, page
from plg.sandbox.stripe.operation import Operation
from plg.sandbox.stripe.resources import (
    discounts,
    invoices,
    payment_methods,
    pending_updates,
    proration,
    subscriptions,
)
from plg.sandbox.stripe.store import Object, Work, copied
from plg.sandbox.stripe.wire import (
    Boolean,
    Either,
    Fields,
    Integer,
    Many,
    Metadata,
    OneOf,
    Shape,
    Text,
    merged,
)

COLLECTED_AFTER = 3600  # seconds from an invoice that is made until it is collected
TRIAL_SETTINGS = Fields(
    {
        "end_behavior": Fields(
            {"missing_payment_method": OneOf(("cancel", "create_invoice", "pause"))},
            ("missing_payment_method",),
        )
    },
    ("end_behavior",),
)
BILLING_MODE = Fields({"type": OneOf(("flexible",))}, ("type",))
PRORATION = OneOf(("always_invoice", "create_prorations", "none"))
_REASONS = (
    "customer_service low_quality missing_features other switched_service too_complex too_expensive unused"
)
_FEEDBACK = OneOf(tuple(_REASONS.split()))
_DETAILS = Fields({"comment": Text(clear=True), "feedback": _FEEDBACK})
_BOTH: dict[str, Shape] = {
    "cancel_at_period_end": Boolean(),
    "default_payment_method": Text(),
    "description": Text(500, clear=True),
    "metadata": Metadata(),
    "expand": EXPAND,
}
_CREATE = Fields(
    {
        **_BOTH,
        "automatic_tax": Fields({"enabled": Boolean()}, ("enabled",)),
        "billing_mode": BILLING_MODE,
        "customer": Text(),
        "discounts": Many(Fields({"coupon": Text()}, ("coupon",)), 1),
        "items": Many(Fields({"price": Text(), "quantity": Integer(1)}, ("price",)), 20),
        "off_session": Boolean(),
        "payment_behavior": OneOf(("allow_incomplete", "default_incomplete", "error_if_incomplete")),
        "trial_end": Integer(),
        "trial_period_days": Integer(1, 730),
        "trial_settings": TRIAL_SETTINGS,
    },
    ("customer",),
)
ITEM = Fields({"id": Text(), "price": Text(), "quantity": Integer(1), "deleted": Boolean()})
_PAUSE = Fields({"behavior": OneOf(("void",)), "resumes_at": Integer()}, ("behavior",))
_UPDATE = Fields(
    {
        **_BOTH,
        "billing_cycle_anchor": OneOf(("now", "unchanged")),
        "cancellation_details": _DETAILS,
        "discounts": Many(Fields({"coupon": Text()}, ("coupon",)), 1),
        "items": Many(ITEM, 20),
        "pause_collection": Either(Text(clear=True), _PAUSE),
        "payment_behavior": OneOf(("allow_incomplete", "error_if_incomplete", pending_updates.ASKED)),
        "proration_behavior": PRORATION,
        "proration_date": Integer(),
        "trial_end": Either(Text(), Fields()),
    }
)
_CANCEL = Fields(
    {"cancellation_details": _DETAILS, "invoice_now": Boolean(), "prorate": Boolean(), "expand": EXPAND}
)


def _create(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    work.need("customer", params["customer"], "customer")
    if not params.get("items"):
        raise StripeError("Missing required param: items.", code="parameter_missing", param="items")
    items = [
        (proration.recurring_price(work, item["price"], f"items[{number}][price]"), item.get("quantity", 1))
        for number, item in enumerate(params["items"])
    ]
    _need_method(work, params)
    settings = params.get("trial_settings", {}).get("end_behavior", {})
    order = subscriptions.Order(
        customer=params["customer"],
        items=items,
        trial_end=trial_end(work, params),
        payment_method=params.get("default_payment_method"),
        metadata=merged({}, params.get("metadata")),
        description=params.get("description"),
        at_trial_end=settings.get("missing_payment_method", "create_invoice"),
        behavior=params.get("payment_behavior", "allow_incomplete"),
        taxed=params.get("automatic_tax", {}).get("enabled", False),
        coupon=next((each["coupon"] for each in params.get("discounts", [])), None),
    )
    subscription = subscriptions.start(work, order)
    if params.get("cancel_at_period_end"):
        subscription = work.put(ending(subscription, work.now))
    return subscription


def trial_end(work: Work, params: Object) -> int | None:
    """When a trial asked for by days or by date ends, or None."""
    if "trial_period_days" in params:
        return work.now + int(params["trial_period_days"]) * 86400
    end = params.get("trial_end")
    if end is not None and end <= work.now:
        raise StripeError("Invalid timestamp: must be in the future", param="trial_end")
    return end


def _need_method(work: Work, params: Object) -> None:
    if "default_payment_method" in params:
        work.need("payment_method", params["default_payment_method"], "default_payment_method")


def ending(subscription: Object, now: int) -> Object:
    """The subscription as one that ends with its period."""
    return {
        **subscription,
        "cancel_at_period_end": True,
        "cancel_at": max(item["current_period_end"] for item in subscription["items"]["data"]),
        "canceled_at": now,
        "cancellation_details": {
            **subscription["cancellation_details"],
            "reason": "cancellation_requested",
        },
    }


def going_on(subscription: Object) -> Object:
    """The subscription with a planned end taken back."""
    nothing = dict.fromkeys(subscription["cancellation_details"])
    return {
        **subscription,
        "cancel_at_period_end": False,
        "cancel_at": None,
        "canceled_at": None,
        "cancellation_details": nothing,
    }


def _update(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    subscription = work.need("subscription", ids["subscription_exposed_id"])
    if subscription["status"] in subscriptions.FINAL:
        _only_notes(params)
    if params.get("payment_behavior") == pending_updates.ASKED:
        pending_updates.check(params)
    _need_method(work, params)
    changed = {**subscription, "metadata": merged(subscription["metadata"], params.get("metadata"))}
    changed |= {name: params[name] for name in ("default_payment_method", "description") if name in params}
    changed["cancellation_details"] = {
        **changed["cancellation_details"],
        **params.get("cancellation_details", {}),
    }
    _plan_end(work, changed, params.get("cancel_at_period_end"))
    if "pause_collection" in params:
        changed["pause_collection"] = _pause(params["pause_collection"])
    if "discounts" in params:
        changed["discounts"] = _discounts(work, changed, params["discounts"])
    changed = work.change(changed, "customer.subscription.updated")
    return _bill(work, changed, params)


def _plan_end(work: Work, subscription: Object, wanted: bool | None) -> None:
    if wanted is None or wanted == subscription["cancel_at_period_end"]:
        return
    if subscription["schedule"]:
        message = (
            "The subscription is managed by the subscription schedule `{}`, and updating any cancelation "
        )
        message += "behavior directly is not allowed. Please update the schedule instead."
        raise StripeError(message.format(subscription["schedule"]), param="cancel_at_period_end")
    subscription |= ending(subscription, work.now) if wanted else going_on(subscription)


def _pause(asked: Object | None) -> Object | None:
    return asked and {"behavior": asked["behavior"], "resumes_at": asked.get("resumes_at")}


def _discounts(work: Work, subscription: Object, asked: list[Object]) -> list[str]:
    return [
        str(discounts.redeem(work, subscription, each["coupon"], "discounts[0][coupon]")["id"])
        for each in asked
    ]


def _bill(work: Work, subscription: Object, params: Object) -> Object:
    """Those changes that make an invoice."""
    if "trial_end" in params:
        subscription = _move_trial(work, subscription, params["trial_end"])
    if params.get("items"):
        subscription = _change_items(work, subscription, params)
    elif params.get("billing_cycle_anchor") == "now":
        subscription |= {"billing_cycle_anchor": work.now}
        subscription = subscriptions.bill_period(work, subscription, "subscription_update", work.now)
        _refuse_unpaid(work, subscription, params)
    return subscription


def _only_notes(params: Object) -> None:
    if set(params) - {"metadata", "cancellation_details", "expand"}:
        message = "A canceled subscription can only update its cancellation_details and metadata."
        raise StripeError(message, code="invalid_canceled_subscription_fields")


def _move_trial(work: Work, subscription: Object, wanted: str) -> Object:
    if subscription["status"] != "trialing":
        raise StripeError("The sandbox moves the end of a running trial only.", param="trial_end")
    if wanted == "now" and not payment_methods.card_for(work, subscription):
        subscription |= {"trial_end": work.now, "billing_cycle_anchor": work.now}
        return subscriptions.end_trial_without_card(work, subscription, "subscription_update", work.now)
    if wanted == "now":
        subscription |= {"trial_end": work.now, "billing_cycle_anchor": work.now}
        return subscriptions.bill_period(work, subscription, "subscription_update", work.now)
    end = Integer(work.now + 1).read(wanted, "trial_end")
    subscription |= {"trial_end": end, "billing_cycle_anchor": end}
    for item in subscription["items"]["data"]:
        item["current_period_end"] = end
    return work.change(subscription, "customer.subscription.updated")


def _change_items(work: Work, subscription: Object, params: Object) -> Object:
    behavior = params.get("proration_behavior", "create_prorations")
    at = params.get("proration_date", work.now)
    if subscription["pending_update"]:
        subscription = pending_updates.drop(work, subscription)
    if params.get("payment_behavior") == pending_updates.ASKED:
        side = work.fork()
        tried = proration.change_items(side, copied(subscription), params["items"], behavior, at)
        if tried["status"] == "past_due":
            return pending_updates.hold(work, subscription, side, tried)
    changed = proration.change_items(work, subscription, params["items"], behavior, at)
    _refuse_unpaid(work, changed, params)
    return changed


def _refuse_unpaid(work: Work, subscription: Object, params: Object) -> None:
    """Refuse, in the bank's words, what is only to be done if it is paid."""
    if params.get("payment_behavior") == "error_if_incomplete" and subscription["status"] == "past_due":
        card = payment_methods.card_for(work, subscription)
        raise (payment_methods.refusal(work, card) if card else None) or card_declined()


def _cancel(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    subscription = subscriptions.still_running(work, ids["subscription_exposed_id"])
    if params.get("invoice_now") or params.get("prorate"):
        raise StripeError("The sandbox does not model invoice_now or prorate.", param="invoice_now")
    details = params.get("cancellation_details")
    return subscriptions.end(work, subscription["id"], reason="cancellation_requested", details=details)


def _resume(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    """A paused subscription begins a new period: its invoice is collected within the hour, and makes it active."""
    subscription = work.need("subscription", ids["subscription"])
    if subscription["status"] != "paused":
        raise StripeError("Only a paused subscription can be resumed.", param="subscription")
    subscription |= {"billing_cycle_anchor": work.now}
    lines = subscriptions.begin_period(work, subscription, work.now)
    invoice = invoices.make(work, subscription, lines, "subscription_cycle")
    invoice = work.put({**invoice, "next_payment_attempt": work.now + COLLECTED_AFTER})
    invoices.announce(work, invoice)
    return work.change({**subscription, "latest_invoice": invoice["id"]}, "customer.subscription.updated")


def _list(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    asked = params.get("price")
    found = [
        subscription
        for subscription in work.newest("subscription")
        if matches(subscription, params, ("customer",))
        and _has_status(subscription["status"], params.get("status"))
        and asked in (None, *(item["price"]["id"] for item in subscription["items"]["data"]))
        and in_range(subscription["created"], params.get("created"))
    ]
    return page("subscription", found, params, "/v1/subscriptions")


def _has_status(status: str, wanted: str | None) -> bool:
    if wanted is None:
        return status != "canceled"
    if wanted == "ended":
        return status in subscriptions.FINAL
    return wanted in ("all", status)


def pay_again(work: Work, invoice: Object, *, retry: bool) -> Object:
    """Another attempt at an open invoice, announced; the subscription follows the outcome."""
    subscription = work.need("subscription", invoices.subscription_of(invoice))
    invoice = invoices.attempt(work, invoice, payment_methods.card_for(work, subscription), retry=retry)
    invoices.announce_outcome(work, invoice)
    subscriptions.follow_invoice(work, invoice, final=retry)
    return invoice


def _pay(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    invoice = work.need("invoice", ids["invoice"])
    if invoice["status"] == "paid":
        raise StripeError("Invoice is already paid", code="invoice_already_paid")
    if invoice["status"] != "open":
        raise StripeError(f"Invoice is {invoice['status']} and cannot be paid.", code="invoice_not_open")
    invoice = pay_again(work, invoice, retry=False)
    if invoice["status"] != "paid":
        raise card_declined(keeps_changes=True)
    return invoice


_LIST = list_fields(
    customer=Text(),
    price=Text(),
    status=OneOf((*subscriptions.STATUSES, "all", "ended")),
    created=RANGE,
)
_RESUME = Fields({"billing_cycle_anchor": OneOf(("now",)), "expand": EXPAND})
_PATH = "/v1/subscriptions/{subscription_exposed_id}"
OPERATIONS = (
    Operation("POST", "/v1/subscriptions", _create, _CREATE),
    Operation("GET", "/v1/subscriptions", _list, _LIST),
    Operation(
        "GET",
        _PATH,
        lambda work, ids, params: work.need("subscription", ids["subscription_exposed_id"]),
        Fields({"expand": EXPAND}),
    ),
    Operation("POST", _PATH, _update, _UPDATE),
    Operation("DELETE", _PATH, _cancel, _CANCEL),
    Operation("POST", "/v1/subscriptions/{subscription}/resume", _resume, _RESUME),
    Operation("POST", "/v1/invoices/{invoice}/pay", _pay, Fields({"expand": EXPAND})),
)
