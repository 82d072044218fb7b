"""What an account pays for, while its workspace is under deletion: it ends with its period, goes on where the
workspace is kept, and ends at once where it is gone. Each of these can be repeated."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog
from sqlalchemy import Select, select

from plg.billing import checkouts, customers, gateway, inbox
from plg.billing.checkouts import AlreadySubscribed
from plg.billing.gateway import Object
from plg.billing.models import FINAL, BillingSubscription, Card
from plg.billing.refusals import PaymentRequestRefused
from plg.kit.db import db, end_transaction

logger = structlog.get_logger()

MARK = "plg_ends"
WITH_THE_WORKSPACE = "with the workspace"


def end_with_period(account_id: int) -> None:
    """Let the account's subscriptions end with the period that was paid. Those that end anyway stay as they are.
    Talks to Stripe, and commits."""
    _close_checkout(account_id)
    _for_each(account_id, _end_with_period)


def go_on(account_id: int) -> None:
    """Take back what `end_with_period` did, and nothing that the customer decided."""
    _for_each(account_id, _go_on)


def end_now(account_id: int) -> None:
    """End the account's subscriptions, and let its cards be charged no more. What was paid is not given back."""
    _close_checkout(account_id)
    _for_each(account_id, lambda found: gateway.current().cancel_subscription(found["id"]))
    cards = select(Card.stripe_payment_method_id).where(
        Card.account_id == account_id, Card.removed_at.is_(None)
    )
    for card in _read(cards):
        _carefully(card, functools.partial(gateway.current().detach, card))


def _close_checkout(account_id: int) -> None:
    with suppress(AlreadySubscribed):  # then the subscription is found below
        checkouts.close_open(account_id)


def _end_with_period(found: Object) -> None:
    if found["schedule"]:
        gateway.current().release_schedule(found["schedule"]["id"])
    if found["cancel_at"] is None:
        mark = {MARK: WITH_THE_WORKSPACE}
        gateway.current().update_subscription(found["id"], {"cancel_at_period_end": True, "metadata": mark})


def _go_on(found: Object) -> None:
    if found["metadata"].get(MARK) == WITH_THE_WORKSPACE:
        gateway.current().update_subscription(
            found["id"], {"cancel_at_period_end": False, "metadata": {MARK: ""}}
        )


def _for_each(account_id: int, act: Callable[[Object], None]) -> None:
    """Do something at Stripe with each subscription that is not over: those that we know, and those that Stripe
    knows and whose webhook is still on its way."""
    mine = select(BillingSubscription.stripe_subscription_id).where(
        BillingSubscription.account_id == account_id, BillingSubscription.status.not_in(FINAL)
    )
    stripe, customer = gateway.current(), customers.of_account(account_id)
    known = _read(mine)
    listed = [each["id"] for each in stripe.subscriptions_of(customer)] if customer else []
    for subscription in dict.fromkeys([*known, *listed]):
        found = stripe.subscription(subscription)
        if found is not None and found["status"] not in FINAL:
            _carefully(subscription, functools.partial(act, found))


def _read(query: Select[str]) -> Sequence[str]:
    found = db.session.scalars(query).all()
    end_transaction()
    return found


def _carefully(thing: str, act: Callable[[], None]) -> None:
    """Change something at Stripe, and have it read anew. What Stripe refuses for good holds up nothing else."""
    try:
        act()
    except PaymentRequestRefused as refused:
        logger.error("Stripe did not end what a workspace had", thing=thing, error=refused.detail)
    inbox.ask(thing)
    db.session.commit()
