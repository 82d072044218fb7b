"""Changes of what an account pays for: a quote that was agreed to is carried out at Stripe, once.

The row says `asked` before Stripe is asked, and is the idempotency key there; what Stripe did carries the row's id as
a mark. So a process may die anywhere: `finish_asked` asks again, and finds it done, or does it. A plan that is to
follow is a schedule at Stripe, which keeps its word while plg is down."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import Any, NoReturn

from sqlalchemy import select, update

from plg.billing import gateway, inbox, moving, phases, processing, quotes, subscriptions
from plg.billing.gateway import Object
from plg.billing.items import of_plan
from plg.billing.models import FINAL, PlanChange
from plg.billing.prices import NotForSale
from plg.billing.refusals import CardRefused, PaymentRequestRefused
from plg.billing.standing import moment
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Conflict, Refusal
from plg.plans import assignments, catalogue

MARK = "plg_change"
AGAIN = dt.timedelta(minutes=1)


class QuoteExpired(Conflict):
    """The price was shown too long ago, or what it was reckoned from has changed: ask for a new one."""


class ChangeUnderWay(Conflict):
    """Another change of this account's subscription is being made at this moment."""


def confirm(public_id: str, *, account_id: int, by: int | None) -> PlanChange:
    """Agree to a quote: what it says is charged is charged, and the plan follows at once (or with the period's
    end). Agreed to again, nothing more happens. Talks to Stripe, and commits.

    Refusals: `QuoteNotFound`, `QuoteExpired`, `ChangeUnderWay`, `CardRefused` (nothing was changed then),
    `PaymentsUnavailable` (it is carried out as soon as Stripe answers)."""
    change = _claim(public_id, account_id, by)
    if change.status == "asked":
        carry_out(change)
    return change


def _claim(public_id: str, account_id: int, by: int | None) -> PlanChange:
    """Note that Stripe is about to be asked. Commits."""
    assignments.lock(account_id)
    change = quotes.find(public_id, account_id=account_id)
    if change.status == "quoted":
        if now() > change.expires_at:
            raise QuoteExpired("This price was shown too long ago.")
        others = select(PlanChange.id).where(
            PlanChange.account_id == account_id, PlanChange.status == "asked"
        )
        if db.session.scalar(others.limit(1)) is not None:
            raise ChangeUnderWay("Another change is being made at this moment.")
        change.status, change.due_at = "asked", now() + AGAIN
        change.person_id = by or change.person_id
    elif change.status == "failed":
        raise QuoteExpired("This change could not be made. Ask for its price anew.")
    db.session.commit()
    return change


def carry_out(change: PlanChange) -> None:
    """Do at Stripe what a change says, or find it done. Commits."""
    found = gateway.current().subscription(change.stripe_subscription_id)
    if found is None or found["status"] in FINAL:
        _fail(change, QuoteExpired("The subscription is over."), "over")
    if not _is_done(change, found):
        is_as_shown = quotes.is_as_shown(change, found)
        db.session.commit()
        if not is_as_shown:
            _fail(
                change, QuoteExpired("The subscription has changed since this price was shown."), "outdated"
            )
        try:
            WAYS[change.takes_effect](change, found)
        except CardRefused as refused:
            _record_refusal(change, refused)
            _fail(change, refused, refused.reason or "card_declined")
        except PaymentRequestRefused as refused:
            _fail(change, refused, refused.reason or "refused")
        except (NotForSale, catalogue.PlanNotFound) as gone:
            _fail(change, gone, "not_for_sale")
    _settle(change, "done")
    processing.look_at(change.stripe_subscription_id)


def _is_done(change: PlanChange, found: Object) -> bool:
    schedule = found["schedule"] or {"metadata": {}}
    marked = schedule if change.takes_effect == quotes.LATER else found
    return (marked["metadata"] or {}).get(MARK) == change.public_id


def _change_now(change: PlanChange, found: Object) -> None:
    """Either it is paid, or nothing changes. What was planned for later is given up."""
    if found["schedule"]:
        gateway.current().release_schedule(found["schedule"]["id"])
    params: dict[str, Any] = {
        "items": quotes.items(change, found),
        "metadata": {MARK: change.public_id},
        "payment_behavior": "error_if_incomplete",
        "proration_behavior": "always_invoice",
    }
    if found["status"] != "trialing":
        params["proration_date"] = int(change.proration_date.timestamp())
    if found["cancel_at_period_end"]:
        params["cancel_at_period_end"] = False
    gateway.current().update_subscription(found["id"], params, key_of(change))


def _change_later(change: PlanChange, found: Object) -> None:
    """Put what follows into the subscription's schedule, in place of what was planned before."""
    stripe = gateway.current()
    if found["cancel_at_period_end"]:
        stripe.update_subscription(found["id"], {"cancel_at_period_end": False})
    schedule = found["schedule"] or stripe.create_schedule(found["id"], key_of(change) + ":schedule")
    running = schedule["current_phase"]
    span = {"start_date": running["start_date"], "end_date": running["end_date"]}
    both = [{"items": phases.as_it_is(found), **span}, phases.following(change, found)]
    params = {"end_behavior": "release", "metadata": {MARK: change.public_id}, "phases": both}
    stripe.update_schedule(schedule["id"], params)


def _change_price(change: PlanChange, found: Object) -> None:
    """The plan's new version: it costs nothing now, and its price is charged from the next period on."""
    change.effective_at = moment(of_plan(found)["current_period_end"])
    params = {"items": quotes.items(change, found), "metadata": {MARK: change.public_id}}
    db.session.commit()
    gateway.current().update_subscription(
        found["id"], params | {"proration_behavior": "none"}, key_of(change)
    )


WAYS = {quotes.NOW: _change_now, quotes.LATER: _change_later, quotes.RENEWAL: _change_price}


def key_of(change: PlanChange) -> str:
    """The idempotency key of a change at Stripe."""
    return f"plg:change:{change.public_id}"


def _record_refusal(change: PlanChange, refused: CardRefused) -> None:
    properties = {"plan": catalogue.plan_version(change.plan_version_id).key, "amount": change.amount_due}
    properties |= {"currency": change.currency, "reason": refused.reason, "change": change.public_id}
    properties |= {"add_on": change.add_on} if change.add_on else {}
    id = f"payment-failed:{change.public_id}"
    log.record(
        names.PAYMENT_FAILED,
        person_id=change.person_id,
        account_id=change.account_id,
        properties=properties,
        id=id,
    )


def _fail(change: PlanChange, refusal: Refusal, reason: str) -> NoReturn:
    _settle(change, "failed", reason)
    raise refusal


def _settle(change: PlanChange, status: str, reason: str | None = None) -> None:
    mine = update(PlanChange).where(PlanChange.id == change.id, PlanChange.status == "asked")
    db.session.execute(mine.values(status=status, reason=reason and reason[:100], due_at=None))
    if status == "done":
        inbox.ask(change.stripe_subscription_id)  # with the same commit: whoever dies now, it will be read
        if change.add_on:
            _outdate(change.account_id)
        if change.takes_effect == quotes.RENEWAL:
            moving.record(change)
    db.session.commit()
    db.session.refresh(change)


def _outdate(account_id: int) -> None:
    """Prices that were shown may have been reckoned with other add-ons: they can be agreed to no more."""
    shown = update(PlanChange).where(PlanChange.account_id == account_id, PlanChange.status == "quoted")
    db.session.execute(shown.values(status="failed", reason="outdated"))


def finish_asked(at: dt.datetime, limit: int) -> int:
    """Carry out changes whose process died, or for which Stripe was away. Returns how many. Commits."""
    due = select(PlanChange).where(PlanChange.due_at <= at, PlanChange.status == "asked")
    first = due.order_by(PlanChange.due_at).limit(limit).with_for_update(skip_locked=True)
    rows = db.session.scalars(first).all()
    for row in rows:
        row.due_at = at + AGAIN
    ids = [row.id for row in rows]
    db.session.commit()
    for id in ids:
        _finish(id)
    return len(ids)


def _finish(id: int) -> None:
    """Carry out one change, unless somebody has meanwhile."""
    change = db.session.get_one(PlanChange, id, populate_existing=True)
    is_asked = change.status == "asked"
    db.session.commit()
    if is_asked:
        with suppress(Refusal):
            carry_out(change)
        db.session.rollback()


def withdraw_planned(account_id: int) -> None:
    """Stay with what is paid for now: what was planned for the period's end is given up. Talks to Stripe, and
    commits."""
    running = subscriptions.running_of(account_id)
    if running is None or running.stripe_schedule_id is None:
        return
    subscription, schedule = running.stripe_subscription_id, running.stripe_schedule_id
    if running.next_add_ons is not None:
        _outdate(account_id)
    db.session.commit()
    gateway.current().release_schedule(schedule)
    processing.look_at(subscription)
