"""What time does: trials end, periods renew, failed payments are tried again, open links expire."""

from __future__ import annotations

from collections.abc import Iterator

from plg.sandbox.stripe.resources import (
    checkout,
    invoices,
    metered_prices,
    payment_methods,
    pending_updates,
    subscription_schedules,
    subscriptions,
)
from plg.sandbox.stripe.resources.subscription_requests import pay_again
from plg.sandbox.stripe.store import Object, Work

DAY = 86400
WARNING = 3 * DAY  # how long before its end a trial announces it
FIRST_PAYMENT = 23 * 3600  # how long an incomplete subscription waits for its first payment


def pass_time(work: Work, until: int) -> None:
    """Carry out, in order and each at its own moment, everything that falls due by a time."""
    while (due := min(_due(work), default=None)) is not None and due[0] <= until:
        moment, kind, object_id = due
        work.now = moment
        thing = work.need(kind, object_id)
        if kind == "checkout.session":
            checkout.close(work, thing)
        elif kind == "invoice":
            pay_again(work, thing, retry=True)
        else:
            _turn(work, thing)
    work.now = until


def _due(work: Work) -> Iterator[tuple[int, str, str]]:
    for session in work.newest("checkout.session"):
        if session["status"] == "open":
            yield session["expires_at"], "checkout.session", session["id"]
    for invoice in work.newest("invoice"):
        if invoice["status"] == "open" and invoice["next_payment_attempt"]:
            yield invoice["next_payment_attempt"], "invoice", invoice["id"]
    for subscription in work.newest("subscription"):
        moment = _next_turn(work, subscription)
        if moment is not None:
            yield moment, "subscription", subscription["id"]


def _next_turn(work: Work, subscription: Object) -> int | None:
    if subscription["status"] == "incomplete":
        return int(subscription["created"]) + FIRST_PAYMENT
    if subscription["status"] not in ("trialing", "active", "past_due"):
        return None
    end = min(item["current_period_end"] for item in subscription["items"]["data"])
    if subscription["status"] == "trialing" and not work.note(subscription["id"]).get("warned"):
        return max(int(end) - WARNING, int(subscription["created"]))
    ends = (subscription["pending_update"] or {}).get("expires_at")
    return min(int(end), _resumes_at(subscription) or int(end), ends or int(end))


def _resumes_at(subscription: Object) -> int | None:
    return (subscription["pause_collection"] or {}).get("resumes_at")


def _turn(work: Work, subscription: Object) -> None:
    if subscription["status"] == "incomplete":
        over = work.change(
            {**subscription, "status": "incomplete_expired", "ended_at": work.now},
            "customer.subscription.updated",
        )
        invoices.close_open(work, over["id"], void=True)
    elif ((subscription["pending_update"] or {}).get("expires_at") or work.now + 1) <= work.now:
        pending_updates.drop(work, subscription)
    elif subscription["status"] == "trialing" and not work.note(subscription["id"]).get("warned"):
        work.annotate(subscription["id"], warned=True)
        work.emit("customer.subscription.trial_will_end", subscription)
    elif (_resumes_at(subscription) or work.now + 1) <= work.now:
        work.change({**subscription, "pause_collection": None}, "customer.subscription.updated")
    elif subscription["cancel_at_period_end"] and subscription["cancel_at"] <= work.now:
        subscriptions.end(work, subscription["id"], reason="cancellation_requested")
    elif subscription["status"] == "trialing" and not payment_methods.card_for(work, subscription):
        subscriptions.end_trial_without_card(
            work, subscription, "subscription_cycle", _period_end(subscription)
        )
    else:
        _renew(work, subscription)


def _renew(work: Work, subscription: Object) -> None:
    start = _period_end(subscription)
    if subscription["schedule"] and subscription["items"]["data"][0]["current_period_end"] == start:
        before = subscription["items"]["data"]
        subscription = subscription_schedules.turn(work, subscription)
        _bill_use_of_gone(work, subscription, before, start)
    due = [item for item in subscription["items"]["data"] if item["current_period_end"] == start]
    subscriptions.bill_period(work, subscription, "subscription_cycle", start, due=due)


def _bill_use_of_gone(work: Work, subscription: Object, before: list[Object], until: int) -> None:
    """What was used of metered items that do not go on is paid with the next invoice."""
    goes_on = {item["price"]["id"] for item in subscription["items"]["data"]}
    lines = [
        metered_prices.line_of(work, subscription, item, until)
        for item in before
        if metered_prices.is_metered(item) and item["price"]["id"] not in goes_on
    ]
    waiting = work.note(subscription["id"]).get("pending_lines", [])
    work.annotate(subscription["id"], pending_lines=waiting + lines)


def _period_end(subscription: Object) -> int:
    return min(int(item["current_period_end"]) for item in subscription["items"]["data"])
