"""What it costs to have more or fewer of an add-on, to the cent, before anybody agrees to it.

More takes effect at once, at Stripe's own preview; fewer when the period ends that was paid, and cost nothing now."""

from __future__ import annotations

from plg.billing import quotes
from plg.billing.add_ons import prices
from plg.billing.checkouts import AlreadySubscribed
from plg.billing.models import BillingSubscription, PlanChange
from plg.kit.errors import Conflict
from plg.kit.ids import new_id

MOST = 1000  # of one add-on


class SubscriptionEnds(Conflict):
    """The subscription ends with its period: it is to be kept before anything is bought beside it."""


class ChangePlanned(Conflict):
    """Something is planned for the period's end: it is to be withdrawn, or waited for, first."""


def make(account_id: int, key: str, quantity: int, *, by: int | None) -> PlanChange:
    """What it costs the account to have so many of an add-on; 0: none any more. by: the person who asks; None for the
    host product. Agreed to by `changes.confirm`. Talks to Stripe, and commits.

    Refusals: `NothingToChange`, `PaymentOverdue`, `SubscriptionPaused`, `SubscriptionEnds`, `ChangePlanned`,
    `AlreadySubscribed`, `PlanNotFound`, `NotForSale`, `PaymentsUnavailable`."""
    running = quotes.as_at_stripe(quotes.changeable(account_id))
    has = running.add_ons.get(key)
    before = has["quantity"] if has else 0
    if quantity == before:
        raise AlreadySubscribed(f"This account has {before} of {key!r} already.")
    is_now = quantity > before or running.status == "trialing"
    _refuse_planned(running, is_now=is_now)
    price_id, each = (has["price"], has["amount"]) if has else _price(running, key)
    row = PlanChange(
        public_id=new_id("chn"), account_id=account_id, person_id=by, status="quoted", add_on=key
    )
    row.stripe_subscription_id, row.plan_version_id = running.stripe_subscription_id, running.plan_version_id
    row.from_stripe_price_id, row.from_quantity = price_id, before
    row.stripe_price_id, row.quantity, row.interval = price_id, quantity, running.interval
    row.amount, row.currency = each * quantity, running.currency
    row.takes_effect = quotes.NOW if is_now else quotes.LATER
    return quotes.offer(row)


def _refuse_planned(running: BillingSubscription, *, is_now: bool) -> None:
    if running.cancel_at is not None:
        raise SubscriptionEnds("The subscription ends with its period. Keep it first.")
    if running.next_at is not None or (is_now and running.next_add_ons is not None):
        raise ChangePlanned("Something is planned for the period's end. Withdraw it first.")


def _price(running: BillingSubscription, key: str) -> tuple[str, int]:
    """The price of one of an add-on that the account does not have yet."""
    wanted = prices.choose(key, running.interval, running.currency)
    return prices.ensure(wanted), wanted.price.amount


def find(public_id: str, *, account_id: int) -> PlanChange:
    """A quote of an add-on, of the account's, agreed to or not."""
    found = quotes.find(public_id, account_id=account_id)
    if found.add_on is None:
        raise quotes.QuoteNotFound("There is no such quote.")
    return found
