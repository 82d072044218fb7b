"""What a subscription's state at Stripe means for access: the one place that decides it.

| Stripe's status | access |
| --- | --- |
| trialing | until the trial's end, and an hour in which Stripe settles it |
| active | yes; paused: until the period ends that was paid |
| past_due | until a day after Stripe's next attempt; a day where there is none |
| incomplete, incomplete_expired, unpaid, paused, canceled | no |
"""

from __future__ import annotations

import datetime as dt

from plg.billing.gateway import Object
from plg.billing.items import of_plan
from plg.billing.models import ACCESS

SETTLING = dt.timedelta(hours=1)
GRACE = dt.timedelta(days=1)
#: Where plg notes at Stripe from when on a subscription is paused (seconds since 1970).
PAUSED_FROM = "plg_paused_from"


def access_until(subscription: Object, read_at: dt.datetime) -> dt.datetime | None:
    """When the access that a subscription gives ends by itself; None: not as far as is known. `read_at` where it
    gives none. subscription: with its latest invoice expanded."""
    status = subscription["status"]
    if status not in ACCESS:
        return read_at
    ends = {"trialing": _trial_is_settled, "past_due": _grace_ends}.get(status, _never)(subscription)
    paused = paused_from(subscription)
    return min((moment for moment in (ends, paused) if moment is not None), default=None)


def paused_from(subscription: Object) -> dt.datetime | None:
    """From when on a pause of the collection takes access away: the end of what was paid when it was asked for."""
    if not subscription["pause_collection"]:
        return None
    noted = subscription["metadata"].get(PAUSED_FROM, "")
    return moment(int(noted)) if noted.isdecimal() else moment(_item(subscription)["current_period_end"])


def _trial_is_settled(subscription: Object) -> dt.datetime:
    return moment(subscription["trial_end"] or _item(subscription)["current_period_end"]) + SETTLING


def _grace_ends(subscription: Object) -> dt.datetime:
    invoice = subscription["latest_invoice"] or {}
    tried = invoice.get("next_payment_attempt") or invoice.get("created") or subscription["created"]
    return moment(tried) + GRACE


def _never(subscription: Object) -> None:
    return None


def _item(subscription: Object) -> Object:
    return of_plan(subscription)


def moment(seconds: int) -> dt.datetime:
    """A time of Stripe's."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def moment_or_none(seconds: int | None) -> dt.datetime | None:
    return None if seconds is None else moment(seconds)
